"""The blocks and landmarks of a page, bounded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from auditor.content.page import segments


def page(html: str) -> Any:
    return SimpleNamespace(html=html)


def test_blocks_are_what_is_said_in_one_place_and_neither_too_short_nor_too_long() -> None:
    html = (
        "<p>mười hai chữ</p><p>mười ba chữ đây</p><li>một mục trong danh sách</li><div>không phải một khối<p></p></div><div>một khối không chia</div>"
        f"<p>{'x' * segments.MAX_BLOCK}</p><table><tr><td>một ô trong bảng</td></tr></table><script>p('mười ba chữ đây')</script>"
    )
    assert list(segments.iter_text_blocks(page(html))) == [
        "mười ba chữ đây",
        "một mục trong danh sách",
        "một khối không chia",
        "một ô trong bảng",
    ]


def test_blocks_end_where_the_page_has_said_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MAX_LETTERS", 40)
    assert list(segments.iter_text_blocks(page("<p>twenty letters long!</p>" * 5))) == ["twenty letters long!"] * 2
    monkeypatch.setattr(segments, "MAX_BLOCKS", 1)
    assert list(segments.iter_text_blocks(page("<p>twenty letters long!</p>" * 5))) == ["twenty letters long!"]


@pytest.mark.parametrize(
    ("html", "filled"),
    [
        ('<div id="app"></div>', True),
        ("<main class=x id=__next>Đang tải</main>", True),
        ('<div id="app">' + "x" * 300 + "</div>", False),
        ('<div id="apple"></div>', False),
        ("<p>x</p>", False),
    ],
)
def test_a_page_that_a_browser_fills_is_told(html: str, filled: bool) -> None:
    assert segments.is_filled_by_browser_application(page(html)) is filled


def test_landmarks_are_menu_and_headings_each_once_without_numbers() -> None:
    html = (
        "<nav><a>Trang  chủ</a><a>Tin</a><a>Tin 2026</a><a>Trang chủ</a></nav><h1>Giới thiệu</h1>"
        f"<h2>{'x' * 61}</h2><p>Một đoạn văn</p><li><a>Liên hệ</a></li>"
    )
    assert segments.list_menu_and_heading_texts(page(html)) == ("Trang chủ", "Giới thiệu", "Liên hệ")
    many = "".join(f"<h2>Mục {chr(97 + number % 26)}{chr(97 + number // 26)}</h2>" for number in range(60))
    assert len(segments.list_menu_and_heading_texts(page(many))) == segments.MAX_LANDMARKS
