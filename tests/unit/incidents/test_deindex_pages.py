"""Which addresses search engines have to forget: exact in the file, each once, and nothing that is the office's own."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

from auditor.incidents import deindex_pages
from auditor.incidents.case import IncidentCase, ResponseAction
from auditor.models import Site, Subject, Trace
from auditor.scans.frontier import CrawlEntry, CrawlFrontier
from auditor.text.translations import Words
from tests.unit.incidents.filled import T0
from tests.unit.results.test_verdict import finding

SITE = Site(domain="antruc.test", host="web1", aliases=("www.antruc.test",))
CASE = IncidentCase(id="SC-20261127-1", detected_at=T0, regime="2026", subjects=("antruc.test",))


def trace(key: str, kind: str, certainty: str = "strong") -> Trace:
    return Trace.model_validate(
        {
            **{"key": key * 16, "kind": kind, "certainty": certainty, "where": "/", "sample": "x"},
            **{"families": ("lexicon",), "rules": ("words",)},
        }
    )


def ledger(*seen: tuple[str, Trace], alone: tuple[str, ...] = ()) -> CrawlFrontier:
    """All but those that are ``alone`` are linked."""
    return CrawlFrontier(
        site="antruc.test",
        places={path: CrawlEntry(keys=(one.key,), linked=path not in alone) for path, one in seen},
        traces={one.key: one for _, one in seen},
    )


def addresses(found: tuple[deindex_pages.IndexedPage, ...]) -> list[tuple[str, str]]:
    return [(page.act, page.address) for page in found]


def test_pages_of_theirs_are_forgotten_and_the_offices_own_visited_again() -> None:
    seen = ledger(
        ("/tin?id=66&x=nổ hũ", trace("a", "doorway")),
        ("/", trace("b", "link")),
        ("/tin-xa", trace("c", "text", "weak")),
        ("/da-nhan", trace("d", "doorway")),
        ("//khac.test/x", trace("e", "doorway")),
    )
    seen = seen.model_copy(update={"places": {**seen.places, "khac.test/x": CrawlEntry(keys=("a" * 16,))}})
    found = deindex_pages.list_pages_to_deindex_of_site(CASE, SITE, seen, (), {"d" * 16})
    assert addresses(found) == [
        ("forget", "https://antruc.test//khac.test/x"),
        ("forget", "https://antruc.test/tin?id=66&x=n%E1%BB%95%20h%C5%A9"),
        ("again", "https://antruc.test/"),
    ]


def test_paths_that_were_contained_and_what_findings_name_are_told_each_once() -> None:
    actions = {
        1: ResponseAction(1, "web1", "path", "www.antruc.test/uploads/a b%25.php", "confirmed"),
        2: ResponseAction(2, "web1", "path", "khac.test/x", "confirmed"),
        3: ResponseAction(3, "web1", "path", "antruc.test/la", "refused"),
        4: ResponseAction(4, "web1", "file", "/var/www/x.php", "confirmed"),
    }
    member: dict[str, Any] = {"kind": "doorway", "where": "/no-hu"}
    of_site = replace(
        finding("fail", control="content.injected"),
        subject=Subject(kind="site", id="antruc.test"),
        violations=(member, {**member, "where": "/dai…"}, {**member, "kind": "of no look"}, {"where": 7}, "x"),
    )
    seen = ledger(("/no-hu", trace("b", "link")))
    found = deindex_pages.list_pages_to_deindex_of_site(replace(CASE, actions=actions), SITE, seen, [of_site], ())
    assert addresses(found) == [
        ("forget", "https://antruc.test/no-hu"),
        ("forget", "https://antruc.test/uploads/a%20b%25.php"),
    ]


def test_a_page_that_the_inventory_names_is_visited_again_even_where_it_was_contained() -> None:
    actions = {1: ResponseAction(1, "web1", "path", "antruc.test/gop-y.php", "confirmed")}
    own = SITE.model_copy(update={"smoke_urls": ("/", "/gop-y.php")})
    found = deindex_pages.list_pages_to_deindex_of_site(replace(CASE, actions=actions), own, ledger(), [], ())
    assert addresses(found) == [("again", "https://antruc.test/gop-y.php")]


def test_the_list_is_exact_and_the_table_no_formula() -> None:
    seen = ledger(("/a;=1+1", trace("a", "doorway")), ("/", trace("b", "link")))
    found = deindex_pages.list_pages_to_deindex_of_site(CASE, SITE, seen, (), ())
    assert deindex_pages.render_urls_to_forget_one_per_line(found) == b"https://antruc.test/a;=1+1\n"
    heading, first, second = csv.reader(
        io.StringIO(deindex_pages.render_indexed_pages_csv(found, Words("en")).decode("utf-8-sig"), newline="")
    )
    assert heading == ["Address", "Search engines must", "Found there"]
    assert first[:2] == ["https://antruc.test/a;'=1+1", "remove"]
    assert second[:2] == ["https://antruc.test/", "crawl again"]


def test_pages_that_nothing_leads_to_are_theirs_by_what_they_say_and_the_home_page_never_is() -> None:
    words, redirect = trace("a", "text"), trace("b", "redirect")
    seen = ledger(
        *(
            ("/xo-so/1.html", words),
            ("/gioi-thieu", words),
            ("/wp-sitemap.xml", redirect),
            ("/", trace("c", "doorway")),
        ),
        alone=("/xo-so/1.html", "/wp-sitemap.xml", "/"),
    )
    assert addresses(deindex_pages.list_pages_to_deindex_of_site(CASE, SITE, seen, (), ())) == [
        ("forget", "https://antruc.test/xo-so/1.html"),
        ("again", "https://antruc.test/"),
        ("again", "https://antruc.test/gioi-thieu"),
        ("again", "https://antruc.test/wp-sitemap.xml"),
    ]
