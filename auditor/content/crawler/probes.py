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
from auditor.scans.traces import build_masked_trace

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


def build_nonexistent_host_name(token: str) -> str:
    """Return a name that nobody can have, another one each time: nobody knows us by it."""
    return f"{token}.example"


def plan_probes(known_paths: Iterable[str], token: str) -> tuple[ActiveProbe, ...]:
    """Return what to ask a site for whose addresses are these.

    Open redirects, searches that repeat a word, pages that are not there.
    """
    known_paths = [path for path in known_paths if path.startswith("/")]
    leads = _iter_paths_with_parameter_replaced(known_paths, _LEADS, f"https://{build_nonexistent_host_name(token)}/")
    searches = itertools.chain(
        _iter_paths_with_parameter_replaced(known_paths, _SEARCHES, token), (usual.format(token) for usual in _USUAL)
    )
    folders = dict.fromkeys(path.split("/")[1] for path in known_paths if path.count("/") > 1)
    missing_pages = (f"/{folder}/{token}.html" for folder in folders)
    probes = [
        *(ActiveProbe(path, "redirect") for path in itertools.islice(leads, MAX_REDIRECTS)),
        *(ActiveProbe(path, "search") for path in itertools.islice(searches, MAX_SEARCHES)),
        *(ActiveProbe(path, "missing") for path in itertools.islice(missing_pages, MAX_MISSING)),
    ]
    return tuple(probe for probe in probes if url_filter.is_safe_to_request(probe.path))


def _iter_paths_with_parameter_replaced(
    addresses: Iterable[str], parameter_names: frozenset[str], value: str
) -> Iterator[str]:
    """Yield addresses with this value where one of these names has another, each form once."""
    forms = set()
    for path in addresses:
        place, _, query = path.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        form = (place, tuple(name for name, _ in pairs))
        if form not in forms and any(name.lower() in parameter_names for name, _ in pairs):
            forms.add(form)
            new_pairs = [(name, value if name.lower() in parameter_names else old_value) for name, old_value in pairs]
            yield f"{place}?{urlencode(new_pairs)}"


def judge_response_to_probe(probe: ActiveProbe, response: VisitorResponse, title: str, token: str) -> Trace | None:
    """Return what an answer shows.

    The visitor would be led wherever the address says, or a page says of itself whatever was asked for.
    """
    place, _, query = probe.path.partition("?")
    names = ",".join(name for name, _ in parse_qsl(query, keep_blank_values=True))
    where = f"{place}?{names}"
    if probe.what == "redirect" and _is_redirect_to_nonexistent_host(response, token):
        return build_masked_trace(
            "redirect",
            f"open {where}",
            where=where,
            sample=f"{response.status} → {build_nonexistent_host_name('x')}",
            families=["redirects"],
            rules=["open_redirect"],
        )
    if probe.what == "search" and response.status == 200 and token in title.lower():
        return build_masked_trace(
            "reflection",
            f"search {where}",
            where=where,
            sample=title,
            families=["structure"],
            rules=["search_in_title"],
        )
    return None


def _is_redirect_to_nonexistent_host(response: VisitorResponse, token: str) -> bool:
    try:
        return (urlsplit(response.location or "").hostname or "") == build_nonexistent_host_name(token)
    except ValueError:
        return False
