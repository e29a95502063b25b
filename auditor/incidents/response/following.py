"""The one next step of an incident, from containing to closing, as its ledger and the newest audit say. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from auditor.incidents.case import Case
from auditor.incidents.closing import Obstacle, obstacles, reporting
from auditor.incidents.means.table import MEANS
from auditor.incidents.named import Named, named
from auditor.incidents.response.alarms import alarms
from auditor.models import Host, Run
from auditor.models.ranks import CLEANING, Means, Report

Says = Literal["contain", "collect", "report", "look", "by_hand", "obstacle", "form", "close"]
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
    by_hand: tuple[Named, ...] = ()
    """What a person does on hosts before that."""
    obstacle: Obstacle | None = None


def following(case: Case, newest: Run | None, hosts: Sequence[Host], now: datetime.datetime) -> Step:
    """Return the next step of an open incident on these hosts."""
    return next(_steps(case, newest, hosts, now))


def _steps(case: Case, newest: Run | None, hosts: Sequence[Host], now: datetime.datetime) -> Iterator[Step]:
    there = named(alarms(newest, hosts), hosts) if newest else ()
    tried = {(one.host, one.means, one.what) for one in case.actions.values()}
    at_once = [one for one in there if any((one.host, ask.means, ask.what) not in tried for ask in one.wanted)]
    if at_once:
        names = tuple(dict.fromkeys(one.host for one in at_once))
        about = {"hosts": ", ".join(names)}
        yield Step("contain", (Command(("incident", "open", "--all-found", *names)),), about)
    if case.actions and not case.collections:
        yield Step("collect", (Command(("incident", "collect", case.id)),))
    yield from (_report(case, due.report) for due in case.owed() if due.report in _SOON or due.by <= now)
    yield from _left(case, there, tried)
    rest = list(obstacles(case, newest, hosts, now))
    yield from (_obstacle(one) for one in rest if one.command[1] not in ("reported", "form"))
    yield from (_report(case, due.report) for due in case.owed())
    yield from (
        Step("form", (Command(("incident", "todo", case.id), speaks=False), Command(one.command))) for one in rest
    )
    yield Step("close", (Command(("incident", "close", case.id), needs="cause"),))


def _report(case: Case, report: Report) -> Step:
    words = reporting(case, report)
    needs: Literal["", "how"] = "how" if words[1] == "reported" else ""
    return Step("report", (Command(words, needs=needs),), {"report": report})


def _left(case: Case, there: Sequence[Named], tried: Collection[tuple[str, Means, str]]) -> Iterator[Step]:
    """What is left to a person: first what is typed, a thing a step, then all that is done on hosts, after which these are looked at again."""
    by_hand = []
    for one in there:
        if one.wanted and all(_is_held(case, one.host, ask.means, ask.what) for ask in one.wanted):
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


def _is_held(case: Case, host: str, means: Means, what: str) -> bool:
    return any(
        (one.host, one.means, one.what, one.state) == (host, means, what, "confirmed") for one in case.actions.values()
    )


def _obstacle(one: Obstacle) -> Step:
    return Step("obstacle", (Command(one.command, one.speaks),), obstacle=one)
