"""Addresses that nobody names and that are asked for only where an office has it in writing.

What they are, what they tell. Pure.

Each changes nothing: a word or an address that leads nowhere stands where a visitor's would.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from auditor.content.crawler import url_filter
from auditor.models import Trace
from auditor.scans.responses import VisitorResponse
from auditor.scans.traces import trace

MAX_REDIRECTS, MAX_SEARCHES, MAX_MISSING = 10, 4, 3
_LEADS = frozenset({
    "url", "redirect", "redirect_to", "redirect_uri", "return", "returnurl", "return_url", "next", "goto", "link",
    "target", "dest", "destination", "continue", "u", "nv_redirect",
})  # fmt: skip
_SEARCHES = frozenset({"s", "q", "key", "keyword", "keywords", "tukhoa", "search", "query"})
_USUAL = ("/?s={}", "/tim-kiem?q={}", "/search?q={}")

What = Literal["redirect", "search", "missing"]


@dataclass(frozen=True)
class ActiveProbe:
    """One address to ask for, and what for."""

    path: str
    what: What


def nowhere(token: str) -> str:
    """Return a name that nobody can have, another one each time: nobody knows us by it."""
    return f"{token}.example"


def plan_probes(paths_: Iterable[str], token: str) -> tuple[ActiveProbe, ...]:
    """Return what to ask a site for whose addresses are these.

    Open redirects, searches that repeat a word, pages that are not there.
    """
    paths_ = [path for path in paths_ if path.startswith("/")]
    leads = _with(paths_, _LEADS, f"https://{nowhere(token)}/")
    searches = itertools.chain(_with(paths_, _SEARCHES, token), (usual.format(token) for usual in _USUAL))
    folders = dict.fromkeys(path.split("/")[1] for path in paths_ if path.count("/") > 1)
    missing_pages = (f"/{folder}/{token}.html" for folder in folders)
    probes = [
        *(ActiveProbe(path, "redirect") for path in itertools.islice(leads, MAX_REDIRECTS)),
        *(ActiveProbe(path, "search") for path in itertools.islice(searches, MAX_SEARCHES)),
        *(ActiveProbe(path, "missing") for path in itertools.islice(missing_pages, MAX_MISSING)),
    ]
    return tuple(probe for probe in probes if url_filter.may_be_asked_for(probe.path))


def _with(addresses: Iterable[str], names: frozenset[str], value: str) -> Iterator[str]:
    """Yield addresses with this value where one of these names has another, each form once."""
    forms = set()
    for path in addresses:
        place, _, query = path.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        form = (place, tuple(name for name, _ in pairs))
        if form not in forms and any(name.lower() in names for name, _ in pairs):
            forms.add(form)
            new_pairs = [(name, value if name.lower() in names else old_value) for name, old_value in pairs]
            yield f"{place}?{urlencode(new_pairs)}"


def judge_response(probe: ActiveProbe, response: VisitorResponse, title: str, token: str) -> Trace | None:
    """Return what an answer shows.

    The visitor would be led wherever the address says, or a page says of itself whatever was asked for.
    """
    place, _, query = probe.path.partition("?")
    names = ",".join(name for name, _ in parse_qsl(query, keep_blank_values=True))
    where = f"{place}?{names}"
    if probe.what == "redirect" and _leads_away(response, token):
        return trace(
            "redirect",
            f"open {where}",
            where=where,
            sample=f"{response.status} → {nowhere('x')}",
            families=["redirects"],
            rules=["open_redirect"],
        )
    if probe.what == "search" and response.status == 200 and token in title.lower():
        return trace(
            "reflection",
            f"search {where}",
            where=where,
            sample=title,
            families=["structure"],
            rules=["search_in_title"],
        )
    return None


def _leads_away(response: VisitorResponse, token: str) -> bool:
    try:
        return (urlsplit(response.location or "").hostname or "") == nowhere(token)
    except ValueError:
        return False
