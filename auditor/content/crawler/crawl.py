"""Which address of a site is looked at next, and why. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from auditor.content.crawler import url_filter
from auditor.content.crawler.robots import RobotsRules
from auditor.scans.frontier import CrawlFrontier
from auditor.scans.responses import Role

HOME = "/"
MAX_SECTIONS = 15
"""Addresses that are looked at as sections, by every visitor."""


@dataclass(frozen=True)
class PathToVisit:
    """An address to look at."""

    path: str
    role: Role


def select_paths_to_visit(
    frontier: CrawlFrontier, robots: RobotsRules, visited_paths: Collection[str]
) -> tuple[str, ...]:
    """Return the known addresses that are to be looked at within seven days.

    Those we may ask for, of one shape a sample.

    Of a shape those count that are ``visited_paths``, then those that had traces, then what was not seen longest: in
    each look others.
    """
    may = [
        p
        for p in frontier.places
        if p.startswith("/") and url_filter.is_safe_to_request(p) and robots.is_path_allowed_to_us(p)
    ]
    may.sort(key=lambda p: (p not in visited_paths, not frontier.places[p].keys, frontier.places[p].seen or ""))
    return tuple(url_filter.sample_paths_of_each_shape(may))


def list_paths_allowed_to_engines_only(frontier: CrawlFrontier, robots: RobotsRules) -> tuple[str, ...]:
    """Return the known addresses that search engines may see and we may not: what is there nobody can say."""
    return tuple(
        url_filter.sample_paths_of_each_shape(
            p
            for p in frontier.places
            if p.startswith("/") and url_filter.is_safe_to_request(p) and robots.is_path_allowed_to_engines_only(p)
        )
    )


def choose_next_path_to_visit(
    frontier: CrawlFrontier, robots: RobotsRules, visited_paths: Collection[str], sections: Collection[str]
) -> PathToVisit | None:
    """Return what to look at after ``visited_paths``.

    Home, sections, what had traces, what nothing leads to, then what was not seen longest.
    """
    remaining_paths = [
        path for path in select_paths_to_visit(frontier, robots, visited_paths) if path not in visited_paths
    ]
    if not remaining_paths:
        return None
    best = min(
        remaining_paths,
        key=lambda path: (_rank_path_for_visit(frontier, path, sections), frontier.places[path].seen or ""),
    )
    whole = all(frontier.places[path].seen for path in remaining_paths if frontier.places[path].linked)
    return PathToVisit(best, _get_role_of_path(frontier, best, sections, is_frontier_complete=whole))


def _rank_path_for_visit(frontier: CrawlFrontier, path: str, sections: Collection[str]) -> int:
    place = frontier.places[path]
    if path == HOME:
        return 0
    if path in sections:
        return 1
    if place.keys:
        return 2
    return 3 if not place.linked and place.seen is None else 4


def _get_role_of_path(
    frontier: CrawlFrontier, path: str, sections: Collection[str], *, is_frontier_complete: bool
) -> Role:
    if path == HOME:
        return "home"
    if path in sections:
        return "section"
    return "page" if frontier.places[path].linked or not is_frontier_complete else "orphan"
