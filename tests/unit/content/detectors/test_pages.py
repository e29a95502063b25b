"""What a page is on its site."""

from __future__ import annotations

import pytest

from auditor.content.analyzer import analyze_visit
from auditor.content.detectors.spam_text import has_common_title_word
from auditor.scans.responses import PageVisit, SiteBaseline, VisitorResponse
from auditor.scans.traces import Trace


def read(html: str, *, status: int = 200, path: str = "/") -> tuple[Trace, ...]:
    served = VisitorResponse("plain", status, {"content-type": "text/html; charset=utf-8"}, html.encode())
    visit = PageVisit(f"https://antruc.test{path}", "home" if path == "/" else "page", (served,))
    return analyze_visit(visit, SiteBaseline("antruc.test", own=frozenset({"antruc.test"}))).traces


def rules(traces: tuple[Trace, ...]) -> set[str]:
    return {rule for one in traces for rule in one.rules}


def test_a_page_of_one_picture_that_leads_away_is_a_sign() -> None:
    picture = '<html><title>Xã</title><a href="https://noikhac.example"><img src="/a.jpg" alt="Vào"></a></html>'
    assert "one_picture" in rules(read(picture))
    assert {one.certainty for one in read(picture)} == {"weak"}
    assert not read(picture.replace("https://noikhac.example", "/trang-chu"))
    assert "one_picture" not in rules(read(picture + f"<p>{'chữ ' * 40}</p>"))


@pytest.mark.parametrize("status", [200, 403, 404, 503])
def test_a_home_page_that_was_defaced_is_told_whatever_its_status(status: int) -> None:
    assert "words" in rules(read("<title>Hacked by X</title><h1>Hacked by X</h1>", status=status))


def test_a_home_page_under_repair_is_not() -> None:
    assert not read("<title>Bảo trì</title><h1>Trang đang bảo trì</h1>", status=503)


@pytest.mark.parametrize(
    ("html", "is_told"),
    [
        ("<title>404</title><p>There isn't a GitHub Pages site here.</p>", True),
        ("<title>Error</title><p>NoSuchBucket: The specified bucket does not exist</p>", True),
        ("<title>No such app</title><h1>No such app</h1>", True),
        ("<title>404</title><p>Không tìm thấy trang</p>", False),
        ("<title>Bài viết</title><a href='/'>Trang chủ</a><p>NoSuchBucket là lỗi gì?</p>", False),
    ],
)
def test_a_name_that_nobody_holds_at_its_service_is_told(html: str, *, is_told: bool) -> None:
    assert ("name_of_nobody" in rules(read(html, status=404))) is is_told


@pytest.mark.parametrize(
    ("first", "second", "is_common"),
    [
        ("Trang chủ X8VN", "Trang thông tin điện tử xã An Trúc", False),
        ("Tin tức mới nhất", "Trang thông tin xã An Trúc", True),
        ("Xã An Trúc - Tin tức", "Cổng thông tin xã An Trúc", True),
        ("Casino online", "Website xã An Trúc", False),
    ],
)
def test_words_of_any_title_are_not_in_common(first: str, second: str, *, is_common: bool) -> None:
    assert has_common_title_word(first, second) is is_common
