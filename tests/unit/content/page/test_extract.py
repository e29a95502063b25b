"""What a document holds, read in few passes over it."""

from __future__ import annotations

import pytest

from auditor.content.page import extract

URL = "https://antruc.test/tin/"


@pytest.mark.parametrize(
    "href", ["/&#9;/x.example/a", "/&#10;\\x.example/a", "//x.example/a", "\\\\x.example/a", "/\\x.example/a"]
)
def test_a_link_to_another_host_is_seen_whatever_browsers_leave_out_of_it(href: str) -> None:
    page = extract.extract_page_contents(f'<a href="{href}">x</a>', URL)
    assert [(one.host, one.address) for one in page.pointers] == [("x.example", "https://x.example/a")]
    assert page.own == ()


def test_links_to_the_site_itself_are_told_once() -> None:
    page = extract.extract_page_contents(
        '<a href="/a#b">x</a><a href=" /a">x</a><a href=b>y</a><a href="https://antruc.test/c">z</a>', URL
    )
    assert page.own == ("https://antruc.test/a", "https://antruc.test/tin/b", "https://antruc.test/c")


def test_what_is_never_seen_is_no_text_whatever_it_stands_in() -> None:
    page = extract.extract_page_contents(
        "<p>một</p><svg><style>a</style><svg><script>b</script></svg></svg><noscript><select><option>c</select><script>d"
        "</script></noscript><template><script>e</script></template><p>hai</p><h1>ba</h1>",
        URL,
    )
    assert page.text.split() == ["một", "hai", "ba"]
    assert page.headings == ("ba",)


def test_headings_are_those_that_may_be_seen_in_their_order() -> None:
    page = extract.extract_page_contents(
        "<h2>một</h2><svg><foreignObject><h1>ẩn</h1></foreignObject></svg><noscript><h2>ẩn</h2></noscript><div><h1>hai <script>x</script></h1></div>",
        URL,
    )
    assert page.headings == ("một", "hai")


def test_a_style_that_hides_nothing_in_one_place_says_nothing_of_another() -> None:
    page = extract.extract_page_contents(
        "<p style='color:#333'>a</p><p style='color:#333' hidden>ẩn một</p><a href=/ style='text-indent:-9999px'>b</a>"
        "<p style='text-indent:-9999px'>ẩn hai</p>",
        URL,
    )
    assert set(page.hidden_texts) == {"ẩn một", "ẩn hai"}


@pytest.mark.parametrize(
    "acting",
    [
        '<body onload="{}">',
        '<body onpageshow="{}">',
        '<img src=x onerror="{}">',
        '<svg onload="{}">',
        '<iframe onload="{}">',
    ],
)
def test_what_an_element_does_by_itself_is_read_as_a_script(acting: str) -> None:
    page = extract.extract_page_contents(acting.format("location.href='https://xau.example/'"), URL)
    assert [(one.leads, one.decoded_addresses) for one in page.scripts] == [(True, ("https://xau.example/",))]
