"""The one next step of an incident, from containing to closing, as its ledger and the newest audit say. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from auditor.incidents.case import Case
from auditor.incidents.closing import Obstacle, closing_words, obstacles, reporting
from auditor.incidents.means.table import MEANS
from auditor.incidents.response.alarms import alarms
from auditor.incidents.response.at_once import Response, responses_to
from auditor.models import Host, HostOutcome, Run
from auditor.models.ranks import CLEANING, Means, Report

Says = Literal[
    "contain", "collect", "report", "unreached", "look", "by_hand", "obstacle", "form", "close", "close_gone"
]
"""What is to be done; its words: ``incidents.next.SAYS``."""
_SOON = frozenset({"now", "first", "personal"})
"""Reports that go out before a site is clean."""


@dataclass(frozen=True)
class Command:
    """A command that is printed."""

    words: tuple[str, ...]
    """After ``auditor``, without the role and the inventory."""
    speaks: bool = True
    """Whether it is given the office role that says so."""
    needs: Literal["", "how", "cause"] = ""
    """What a person says besides: by what way a report went, or how the intruder came in."""


@dataclass(frozen=True)
class Step:
    """One step."""

    says: Says
    commands: tuple[Command, ...]
    about: Mapping[str, str] = field(default_factory=dict)
    """What fills its words."""
    by_hand: tuple[Response, ...] = ()
    """What a person does on hosts before that."""
    obstacle: Obstacle | None = None
    unreached: tuple[HostOutcome, ...] = ()
    """Hosts that nobody comes to, and why."""


def following(
    case: Case,
    newest: Run | None,
    hosts: Sequence[Host],
    now: datetime.datetime,
    left: Sequence[str] = (),
    *,
    several: bool = False,
) -> Step:
    """Return the next step of an open incident on these hosts.

    ``left``: those of its sites and hosts that are not in the inventory any more; ``several``: another open incident is about some of the same.
    """
    return next(_steps(case, newest, hosts, now, left, several=several))


def _steps(
    case: Case, newest: Run | None, hosts: Sequence[Host], now: datetime.datetime, left: Sequence[str], *, several: bool
) -> Iterator[Step]:
    silent = unreached(newest, hosts)
    names = {one.host for one in silent}
    there = [one for one in responses_to(alarms(newest, hosts), hosts) if one.host not in names] if newest else []
    ended = [one for one in case.actions.values() if one.state != "begun"]  # the same command goes on with the others
    tried = {(one.host, one.means, one.what) for one in ended}
    at_once = [one for one in there if any((one.host, ask.means, ask.what) not in tried for ask in one.wanted)]
    if at_once:
        where = tuple(dict.fromkeys(one.host for one in at_once))
        join = ("--join", case.id) if several else ()
        command = Command(("incident", "open", "--all-found", *where, *join))
        yield Step("contain", (command,), {"hosts": ", ".join(where)})
    if case.actions and not case.collections and len(silent) < len(hosts):
        yield Step("collect", (Command(("incident", "collect", case.id)),))
    yield from (_report(case, due.report) for due in case.owed() if due.report in _SOON or due.by <= now)
    if silent:
        command = Command(("hunt", "--limit", ",".join(sorted(names))), speaks=False)
        yield Step("unreached", (command,), {"hosts": ", ".join(sorted(names))}, unreached=silent)
    yield from _left(case, there, tried)
    rest = list(obstacles(case, newest, hosts, now, left=left))
    yield from (_obstacle(one) for one in rest if one.command[1] not in ("reported", "form", "close"))
    yield from (_report(case, due.report) for due in case.owed())
    yield from (
        Step("form", (Command(("incident", "todo", case.id), speaks=False), Command(one.command)))
        for one in rest
        if one.command[1] == "form"
    )
    says: Says = "close_gone" if left else "close"
    yield Step(says, (Command(closing_words(case, left), needs="cause"),), {"names": ", ".join(left)})


def unreached(newest: Run | None, hosts: Sequence[Host]) -> tuple[HostOutcome, ...]:
    """Return how it went with those of the hosts that the newest audit did not reach."""
    names = {host.name for host in hosts}
    return tuple(one for one in newest.outcomes if one.host in names and not one.reached) if newest else ()


def _report(case: Case, report: Report) -> Step:
    words = reporting(case, report)
    needs: Literal["", "how"] = "how" if words[1] == "reported" else ""
    return Step("report", (Command(words, needs=needs),), {"report": report})


def _left(case: Case, there: Sequence[Response], tried: Collection[tuple[str, Means, str]]) -> Iterator[Step]:
    """What is left to a person: first what is typed, a thing a step, then all that is done on hosts, after which these are looked at again."""
    by_hand = []
    for one in there:
        if one.wanted and all(_is_in_force(case, one.host, ask.means, ask.what) for ask in one.wanted):
            by_hand += [replace(one, steps=one.afterwards)] if one.afterwards else []
            continue
        if not one.wanted and one.typed is not None:
            means, what = one.typed
            verb = "clean" if means in CLEANING else "contain"
            if (one.host, means, MEANS[means].read(what)) not in tried:
                words = ("incident", verb, case.id, means, what, "--host", one.host)
                yield Step("look", (Command(words),), {"kind": one.kind, "where": one.where, "host": one.host})
        elif one.steps:
            by_hand.append(one)
    if by_hand:
        hosts = dict.fromkeys(one.host for one in by_hand)
        yield Step("by_hand", (Command(("hunt", "--limit", ",".join(hosts)), speaks=False),), by_hand=tuple(by_hand))


def _is_in_force(case: Case, host: str, means: Means, what: str) -> bool:
    return any(
        (one.host, one.means, one.what, one.state) == (host, means, what, "confirmed") for one in case.actions.values()
    )


def _obstacle(one: Obstacle) -> Step:
    return Step("obstacle", (Command(one.command, one.speaks),), obstacle=one)
