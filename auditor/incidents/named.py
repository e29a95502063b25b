"""What findings name is contained at once, as far as a person need not look at each: what only an intruder put there, and what can be told from all else.

Changed files of an application are left, as the site would be gone with them, and so is whatever a trace does not tell the whole place of, or does not
tell from what is not the intruder's. A site that no longer serves gets all back that it may live by: that seems to have looked like the intruder's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.compromise.footholds import path_of
from auditor.errors import InputError
from auditor.hardening.serving import smoke
from auditor.incidents.case import Action, Case
from auditor.incidents.containing import Containing, Wanted
from auditor.incidents.means.starting import CRONTABS
from auditor.incidents.means.table import MEANS
from auditor.models import Finding, Host
from auditor.models.incidents import Contained, Released
from auditor.models.ranks import Means
from auditor.models.reviews import Kind
from auditor.text import paths

_CUT = "\u2026"
_ACCOUNTS = "/etc/passwd"
_ORDER: tuple[Means, ...] = ("key", "account", "cron", "job", "unit", "process", "file", "path")
"""First who may come back, then what brings the rest back, and what runs before what it runs from."""
_SERVING: frozenset[Means] = frozenset({"unit", "process", "file"})
"""What a site may live by."""


@dataclass(frozen=True)
class _Told:
    """A trace as a finding has it."""

    subject: str
    kind: Kind
    where: str
    """Without whose it is: a path on the host, or of a site."""
    exactly: str
    """What tells it from all else there, word by word; empty: nothing does."""


@dataclass(frozen=True)
class Named:
    """One thing that a finding names."""

    host: str
    kind: Kind
    where: str
    wanted: tuple[Wanted, ...]
    """How it is contained; none: a person has to."""
    by_hand: tuple[Means, str] | None
    """How a person would: the words of ``auditor incident contain``, with what has yet to be found out in capitals; None: by no means."""


def _whole(of: _Told) -> Iterator[tuple[Means, str]]:
    yield "file", paths.read(of.where)


def _page(of: _Told) -> Iterator[tuple[Means, str]]:
    yield "path", f"{of.subject}{of.where}"


def _job(of: _Told) -> Iterator[tuple[Means, str]]:
    lines = of.where == "/etc/crontab" or of.where.rpartition("/")[0] in CRONTABS
    for word in of.exactly.split():
        yield ("job", f"{paths.read(of.where)}:{word}") if lines else ("cron", paths.read(of.where))


def _process(of: _Told) -> Iterator[tuple[Means, str]]:
    for number in of.exactly.split():
        yield "process", number + paths.read(of.where)


def _account(of: _Told) -> Iterator[tuple[Means, str]]:
    if of.where == _ACCOUNTS:
        yield "account", of.exactly


_AT_ONCE: Mapping[Kind, Callable[[_Told], Iterator[tuple[Means, str]]]] = {
    **{"program": _whole, "executable": _whole, "temporary": _whole, "doorway": _page},
    **{"job": _job, "process": _process, "account": _account},
    **{"key": lambda of: iter([("key", of.exactly)]), "unit": lambda of: iter([("unit", of.exactly)])},
}
_BY_HAND: Mapping[Kind, Callable[[_Told], tuple[Means, str]]] = {
    **dict.fromkeys(("program", "executable", "temporary", "changed", "settings"), lambda of: ("file", of.where)),
    **{"doorway": lambda of: ("path", f"{of.subject}{of.where}"), "key": lambda of: ("key", of.exactly)},
    **{"job": lambda of: ("job", f"{of.where}:LINE"), "unit": lambda of: ("unit", of.where.rpartition("/")[2])},
    **{"process": lambda of: ("process", f"PID{of.where}"), "listener": lambda of: ("process", "")},
}


def named(findings: Iterable[Finding]) -> tuple[Named, ...]:
    """All that the findings name, each once, in their order."""
    found = [_named(finding, member) for finding in findings for member in finding.violations]
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _named(finding: Finding, member: Any) -> Named | None:
    if not isinstance(member, Mapping) or "kind" not in member or not isinstance(member.get("where"), str):
        return None
    kind, where = member["kind"], path_of(member["kind"], member["where"])
    of = _Told(finding.subject.id, kind, where, str(member.get("exactly", "")))
    return Named(finding.host, kind, where, tuple(_wanted(of)), _by_hand(of))


def _wanted(of: _Told) -> Iterator[Wanted]:
    if of.kind not in _AT_ONCE or not of.where.startswith("/") or _CUT in of.where:
        return
    try:
        yield from [Wanted(means, MEANS[means].read(what), None) for means, what in _AT_ONCE[of.kind](of)]
    except InputError:  # it has a query, leads elsewhere, or is told from nothing
        return


def _by_hand(of: _Told) -> tuple[Means, str] | None:
    if of.kind not in _BY_HAND:
        return None
    means, what = _BY_HAND[of.kind](of)
    return means, what if what and _CUT not in what else MEANS[means].argument


@dataclass(frozen=True)
class Fell:
    """A site that serves no more without what was taken away, which therefore was put back."""

    domain: str
    released: tuple[Released, ...]


def held(case: Case, host: str) -> frozenset[Wanted]:
    """What an incident is known to contain on a host already."""
    there = [one for one in case.actions.values() if one.host == host and one.state == "confirmed"]
    return frozenset(Wanted(one.means, one.what, None) for one in there if one.until is None)


def contained(
    command: Containing, host: Host, found: Sequence[Named], held: Collection[Wanted], ca_file: str | None
) -> Iterator[Contained | Fell | Named]:
    """Contain what is found on a host, but for what is ``held`` already: each as it is done, with a visit to its sites before and after.

    What has to be left to a person is told, too.
    """
    authorities = {host.name: ca_file}
    before = smoke.visit([host], authorities)
    yield from (one for one in found if not one.wanted)
    todo = {wanted: one for one in found for wanted in one.wanted if wanted not in held}
    taken: list[Action] = []
    for wanted in sorted(todo, key=lambda wanted: _ORDER.index(wanted.means)):
        try:
            came_to = command.contain(host, wanted)
        except InputError:  # it must not be, or somebody else has begun to
            yield todo[wanted]
            continue
        yield came_to
        if wanted.means in _SERVING and came_to.state != "refused":
            taken.append(Action(came_to.number, host.name, came_to.means, came_to.what, came_to.state))
    if not taken:
        return
    fallen = sorted({*smoke.broken(smoke.visit([host], authorities, again=before))} - {*smoke.broken(before)})
    if fallen:
        released = tuple(command.release(action) for action in reversed(taken))
        yield from (Fell(domain, released) for domain in fallen)
