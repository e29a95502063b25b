"""Judging what access logs say: who was served what at which address. Pure.

What engines are served by their addresses no visit of ours ever sees. But visitors write logs, and nobody says that who
calls himself an engine is one, unless its networks were imported: so that alone is weak.
"""

from __future__ import annotations

from typing import TypeGuard
from urllib.parse import unquote, urlsplit

from auditor.content.detectors import spam_text
from auditor.content.text import normalization
from auditor.content.text.lexicon import Lexicon
from auditor.facts.pages import ServedAddress, Side, SitePages
from auditor.models import Trace
from auditor.models.reviews import Logs
from auditor.scans.dedup import limit_traces
from auditor.scans.responses import PageInventory
from auditor.scans.traces import Family, Kind, trace

ENOUGH = 5
"""Requests of each side, below which nothing is said."""
MOST = 0.8
MOST_HIDDEN = 30
"""Addresses of a site that people never ask for and that all visitors are sent to none the less."""
_MORE_BYTES, _TIMES = 1_500, 1.3
_MISSING_STATUSES = ("404", "410")
_AWAY = ("301", "302", "303", "307", "308")


def judge(site: SitePages, lexicon: Lexicon, *, is_verified: bool) -> PageInventory:
    """Return the addresses of a site, and what its logs say about them.

    ``is_verified``: engines were told by their networks.
    """
    traces_by_path = (
        {address.path: _trace(address, lexicon, is_verified=is_verified) for address in site.addresses}
        if site.is_its_own
        else {}
    )
    traces = [item for item in traces_by_path.values() if item is not None]
    hidden_paths = [
        address.path for address in site.addresses if address.person is None and (address.engine or address.searcher)
    ]
    return PageInventory(
        addresses=(*(address.path for address in site.addresses), *site.files),
        published_paths=tuple(site.posts),
        suspect_paths=(
            *(path for path, item in traces_by_path.items() if item is not None),
            *hidden_paths[:MOST_HIDDEN],
        ),
        traces=limit_traces(traces)[0],
        logs=_read(site),
    )


def _read(site: SitePages) -> Logs:
    states = [log.state for log in site.logs]
    if not set(states) - {"format"}:
        return "none"
    return "read" if set(states) <= {"read", "shared"} else "partly"


def _trace(address: ServedAddress, lexicon: Lexicon, *, is_verified: bool) -> Trace | None:
    oddity = _find_oddity(address)
    if oddity is None:
        return None
    kind, rule, sample, of_engine = oddity
    families: list[Family] = ["logs"]
    if is_verified and of_engine and kind == "doorway":
        families.append("visitors")
    if spam_text.find_words(normalization.slug(unquote(urlsplit(address.path).path)), lexicon).has_advert_words:
        families.append("lexicon")
    rules = (rule, "engine_unverified") if of_engine and not is_verified else (rule,)
    return trace(kind, address.path, where=address.path, sample=sample, families=families, rules=rules)


def _find_oddity(address: ServedAddress) -> tuple[Kind, str, str, bool] | None:
    """Return what is odd about an address: kind, rule, sample, and whether it is about engines; None for nothing."""
    person, engine, searcher = address.person, address.engine, address.searcher
    if not _enough(person):
        return None
    if _enough(engine) and _share(engine, "200") >= MOST and _share(person, *_MISSING_STATUSES) >= MOST:
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
    total = sum(side.statuses.values())
    return sum(side.statuses.get(status, 0) for status in statuses) / total if total else 0.0
