"""Which address of a site is looked at next, and why. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from auditor.content.going import paths
from auditor.content.going.robots import Robots
from auditor.looks.ledger import Ledger
from auditor.looks.visits import Role

HOME = "/"
MAX_SECTIONS = 15
"""Addresses that are looked at as sections, by every visitor."""


@dataclass(frozen=True)
class Next:
    """An address to look at."""

    path: str
    role: Role


def wanted(ledger: Ledger, robots: Robots, done: Collection[str]) -> tuple[str, ...]:
    """The known addresses that are to be looked at within seven days: those we may ask for, of one shape a sample.

    Of a shape those count that are ``done``, then those that had traces, then what was not seen longest: in each look others.
    """
    may = [p for p in ledger.places if p.startswith("/") and paths.may_be_asked_for(p) and robots.allows(p)]
    may.sort(key=lambda p: (p not in done, not ledger.places[p].keys, ledger.places[p].seen or ""))
    return tuple(paths.sampled(may))


def withheld(ledger: Ledger, robots: Robots) -> tuple[str, ...]:
    """The known addresses that search engines may see and we may not: what is there nobody can say."""
    if not robots.for_engines:
        return ()
    return tuple(
        paths.sampled(
            p for p in ledger.places if p.startswith("/") and paths.may_be_asked_for(p) and robots.withholds(p)
        )
    )


def following(ledger: Ledger, robots: Robots, done: Collection[str], sections: Collection[str]) -> Next | None:
    """What to look at after ``done``: home, sections, what had traces, what nothing leads to, then what was not seen longest."""
    left = [path for path in wanted(ledger, robots, done) if path not in done]
    if not left:
        return None
    best = min(left, key=lambda path: (_rank(ledger, path, sections), ledger.places[path].seen or ""))
    whole = all(ledger.places[path].seen for path in left if ledger.places[path].linked)
    return Next(best, _role(ledger, best, sections, whole=whole))


def _rank(ledger: Ledger, path: str, sections: Collection[str]) -> int:
    place = ledger.places[path]
    if path == HOME:
        return 0
    if path in sections:
        return 1
    if place.keys:
        return 2
    return 3 if not place.linked and place.seen is None else 4


def _role(ledger: Ledger, path: str, sections: Collection[str], *, whole: bool) -> Role:
    if path == HOME:
        return "home"
    if path in sections:
        return "section"
    return "page" if ledger.places[path].linked or not whole else "orphan"
