from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.web.page import MAX_LINES, parse_visible_page_of_html

URL = "http://a.test/tin/"


def test_reads_what_a_visitor_sees() -> None:
    page = parse_visible_page_of_html(
        "<title> Trang  chủ </title><style>b{}</style><h1>Xã <i>An</i></h1><p>Tiếp dân: 7h30</p><script>x</script>",
        URL,
    )
    assert page.title == "Trang chủ"
    assert page.headings == {"Xã An"}
    assert page.lines == {"Xã", "An", "Tiếp dân: 0h0"}


@pytest.mark.parametrize(
    ("html", "asset"),
    [
        ("<img src=/a.png><script src=/b.js></script><link rel=stylesheet href=/c.css?v=2>", "/c.css?v=2"),
        ("<link rel=icon href=/a.ico><script src=b.js></script>", "/tin/b.js"),
        ("<img src='../logo.PNG'>", "/logo.PNG"),
        ("<img src=//a.test/x.svg#y>", "/x.svg"),
        ("<img src=https://a.test/x.svg>", "/x.svg"),
        ("<script src=https://cdn.test/x.js></script>", None),
        ("<script src=https://a.test:8443/x.js></script>", None),
        ("<img src=data:image/png;base64,AAAA><img src=javascript:x.png>", None),
        ("<img src='http://[/x.png'><img src='/a b.png'><img src='/a&#8238;b.png'>", None),
        ("<link href=/wp-login.php?action=logout><script src=/x.php></script><img src>", None),
    ],
)
def test_the_asset_is_a_static_file_of_the_same_site(html: str, asset: str | None) -> None:
    assert parse_visible_page_of_html(html, URL).asset == asset


def test_what_php_complains_of_is_seen() -> None:
    html = "<br />\n<b>Warning</b>:  mail() has been disabled in <b>/var/www/x.php</b>"
    assert parse_visible_page_of_html(html, URL).complaints == {"Warning: mail() has been disabled in"}


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (
            "<p>\nPHP Fatal error:  Uncaught Error in /var/www/x.php on line 3",
            {"Fatal error: Uncaught Error in /var/www/x.php", "Uncaught Error"},
        ),
        ("<h1>Error establishing a database connection</h1>", {"Error establishing a database connection"}),
        ("<p>SQLSTATE[HY000] [1045] Access denied for user x</p>", {"SQLSTATE[HY000]", "Access denied for user"}),
        ("<p>Warning: the road on line 3 is closed</p>", set()),
        ("<p>Thông báo về lỗi nghiêm trọng</p>", set()),
    ],
)
def test_an_application_that_cannot_work_is_heard_though_it_answers_well(html: str, said: set[str]) -> None:
    assert parse_visible_page_of_html(html, URL).complaints == said


@pytest.mark.parametrize("piece", ["Warning: x in /", "\nWarning: ", "Warning: in /a", "SQLSTATE[", "Uncaught "])
def test_complaints_are_looked_for_in_no_time(piece: str) -> None:
    begun = time.process_time()
    parse_visible_page_of_html(piece * 100_000, URL)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "piece", ["<div>", "<ul><li>", "<a><h1>", "<h1>x", "<form><div>", "<template>", "<svg><title>"]
)
def test_a_page_made_to_be_slow_is_read_in_no_time(piece: str) -> None:
    begun = time.process_time()
    parse_visible_page_of_html(piece * 400_000, URL)
    assert time.process_time() - begun < 5


def test_lines_are_bounded() -> None:
    assert (
        len(
            parse_visible_page_of_html(
                "<br>".join("xy" * (n % 90 + 1) + chr(0x1000 + n) for n in range(4000)), URL
            ).lines
        )
        <= MAX_LINES
    )


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"<title>", b"<img src=", b"<h1>", b"<a href='//"]))
def test_any_bytes_are_a_page(body: bytes, before: bytes) -> None:
    page = parse_visible_page_of_html((before + body).decode("utf-8", "replace"), URL)
    assert page.asset is None or page.asset.startswith("/")


def test_links_that_may_be_folders_of_the_same_site_are_kept_with_the_slash_at_the_end() -> None:
    html = """<a href="/hinh/">a</a> <a href="hinh">b</a> <a href="/tin.php?id=1">c</a> <a href="/a.pdf">d</a>
        <a href="https://khac.test/x/">e</a> <a href="mailto:a@b.test">f</a> <a href="/hinh">g</a> <a href="#top">h</a>"""
    assert parse_visible_page_of_html(html, "https://xa.test/tin/1").folders == ("/hinh/", "/tin/hinh/", "/tin/1/")
