"""Judging what access logs say: who was served what at which address. Pure.

What engines are served by their addresses no visit of ours ever sees. But visitors write logs, and nobody says that who
calls himself an engine is one, unless its networks were imported: so that alone is weak.
"""

from __future__ import annotations

from typing import TypeGuard
from urllib.parse import unquote, urlsplit

from auditor.content.detectors import context
from auditor.content.text import normalization
from auditor.content.text.lexicon import Lexicon
from auditor.facts.pages import ServedAddress, Side, SitePages
from auditor.models import Trace
from auditor.models.reviews import Logs
from auditor.scans.dedup import limit_traces_per_kind
from auditor.scans.responses import PageInventory
from auditor.scans.traces import Family, Kind, build_masked_trace

ENOUGH = 5
"""Requests of each side, below which nothing is said."""
MOST = 0.8
MOST_HIDDEN = 30
"""Addresses of a site that people never ask for and that all visitors are sent to none the less."""
_MORE_BYTES, _TIMES = 1_500, 1.3
_MISSING_STATUSES = ("404", "410")
_AWAY = ("301", "302", "303", "307", "308")


def judge_addresses_by_access_logs(site: SitePages, lexicon: Lexicon, *, is_verified: bool) -> PageInventory:
    """Return the addresses of a site, and what its logs say about them.

    ``is_verified``: engines were told by their networks.
    """
    traces_by_path = (
        {
            address.path: _build_trace_of_odd_address(address, lexicon, is_verified=is_verified)
            for address in site.addresses
        }
        if site.has_logs_of_its_own
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
        traces=limit_traces_per_kind(traces)[0],
        logs=_get_state_of_access_logs(site),
    )


def _get_state_of_access_logs(site: SitePages) -> Logs:
    states = [log.state for log in site.logs]
    if not set(states) - {"format"}:
        return "none"
    return "read" if set(states) <= {"read", "shared"} else "partly"


def _build_trace_of_odd_address(address: ServedAddress, lexicon: Lexicon, *, is_verified: bool) -> Trace | None:
    oddity = _find_oddity(address)
    if oddity is None:
        return None
    kind, rule, sample, of_engine = oddity
    families: list[Family] = ["logs"]
    if is_verified and of_engine and kind == "doorway":
        families.append("visitors")
    if context.find_lexicon_words(
        normalization.convert_path_to_words(unquote(urlsplit(address.path).path)), lexicon
    ).has_advert_words:
        families.append("lexicon")
    rules = (rule, "engine_unverified") if of_engine and not is_verified else (rule,)
    return build_masked_trace(kind, address.path, where=address.path, sample=sample, families=families, rules=rules)


def _find_oddity(address: ServedAddress) -> tuple[Kind, str, str, bool] | None:
    """Return what is odd about an address: kind, rule, sample, and whether it is about engines; None for nothing."""
    person, engine, searcher = address.person, address.engine, address.searcher
    if not _has_enough_requests(person):
        return None
    if (
        _has_enough_requests(engine)
        and _compute_share_of_statuses(engine, "200") >= MOST
        and _compute_share_of_statuses(person, *_MISSING_STATUSES) >= MOST
    ):
        return "doorway", "log_engine_finds_it", f"engine 200 x {engine.requests}, people 404 x {person.requests}", True
    if (
        _has_enough_requests(searcher)
        and _compute_share_of_statuses(searcher, *_AWAY) >= MOST
        and _compute_share_of_statuses(person, *_AWAY) <= 1 - MOST
    ):
        return "redirect", "log_searcher_led_away", f"searchers 3xx x {searcher.requests}, people 200", False
    if _has_enough_requests(engine) and engine.sizes and person.sizes:
        least, median, theirs = engine.sizes[0], engine.sizes[len(engine.sizes) // 2], person.sizes
        if least > theirs[-1] and median > _TIMES * theirs[len(theirs) // 2] + _MORE_BYTES:
            return "text", "log_engine_gets_more", f"engine {median} bytes, people {theirs[len(theirs) // 2]}", True
    return None


def _has_enough_requests(side: Side | None) -> TypeGuard[Side]:
    return side is not None and side.requests >= ENOUGH


def _compute_share_of_statuses(side: Side, *statuses: str) -> float:
    total = sum(side.statuses.values())
    return sum(side.statuses.get(status, 0) for status in statuses) / total if total else 0.0
