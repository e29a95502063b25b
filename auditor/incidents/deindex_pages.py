"""Addresses of an incident's sites that search engines have to forget, or to visit again. Pure.

Reviews, findings and contained paths name them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import quote

from auditor.incidents.case import IncidentCase
from auditor.models import Finding, Site
from auditor.models.reviews import Kind
from auditor.report.csv_output import defuse_spreadsheet_formulas_in_cell
from auditor.scans.frontier import CrawlFrontier
from auditor.text import paths
from auditor.text.translations import Words

KINDS: tuple[Kind, ...] = get_args(Kind)
THEIRS: frozenset[Kind] = frozenset({"doorway", "document", "payload", "program"})
"""Kinds of traces whose whole page an intruder put there."""
THEIRS_ALONE: frozenset[Kind] = THEIRS | {"title", "text", "sitemap", "missing_page"}
"""The same of a page that nothing on the site leads to. Of all others the page is the office's own."""
_SAFE = "%/:=&?~#+!$,;'@()*[]"
_CUT = "…"
HOME = "/"
"""No search engine is told to forget it, whatever it shows, nor what the inventory names as a page of the site's."""
Act = Literal["forget", "again"]
"""What a search engine is to do; its words: ``incidents.forget.ACT``."""


@dataclass(frozen=True)
class IndexedPage:
    """One address."""

    address: str
    act: Act
    kind: Kind | None
    """What was found there; None: somebody contained it."""


def list_pages_to_deindex_of_site(
    case: IncidentCase, site: Site, ledger: CrawlFrontier, findings: Iterable[Finding], accepted_keys: Collection[str]
) -> tuple[IndexedPage, ...]:
    """Return all that are known of a site, each once, in their order.

    Without what is only suspected or ``accepted_keys`` (by its key).
    """
    pages_by_address: dict[str, IndexedPage] = {}
    own = {HOME.rstrip("/"), *(page.rstrip("/") for page in site.smoke_urls)}
    for path, kind, act in (
        *_iter_pages_blocked_by_path_actions(case, site),
        *_iter_pages_named_in_findings(site, findings),
        *_iter_pages_with_traces_in_crawl(ledger, accepted_keys),
    ):
        address = f"https://{site.domain}{quote(path, safe=_SAFE)}"
        page = IndexedPage(address, "again" if path.rstrip("/") in own else act, kind)
        if address not in pages_by_address or (pages_by_address[address].act, page.act) == ("again", "forget"):
            pages_by_address[address] = page
    return tuple(sorted(pages_by_address.values(), key=lambda page: (page.act != "forget", page.address)))


def _choose_deindex_act_for_kind(kind: Kind, *, is_unlinked: bool) -> Act:
    return "forget" if kind in (THEIRS_ALONE if is_unlinked else THEIRS) else "again"


def _iter_pages_blocked_by_path_actions(case: IncidentCase, site: Site) -> Iterator[tuple[str, None, Act]]:
    for action in case.actions.values():
        domain, _, path = action.what.partition("/")
        if action.means == "path" and domain in (site.domain, *site.aliases) and action.state != "refused":
            yield "/" + quote(paths.percent_decode_path(path).encode("utf-8", "surrogateescape")), None, "forget"


def _iter_pages_named_in_findings(site: Site, findings: Iterable[Finding]) -> Iterator[tuple[str, Kind, Act]]:
    for finding in findings:
        if finding.subject.id != site.domain:
            continue
        for member in finding.violations:
            if isinstance(member, Mapping) and (indexed_trace := _parse_page_trace_of_violation(member)) is not None:
                yield indexed_trace


def _parse_page_trace_of_violation(violation: Mapping[str, Any]) -> tuple[str, Kind, Act] | None:
    where = violation.get("where")
    kind = next((trace_kind for trace_kind in KINDS if trace_kind == violation.get("kind")), None)
    if kind is None or not isinstance(where, str) or not where.startswith("/") or _CUT in where:
        return None
    return where, kind, _choose_deindex_act_for_kind(kind, is_unlinked=False)


def _iter_pages_with_traces_in_crawl(
    frontier: CrawlFrontier, accepted_keys: Collection[str]
) -> Iterator[tuple[str, Kind, Act]]:
    for path, place in frontier.places.items():
        for key in place.keys if path.startswith("/") else ():
            trace = frontier.traces.get(key)
            if trace is not None and trace.certainty != "weak" and key not in accepted_keys:
                yield path, trace.kind, _choose_deindex_act_for_kind(trace.kind, is_unlinked=not place.linked)


def render_urls_to_forget_one_per_line(indexed_pages: Iterable[IndexedPage]) -> bytes:
    """Return those to forget, exactly, one a line: as the removal tools of search engines take them."""
    return "".join(f"{page.address}\n" for page in indexed_pages if page.act == "forget").encode("ascii")


def render_indexed_pages_csv(indexed_pages: Iterable[IndexedPage], words: Words) -> bytes:
    """Return all of them a row, with what is to be done and what was found. As ``findings.csv`` is written."""
    buffer = io.BytesIO()
    text = io.TextIOWrapper(buffer, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow([words(f"incidents.forget.col.{name}") for name in ("address", "act", "kind")])
    for page in indexed_pages:
        lines.writerow(
            map(
                defuse_spreadsheet_formulas_in_cell,
                (page.address, words(f"incidents.forget.{page.act}"), describe_what_was_found_on_page(page, words)),
            )
        )
    text.flush()
    return buffer.getvalue()


def describe_what_was_found_on_page(page: IndexedPage, words: Words) -> str:
    """Return what was found there, in words."""
    return words(f"content.kind.{page.kind}") if page.kind else words("incidents.forget.contained")
