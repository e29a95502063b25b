"""Pages that are built to cost time or memory, read by real children."""

from __future__ import annotations

import pytest

from auditor.web import reader
from auditor.web.fetch import MAX_BODY

URL = "http://a.test/tin/"
PAGE = "<title>Xã An</title><h1>Tin</h1><p>Tiếp dân: 7h30</p><img src=/a.png>"


def read(html: str) -> reader.VisiblePage:
    return reader.read_page_in_child_process(html.encode(), URL, 60)


def test_a_child_reads_what_the_page_shows() -> None:
    page = read(PAGE)
    assert (page.title, page.asset, page.headings) == ("Xã An", "/a.png", {"Tin"})
    assert page.lines == {"Tin", "Tiếp dân: 0h0"}


@pytest.mark.parametrize(
    "html",
    [
        "<p " + " ".join(f"a{n}=1" for n in range(60_000)) + ">",
        "<p>" + "".join(f"<b {n}>" for n in range(4_000)) + "</p><p>x" * 2_000,
    ],
    ids=["attributes", "formatting"],
)
def test_a_page_built_to_cost_time_is_read_without_what_costs_it(html: str) -> None:
    assert read(PAGE + html).title == "Xã An"


def test_a_page_that_ends_its_reader_is_given_up_and_the_next_one_is_read() -> None:
    with pytest.raises(reader.CostlyContent, match="built to cost"):
        read("\0" * 3_000_000)
    assert read(PAGE).title == "Xã An"


SENTENCE = "Ủy ban nhân dân xã An Trúc thông báo lịch tiếp công dân, "
HONEST = {
    "options": f"<body><select>|<option value=1>{SENTENCE}</option>",
    "unclosed": f"<body>|<div>{'x' * 195}",
    "blank lines": "<body><pre>|\n",
    "short lines": "<body><pre>😀|a\n",
    "one line": f"<body><p>|{SENTENCE}",
    "indented": f"<body><pre>|\n{' ' * 40}x",
    "warnings": f"<body><pre>|Warning: {'x' * 90}\n",
    "nothing": "|\0",
}
"""What costs most of what a page may hold that was not built to: its beginning, and what fills it to the largest there is."""


@pytest.mark.parametrize("kind", HONEST)
def test_the_largest_honest_page_is_read(kind: str) -> None:
    body, _, fills = HONEST[kind].partition("|")
    begins = f"<title>Xã An</title>{body}"
    page = begins + fills * ((MAX_BODY - len(begins.encode())) // len(fills.encode()))
    assert MAX_BODY - 1_000 < len(page.encode()) <= MAX_BODY
    assert read(page).title == "Xã An"


def test_a_page_that_is_not_read_in_time_is_given_up() -> None:
    with pytest.raises(reader.UnreadableContent):
        reader.read_page_in_child_process(PAGE.encode(), URL, 0)
