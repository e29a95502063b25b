"""Judging what access logs say: who was served what at which address. Pure.

What engines are served by their addresses no visit of ours ever sees. But visitors write logs, and nobody says that who calls
himself an engine is one, unless its networks were imported: so that alone is weak.
"""

from __future__ import annotations

from typing import TypeGuard
from urllib.parse import unquote, urlsplit

from auditor.content import saying
from auditor.content.words import writing
from auditor.content.words.lexicon import Lexicon
from auditor.facts.pages import Served, Side, SitePages
from auditor.looks.gathered import bounded
from auditor.looks.traces import Family, Kind, trace
from auditor.looks.visits import Pages
from auditor.models import Trace
from auditor.models.reviews import Logs

ENOUGH = 5
"""Requests of each side, below which nothing is said."""
MOST = 0.8
MOST_HIDDEN = 30
"""Addresses of a site that people never ask for and that all visitors are sent to none the less."""
_MORE_BYTES, _TIMES = 1_500, 1.3
_GONE = ("404", "410")
_AWAY = ("301", "302", "303", "307", "308")


def judge(site: SitePages, lexicon: Lexicon, *, verified: bool) -> Pages:
    """The addresses of a site, and what its logs say about them. ``verified``: engines were told by their networks."""
    found = {one.path: _trace(one, lexicon, verified=verified) for one in site.addresses} if site.is_its_own else {}
    traces = [one for one in found.values() if one is not None]
    hidden = [one.path for one in site.addresses if one.person is None and (one.engine or one.searcher)]
    return Pages(
        addresses=(*(one.path for one in site.addresses), *site.files),
        published=tuple(site.posts),
        suspected=(*(path for path, one in found.items() if one is not None), *hidden[:MOST_HIDDEN]),
        traces=bounded(traces)[0],
        logs=_read(site),
    )


def _read(site: SitePages) -> Logs:
    states = [log.state for log in site.logs]
    if not set(states) - {"format"}:
        return "none"
    return "read" if set(states) <= {"read", "shared"} else "partly"


def _trace(one: Served, lexicon: Lexicon, *, verified: bool) -> Trace | None:
    said = _said(one)
    if said is None:
        return None
    kind, rule, sample, of_engine = said
    families: list[Family] = ["logs"]
    if verified and of_engine and kind == "doorway":
        families.append("visitors")
    if saying.found(writing.slug(unquote(urlsplit(one.path).path)), lexicon).named:
        families.append("lexicon")
    rules = (rule, "engine_unverified") if of_engine and not verified else (rule,)
    return trace(kind, one.path, where=one.path, sample=sample, families=families, rules=rules)


def _said(one: Served) -> tuple[Kind, str, str, bool] | None:
    """What is odd about an address: kind, rule, sample, and whether it is about engines; None for nothing."""
    person, engine, searcher = one.person, one.engine, one.searcher
    if not _enough(person):
        return None
    if _enough(engine) and _share(engine, "200") >= MOST and _share(person, *_GONE) >= MOST:
        return "doorway", "log_engine_finds_it", f"engine 200 x {engine.requests}, people 404 x {person.requests}", True
    if _enough(searcher) and _share(searcher, *_AWAY) >= MOST and _share(person, *_AWAY) <= 1 - MOST:
        return "redirect", "log_searcher_led_away", f"searchers 3xx x {searcher.requests}, people 200", False
    if _enough(engine) and engine.sizes and person.sizes:
        least, median, theirs = engine.sizes[0], engine.sizes[len(engine.sizes) // 2], person.sizes
        if least > theirs[-1] and median > _TIMES * theirs[len(theirs) // 2] + _MORE_BYTES:
            return "text", "log_engine_gets_more", f"engine {median} bytes, people {theirs[len(theirs) // 2]}", True
    return None


def _enough(side: Side | None) -> TypeGuard[Side]:
    return side is not None and side.requests >= ENOUGH


def _share(side: Side, *statuses: str) -> float:
    counted = sum(side.statuses.values())
    return sum(side.statuses.get(status, 0) for status in statuses) / counted if counted else 0.0
