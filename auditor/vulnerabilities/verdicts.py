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
class SourcePackage:
    """The packages of a host that come from one source package in one version."""

    source: str
    version: str
    origin: str = "main"
    is_held: bool = False
    binaries: tuple[str, ...] = ()
    changelog_cves: frozenset[str] = frozenset()
    """CVEs that its own changelog names."""
    runs: str | None = None
    """The version that runs where it is another one that is known: a kernel's."""
    mapped_by: tuple[str, ...] = ()
    """Programs that still run what was replaced."""


@dataclass(frozen=True, slots=True)
class DistributionNotes:
    """The distribution's own words on a vulnerability, beside the verdict and apart from anybody's scores."""

    urgency: str = ""
    no_advisory: str = ""
    """Why it gets no advisory of its own."""
    put_off: str = ""
    """``ignored`` or ``postponed``."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a vulnerability in a package or component.

    ``reason`` is a key: ``vulnerability.reason.KEY`` has it in words.
    """

    id: str
    subject: str
    installed_version: str
    state: State
    reason: str = ""
    fixed_version: str = ""
    """The version that has the fix, where one is known."""
    notes: DistributionNotes = field(default_factory=DistributionNotes)
    where: tuple[str, ...] = ()
    """The binary packages, or the folder."""
    is_held: bool = False
    still_run_by: tuple[str, ...] = ()
    """Programs to restart, where that is owed."""


def judge_package_by_tracker_record(record: Sequence[Any], package: SourcePackage) -> Verdict:
    """Judge by the release's own fixed version.

    ``record``: id, state, fixed version, urgency, why no advisory, put off how.

    Of the state ``ranges`` those follow: from, to, whether with that.
    """
    name, state, fixed_version, urgency, no_advisory, put_off, *more = record
    verdict = _make_draft(name, package, DistributionNotes(urgency, no_advisory, put_off))
    if package.origin not in OWN:
        return _judge_package_of_other_origin(verdict, name, package)
    if state == "undetermined":
        return verdict("unknown", "undetermined")
    if state == "open":
        return verdict("affected", _explain_why_vulnerability_is_open(urgency, put_off, no_advisory))
    if fixed_version == "0":
        return verdict("not_affected", "never")
    if state != "ranges" and not versions.is_valid_debian_version(fixed_version):
        return verdict("unknown", "no_fixed_version")
    if not versions.is_valid_debian_version(package.version):
        return verdict("unknown", "no_version")
    if state == "ranges":
        return _judge_package_by_affected_ranges(verdict, package, *more)
    if versions.make_debian_version_sort_key(package.version) < versions.make_debian_version_sort_key(fixed_version):
        return verdict(
            "affected", "paid" if state == "paid" else "held" if package.is_held else "update", fixed_version
        )
    if package.runs is not None and versions.make_debian_version_sort_key(
        package.runs
    ) < versions.make_debian_version_sort_key(fixed_version):
        return verdict("restart_owed", "kernel", fixed_version)
    return _judge_fixed_package_by_running_code(verdict, package, "version", fixed_version)


def _judge_package_by_affected_ranges(
    verdict: _VerdictDraft, package: SourcePackage, ranges: Sequence[tuple[str, str, bool]]
) -> Verdict:
    """Judge by the ranges in which an installed version, and the one that runs, lie.

    It is mended in the highest that ends a range below.
    """
    for version in (package.version, package.runs):
        hit = next(
            (
                version_range
                for version_range in ranges
                if version is not None and _is_debian_version_in_range(version, *version_range)
            ),
            None,
        )
        if hit is None:
            continue
        fixed_version = "" if hit[2] else hit[1]
        if version == package.version:
            return verdict(
                "affected", "no_fix" if not fixed_version else "held" if package.is_held else "update", fixed_version
            )
        return verdict("restart_owed", "kernel", fixed_version)
    own = versions.make_debian_version_sort_key(package.version)
    range_ends = [
        high
        for _low, high, with_high in ranges
        if high and not with_high and versions.make_debian_version_sort_key(high) <= own
    ]
    return (
        _judge_fixed_package_by_running_code(
            verdict, package, "version", max(range_ends, key=versions.make_debian_version_sort_key)
        )
        if range_ends
        else verdict("not_affected", "range")
    )


def _is_debian_version_in_range(version: str, first_version: str, end_version: str, includes_end: bool) -> bool:
    own = versions.make_debian_version_sort_key(version)
    below = (
        not end_version
        or own < versions.make_debian_version_sort_key(end_version)
        or (includes_end and own == versions.make_debian_version_sort_key(end_version))
    )
    return below and (first_version == "0" or versions.make_debian_version_sort_key(first_version) <= own)


def judge_package_by_debsecan_record(record: Sequence[Any], package: SourcePackage) -> Verdict:
    """Judge as debsecan does.

    From a version on, or in exactly one of those that have the fix too, it is fixed.

    ``record``: id, that version, urgency, whether the release has a fix, the others.
    """
    name, fixed_version, urgency, available = record[:4]
    verdict = _make_draft(name, package, DistributionNotes(urgency))
    own, fixed_by_key = (
        versions.make_debian_version_sort_key(package.version),
        {versions.make_debian_version_sort_key(text): str(text) for text in record[4:]},
    )
    later = min((key for key in fixed_by_key if key > own), default=None)
    fix = fixed_by_key[later] if available and later is not None else ""
    if package.origin not in OWN:
        return _judge_package_of_other_origin(verdict, name, package)
    if not versions.is_valid_debian_version(package.version):
        return verdict("unknown", "no_version")

    def proof(version: str) -> str:
        key = versions.make_debian_version_sort_key(version)
        return (
            str(fixed_version)
            if fixed_version and key >= versions.make_debian_version_sort_key(fixed_version)
            else fixed_by_key.get(key, "")
        )

    if not proof(package.version):
        return verdict("affected", ("held" if package.is_held else "update") if fix else "no_fix", fix)
    if package.runs is not None and not proof(package.runs):
        return verdict("restart_owed", "kernel", proof(package.version))
    return _judge_fixed_package_by_running_code(verdict, package, "version", proof(package.version))


class _VerdictDraft(Protocol):
    def __call__(self, state: State, reason: str, fixed_version: str = "") -> Verdict: ...


def _make_draft(vulnerability: str, package: SourcePackage, notes: DistributionNotes) -> _VerdictDraft:
    """Return what makes verdicts on one id and what was built."""

    def verdict(state: State, reason: str, fixed_version: str = "") -> Verdict:
        return Verdict(
            id=vulnerability,
            subject=package.source,
            installed_version=package.version,
            state=state,
            reason=reason,
            fixed_version=fixed_version,
            notes=notes,
            where=package.binaries,
            is_held=package.is_held,
        )

    return verdict


def judge_package_fixed_by_its_changelog(vulnerability: str, package: SourcePackage, entry: str) -> Verdict:
    """Return the verdict on a package whose own changelog names the id, in the entry of a version."""
    verdict = _make_draft(vulnerability, package, DistributionNotes())
    if (
        package.runs is not None
        and entry
        and versions.make_debian_version_sort_key(package.runs) < versions.make_debian_version_sort_key(entry)
    ):
        return verdict("restart_owed", "kernel", entry)
    return _judge_fixed_package_by_running_code(verdict, package, "changelog", entry or package.version)


def _judge_package_of_other_origin(verdict: _VerdictDraft, vulnerability: str, package: SourcePackage) -> Verdict:
    """Return the verdict on a package of another origin, of which the release's data does not tell.

    The version that has the release's fix says nothing of it either; its own changelog may.
    """
    if vulnerability in package.changelog_cves:
        return _judge_fixed_package_by_running_code(verdict, package, "changelog", package.version)
    return verdict("unknown", f"origin_{package.origin}")


def _judge_fixed_package_by_running_code(
    verdict: _VerdictDraft, package: SourcePackage, reason: str, fixed_version: str
) -> Verdict:
    if package.mapped_by:
        return replace(verdict("restart_owed", "mapped", fixed_version), still_run_by=package.mapped_by)
    return verdict("fixed", reason, fixed_version)


def _explain_why_vulnerability_is_open(urgency: str, put_off: str, no_advisory: str) -> str:
    if urgency == "end-of-life":
        return "end_of_life"
    return put_off if put_off in ("ignored", "postponed") else "point_release" if no_advisory else "no_fix"


def judge_component_record(record: Sequence[Any], component_name: str, version: str | None, where: str) -> Verdict:
    """Judge by PHP's order.

    ``record``: id, title, ranges of affected versions, patched versions, CVSS score.
    """
    identity, _title, ranges, patched_versions, _score = record

    def verdict(state: State, reason: str = "", fixed_version: str = "") -> Verdict:
        return Verdict(identity, component_name, version or "", state, reason, fixed_version, where=(where,))

    if not version:
        return verdict("unknown", "no_version")
    if not ranges:
        return verdict("unknown", "undetermined")
    later = [patch for patch in patched_versions if versions.compare_php_versions(patch, version) > 0]
    if any(_is_php_version_in_range(version, *limits) for limits in ranges):
        return verdict("affected", "update" if later else "no_fix", _find_lowest_php_version(later))
    earlier = [patch for patch in patched_versions if versions.compare_php_versions(patch, version) <= 0]
    if earlier:
        return verdict("fixed", "version", _find_highest_php_version(earlier))
    return verdict("not_affected", "range")


def _is_php_version_in_range(
    version: str, first_version: str, includes_first: bool, end_version: str, includes_end: bool
) -> bool:
    above = first_version == "*" or versions.compare_php_versions(version, first_version) >= (
        0 if includes_first else 1
    )
    below = end_version == "*" or versions.compare_php_versions(version, end_version) <= (0 if includes_end else -1)
    return above and below


def _find_lowest_php_version(candidates: Sequence[str]) -> str:
    best = ""
    for version in candidates:
        best = version if not best or versions.compare_php_versions(version, best) < 0 else best
    return best


def _find_highest_php_version(candidates: Sequence[str]) -> str:
    best = ""
    for version in candidates:
        best = version if not best or versions.compare_php_versions(version, best) > 0 else best
    return best
