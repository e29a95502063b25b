"""What findings name is contained at once, as far as a person need not look at each: what only an intruder put there, and what can be told from all else.

Changed files of an application are left, as the site would be gone with them, and so is whatever a trace does not tell the whole place of, or does not
tell from what is not the intruder's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.compromise.footholds import path_of
from auditor.errors import InputError
from auditor.incidents.case import Case
from auditor.incidents.containing import Containing, Wanted
from auditor.incidents.means.starting import CRONTABS
from auditor.incidents.means.table import MEANS
from auditor.models import Finding, Host
from auditor.models.incidents import Contained
from auditor.models.ranks import Means
from auditor.models.reviews import Kind
from auditor.text import paths

_CUT = "\u2026"
_ACCOUNTS = "/etc/passwd"
_ORDER: tuple[Means, ...] = ("key", "account", "cron", "job", "unit", "process", "file", "path")
"""First who may come back, then what brings the rest back, and what runs before what it runs from."""


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
    "account": lambda of: ("account" if of.where == _ACCOUNTS else "administrator", ""),
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
    cut = _CUT in what or ("%" in what and means != "path")  # a name that no terminal shows as it is
    return means, what if what and not cut else MEANS[means].argument


def held(case: Case, host: str) -> frozenset[Wanted]:
    """What an incident is known to contain on a host already."""
    there = [one for one in case.actions.values() if one.host == host and one.state == "confirmed"]
    return frozenset(Wanted(one.means, one.what, None) for one in there if one.until is None)


def contained(
    command: Containing, host: Host, found: Sequence[Named], held: Collection[Wanted]
) -> Iterator[Contained | Named]:
    """Contain what is found on a host, but for what is ``held`` already, each as it is done. What has to be left to a person is told, too."""
    yield from (one for one in found if not one.wanted)
    todo = {wanted: one for one in found for wanted in one.wanted if wanted not in held}
    for wanted in sorted(todo, key=lambda wanted: _ORDER.index(wanted.means)):
        try:
            yield command.contain(host, wanted)
        except InputError:  # it must not be, or somebody else has begun to
            yield todo[wanted]
