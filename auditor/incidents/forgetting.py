"""Addresses of an incident's sites that search engines have to forget, or to visit again, as reviews, findings and paths that were contained tell. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import quote

from auditor.incidents.case import Case
from auditor.looks.ledger import Ledger
from auditor.models import Finding, Site
from auditor.models.reviews import Kind
from auditor.report.csv_output import inert
from auditor.text import paths
from auditor.text.words import Words

KINDS: tuple[Kind, ...] = get_args(Kind)
THEIRS: frozenset[str] = frozenset({"doorway", "document", "missing_page", "payload", "program"})
"""Kinds of traces whose whole page an intruder put there; of others the page is the office's own."""
_SAFE = "%/:=&?~#+!$,;'@()*[]"
_CUT = "…"
Act = Literal["forget", "again"]
"""What a search engine is to do; its words: ``incidents.forget.ACT``."""


@dataclass(frozen=True)
class Page:
    """One address."""

    address: str
    act: Act
    kind: Kind | None
    """What was found there; None: somebody contained it."""


def pages(
    case: Case, site: Site, ledger: Ledger, findings: Iterable[Finding], accepted: Collection[str]
) -> tuple[Page, ...]:
    """All that are known of a site, each once, in their order; without what is only suspected or ``accepted`` (by its key)."""
    found: dict[str, Page] = {}
    for path, kind in (*_contained(case, site), *_found(site, findings), *_seen(ledger, accepted)):
        act: Act = "forget" if kind is None or kind in THEIRS else "again"
        address = f"https://{site.domain}{quote(path, safe=_SAFE)}"
        if address not in found or (found[address].act, act) == ("again", "forget"):
            found[address] = Page(address, act, kind)
    return tuple(sorted(found.values(), key=lambda page: (page.act != "forget", page.address)))


def _contained(case: Case, site: Site) -> Iterator[tuple[str, None]]:
    for action in case.actions.values():
        domain, _, path = action.what.partition("/")
        if action.means == "path" and domain in (site.domain, *site.aliases) and action.state != "refused":
            yield "/" + quote(paths.read(path).encode("utf-8", "surrogateescape")), None


def _found(site: Site, findings: Iterable[Finding]) -> Iterator[tuple[str, Kind]]:
    for finding in findings:
        if finding.subject.id != site.domain:
            continue
        for member in finding.violations:
            if isinstance(member, Mapping) and (told := _told(member)) is not None:
                yield told


def _told(member: Mapping[str, Any]) -> tuple[str, Kind] | None:
    where = member.get("where")
    kind = next((one for one in KINDS if one == member.get("kind")), None)
    if kind is None or not isinstance(where, str) or not where.startswith("/") or _CUT in where:
        return None
    return where, kind


def _seen(ledger: Ledger, accepted: Collection[str]) -> Iterator[tuple[str, Kind]]:
    for path, place in ledger.places.items():
        for key in place.keys if path.startswith("/") else ():
            trace = ledger.traces.get(key)
            if trace is not None and trace.certainty != "weak" and key not in accepted:
                yield path, trace.kind


def listed(some: Iterable[Page]) -> bytes:
    """Those to forget, exactly, one a line: as the removal tools of search engines take them."""
    return "".join(f"{page.address}\n" for page in some if page.act == "forget").encode("ascii")


def table(some: Iterable[Page], words: Words) -> bytes:
    """All of them a row, with what is to be done and what was found. As ``findings.csv`` is written."""
    written = io.BytesIO()
    text = io.TextIOWrapper(written, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow([words(f"incidents.forget.col.{name}") for name in ("address", "act", "kind")])
    for page in some:
        lines.writerow(map(inert, (page.address, words(f"incidents.forget.{page.act}"), kind_of(page, words))))
    text.flush()
    return written.getvalue()


def kind_of(page: Page, words: Words) -> str:
    """What was found there, in words."""
    return words(f"content.kind.{page.kind}") if page.kind else words("incidents.forget.contained")
