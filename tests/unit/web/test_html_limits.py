from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from auditor.web.html_limits import MAX_FORMATS, MAX_TAGS, cut_excess_from_html

EVIL = {
    "open formats": "".join(f"<b {i}>" for i in range(4000)) + "".join(f"<i {i}>" for i in range(4000)),
    "formats that others close": "".join(f"<b {i}></u>" for i in range(3000)) + "<p>x" * 3000,
    "formats closed in comments": "".join(f"<b {i}><!--</b>-->" for i in range(3000)) + "<p>x" * 3000,
    "nested lists": "<ul><li>" * 200_000,
    "attributes": "<a " + " ".join(f"x{i}=1" for i in range(200_000)) + ">",
    "attributes behind a quote": '<a " b=">" ' + " ".join(f"x{i}=1" for i in range(200_000)) + ">",
    "many long tags": ("<a " + " ".join(f"a{i}" for i in range(240)) + ">") * 2000,
}


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_no_page_costs_the_parser_much(evil: str) -> None:
    before = time.process_time()
    LexborHTMLParser(cut_excess_from_html(evil))
    assert time.process_time() - before < 1


def test_what_stands_at_the_end_of_a_long_page_is_kept() -> None:
    page = "<title>Xã</title>" + "<p>x</p>" * MAX_TAGS + "<a href=https://x.test>y</a>"
    assert len(page) > len(cut_excess_from_html(page))
    assert cut_excess_from_html(page).startswith("<title>Xã</title>")
    assert cut_excess_from_html(page).endswith("<a href=https://x.test>y</a>")


def test_text_behind_a_long_tag_is_kept() -> None:
    tag = "<div " + " ".join(f"x{i}=1" for i in range(500))
    tree = LexborHTMLParser(cut_excess_from_html(f"{tag}>lời<p>khác</p>"))
    assert tree.body is not None
    assert tree.body.text(separator="|") == "lời|khác"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["<b>", "</b>", "<p>", "</p>", "<a href=/x>", "x ", "</a>", "<i class=y>", "</i>"])))
def test_an_ordinary_page_stays_as_it_is(parts: list[str]) -> None:
    page = "".join(parts[:70])
    assert cut_excess_from_html(page) == page or page.count("<b>") + page.count("<i class=y>") > 40


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["<b>", "<B\n>", "<big/>", "<STRONG >", "<u\tx>", "<em>", "<font>", "<nobr>", "<tt>"])))
def test_open_formats_are_few_however_they_are_written(parts: list[str]) -> None:
    page = cut_excess_from_html("".join((parts or ["<i>"]) * 60))
    assert page.count("<") - page.count("<x-") == MAX_FORMATS
