"""One record of published data on one package or component, and what it comes to there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from auditor.models.vulnerabilities import State
from auditor.vulnerabilities import versions

OWN = ("main", "security", "superseded")
"""Origins whose versions the distribution's data tells of."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a host has installed from one source package in one version."""

    source: str
    version: str
    origin: str = "main"
    held: bool = False
    binaries: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    """CVEs that its own changelog names."""
    runs: str | None = None
    """The version that runs where it is another one that is known: a kernel's."""
    mapped_by: tuple[str, ...] = ()
    """Programs that still run what was replaced."""


@dataclass(frozen=True, slots=True)
class Said:
    """The distribution's own words on a vulnerability, beside the verdict and apart from anybody's scores."""

    urgency: str = ""
    no_advisory: str = ""
    """Why it gets no advisory of its own."""
    put_off: str = ""
    """``ignored`` or ``postponed``."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a vulnerability comes to on a package or component. ``reason`` is a key: ``vulnerability.reason.KEY`` has it in words."""

    id: str
    subject: str
    installed: str
    state: State
    reason: str = ""
    fixed: str = ""
    """The version that has the fix, where one is known."""
    said: Said = field(default_factory=Said)
    where: tuple[str, ...] = ()
    """The binary packages, or the folder."""
    held: bool = False
    still_run_by: tuple[str, ...] = ()
    """Programs to restart, where that is owed."""


def of_package(record: Sequence[Any], built: Built) -> Verdict:
    """By the release's own fixed version. ``record``: id, state, fixed version, urgency, why no advisory, put off how.

    Of the state ``ranges`` those follow: from, to, whether with that.
    """
    name, state, fixed, urgency, no_advisory, put_off, *more = record
    verdict = _drafting(name, built, Said(urgency, no_advisory, put_off))
    if built.origin not in OWN:
        return _from_elsewhere(verdict, name, built)
    if state == "undetermined":
        return verdict("unknown", "undetermined")
    if state == "open":
        return verdict("affected", _why_open(urgency, put_off, no_advisory))
    if fixed == "0":
        return verdict("not_affected", "never")
    if state != "ranges" and not versions.is_debian(fixed):
        return verdict("unknown", "no_fixed_version")
    if not versions.is_debian(built.version):
        return verdict("unknown", "no_version")
    if state == "ranges":
        return _by_ranges(verdict, built, *more)
    if versions.debian(built.version) < versions.debian(fixed):
        return verdict("affected", "paid" if state == "paid" else "held" if built.held else "update", fixed)
    if built.runs is not None and versions.debian(built.runs) < versions.debian(fixed):
        return verdict("restart_owed", "kernel", fixed)
    return _running(verdict, built, "version", fixed)


def _by_ranges(verdict: _Draft, built: Built, ranges: Sequence[tuple[str, str, bool]]) -> Verdict:
    """By where an installed version, and the one that runs, lie; mended in the highest that ends a range below."""
    for version in (built.version, built.runs):
        hit = next((one for one in ranges if version is not None and _lies_in(version, *one)), None)
        if hit is None:
            continue
        fixed = "" if hit[2] else hit[1]
        if version == built.version:
            return verdict("affected", "no_fix" if not fixed else "held" if built.held else "update", fixed)
        return verdict("restart_owed", "kernel", fixed)
    own = versions.debian(built.version)
    ended = [high for _low, high, with_high in ranges if high and not with_high and versions.debian(high) <= own]
    return (
        _running(verdict, built, "version", max(ended, key=versions.debian))
        if ended
        else verdict("not_affected", "range")
    )


def _lies_in(version: str, low: str, high: str, with_high: bool) -> bool:
    own = versions.debian(version)
    below = not high or own < versions.debian(high) or (with_high and own == versions.debian(high))
    return below and (low == "0" or versions.debian(low) <= own)


def of_feed(record: Sequence[Any], built: Built) -> Verdict:
    """As debsecan judges: from a version on, or in exactly one of those that have the fix too, it is fixed.

    ``record``: id, that version, urgency, whether the release has a fix, the others.
    """
    name, fixed, urgency, available = record[:4]
    verdict = _drafting(name, built, Said(urgency))
    own, known = versions.debian(built.version), {versions.debian(one): str(one) for one in record[4:]}
    later = min((key for key in known if key > own), default=None)
    mended = known[later] if available and later is not None else ""
    if built.origin not in OWN:
        return _from_elsewhere(verdict, name, built)
    if not versions.is_debian(built.version):
        return verdict("unknown", "no_version")

    def proof(version: str) -> str:
        key = versions.debian(version)
        return str(fixed) if fixed and key >= versions.debian(fixed) else known.get(key, "")

    if not proof(built.version):
        return verdict("affected", ("held" if built.held else "update") if mended else "no_fix", mended)
    if built.runs is not None and not proof(built.runs):
        return verdict("restart_owed", "kernel", proof(built.version))
    return _running(verdict, built, "version", proof(built.version))


class _Draft(Protocol):
    def __call__(self, state: State, reason: str, fixed: str = "") -> Verdict: ...


def _drafting(name: str, built: Built, said: Said) -> _Draft:
    """What makes verdicts on one id and what was built."""

    def verdict(state: State, reason: str, fixed: str = "") -> Verdict:
        return Verdict(
            id=name,
            subject=built.source,
            installed=built.version,
            state=state,
            reason=reason,
            fixed=fixed,
            said=said,
            where=built.binaries,
            held=built.held,
        )

    return verdict


def by_changelog(name: str, built: Built, entry: str) -> Verdict:
    """Its own changelog names the id, in the entry of a version."""
    verdict = _drafting(name, built, Said())
    if built.runs is not None and entry and versions.debian(built.runs) < versions.debian(entry):
        return verdict("restart_owed", "kernel", entry)
    return _running(verdict, built, "changelog", entry or built.version)


def _from_elsewhere(verdict: _Draft, name: str, built: Built) -> Verdict:
    """The release's data does not tell of it, nor is the version that has the release's fix any of it; its own changelog may."""
    if name in built.named:
        return _running(verdict, built, "changelog", built.version)
    return verdict("unknown", f"origin_{built.origin}")


def _running(verdict: _Draft, built: Built, reason: str, fixed: str) -> Verdict:
    if built.mapped_by:
        return replace(verdict("restart_owed", "mapped", fixed), still_run_by=built.mapped_by)
    return verdict("fixed", reason, fixed)


def _why_open(urgency: str, put_off: str, no_advisory: str) -> str:
    if urgency == "end-of-life":
        return "end_of_life"
    return put_off if put_off in ("ignored", "postponed") else "point_release" if no_advisory else "no_fix"


def of_component(record: Sequence[Any], name: str, version: str | None, where: str) -> Verdict:
    """By PHP's order. ``record``: id, title, ranges of affected versions, patched versions, CVSS score."""
    identity, _title, ranges, patched, _score = record

    def verdict(state: State, reason: str = "", fixed: str = "") -> Verdict:
        return Verdict(identity, name, version or "", state, reason, fixed, where=(where,))

    if not version:
        return verdict("unknown", "no_version")
    if not ranges:
        return verdict("unknown", "undetermined")
    later = [one for one in patched if versions.php(one, version) > 0]
    if any(_within(version, *limits) for limits in ranges):
        return verdict("affected", "update" if later else "no_fix", _first(later))
    earlier = [one for one in patched if versions.php(one, version) <= 0]
    if earlier:
        return verdict("fixed", "version", _last(earlier))
    return verdict("not_affected", "range")


def _within(version: str, low: str, with_low: bool, high: str, with_high: bool) -> bool:
    above = low == "*" or versions.php(version, low) >= (0 if with_low else 1)
    below = high == "*" or versions.php(version, high) <= (0 if with_high else -1)
    return above and below


def _first(of: Sequence[str]) -> str:
    best = ""
    for one in of:
        best = one if not best or versions.php(one, best) < 0 else best
    return best


def _last(of: Sequence[str]) -> str:
    best = ""
    for one in of:
        best = one if not best or versions.php(one, best) > 0 else best
    return best
