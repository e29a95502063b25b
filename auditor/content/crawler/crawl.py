"""Which address of a site is looked at next, and why. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from auditor.content.crawler import url_filter
from auditor.content.crawler.robots import Robots
from auditor.scans.frontier import CrawlFrontier
from auditor.scans.responses import Role

HOME = "/"
MAX_SECTIONS = 15
"""Addresses that are looked at as sections, by every visitor."""


@dataclass(frozen=True)
class Next:
    """An address to look at."""

    path: str
    role: Role


def select_paths(ledger: CrawlFrontier, robots: Robots, visited_paths: Collection[str]) -> tuple[str, ...]:
    """Return the known addresses that are to be looked at within seven days.

    Those we may ask for, of one shape a sample.

    Of a shape those count that are ``visited_paths``, then those that had traces, then what was not seen longest: in
    each look others.
    """
    may = [p for p in ledger.places if p.startswith("/") and url_filter.may_be_asked_for(p) and robots.allows(p)]
    may.sort(key=lambda p: (p not in visited_paths, not ledger.places[p].keys, ledger.places[p].seen or ""))
    return tuple(url_filter.sample_paths(may))


def withheld(ledger: CrawlFrontier, robots: Robots) -> tuple[str, ...]:
    """Return the known addresses that search engines may see and we may not: what is there nobody can say."""
    if not robots.for_engines:
        return ()
    return tuple(
        url_filter.sample_paths(
            p for p in ledger.places if p.startswith("/") and url_filter.may_be_asked_for(p) and robots.withholds(p)
        )
    )


def choose_next(
    ledger: CrawlFrontier, robots: Robots, visited_paths: Collection[str], sections: Collection[str]
) -> Next | None:
    """Return what to look at after ``visited_paths``.

    Home, sections, what had traces, what nothing leads to, then what was not seen longest.
    """
    remaining_paths = [path for path in select_paths(ledger, robots, visited_paths) if path not in visited_paths]
    if not remaining_paths:
        return None
    best = min(remaining_paths, key=lambda path: (_rank(ledger, path, sections), ledger.places[path].seen or ""))
    whole = all(ledger.places[path].seen for path in remaining_paths if ledger.places[path].linked)
    return Next(best, _role(ledger, best, sections, whole=whole))


def _rank(ledger: CrawlFrontier, path: str, sections: Collection[str]) -> int:
    place = ledger.places[path]
    if path == HOME:
        return 0
    if path in sections:
        return 1
    if place.keys:
        return 2
    return 3 if not place.linked and place.seen is None else 4


def _role(ledger: CrawlFrontier, path: str, sections: Collection[str], *, whole: bool) -> Role:
    if path == HOME:
        return "home"
    if path in sections:
        return "section"
    return "page" if ledger.places[path].linked or not whole else "orphan"
