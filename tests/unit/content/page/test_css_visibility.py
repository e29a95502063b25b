from __future__ import annotations

import pytest

from auditor.content.page.css_visibility import classify_how_style_hides


@pytest.mark.parametrize(
    ("style", "how"),
    [
        ("position:absolute;left:-9999px", "kept"),
        ("margin-left : -2000px", "kept"),
        ("transform: translateX(-9000px)", "kept"),
        ("FONT-SIZE:0", "small"),
        ("font-size:1px;color:#fff", "small"),
        ("height:0;width:0;overflow:hidden", "kept"),
        ("color:#fff;background:#ffffff", "kept"),
        ("text-indent:-9999px", "kept"),
        ("display : none", "shut"),
        ("visibility:hidden", "shut"),
        ("opacity:0", "shut"),
        ("max-height:0;overflow:hidden", "shut"),
        ("position:absolute;width:1px;height:1px;clip:rect(0,0,0,0)", "read_out"),
        ("position:fixed;left:300vw", "kept"),
        ("margin-left:9000px", "kept"),
        ("transform:translateY(-9999%)", "kept"),
        ("clip-path:circle(0)", "read_out"),
        ("left:100%", None),
        ("left:200%", None),
        ("margin-left:1200px", None),
        ("transform:translateX(-100%)", None),
        ("font-size:10px", None),
        ("opacity:0.5", None),
        ("line-height:0", None),
        ("margin-left:-15px", None),
        ("color:#fff", None),
        ("color:transparent", "kept"),
        ("-webkit-text-fill-color:rgb(0 0 0 / 0%)", "kept"),
        ("color:#1230", "kept"),
        ("color:hsl(0, 0%, 100%);background-color:white", "kept"),
        ("color:navy;background:#000082 none", "kept"),
        ("color:#000;background:transparent", None),
        ("color:lab(50% 40 59.5);background:currentcolor", None),
    ],
)
def test_how_a_style_hides(style: str, how: str | None) -> None:
    assert classify_how_style_hides(style) == how


def test_a_picture_in_place_of_a_links_letters_hides_nothing() -> None:
    assert classify_how_style_hides("text-indent:-9999px", is_link=True) is None
