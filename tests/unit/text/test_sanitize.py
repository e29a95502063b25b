import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.text.sanitize import (
    _PLAIN,
    escape_invisible_characters,
    escape_text_to_one_line,
    replace_non_finite_numbers,
)
from tests.factory import NASTY


def test_vietnamese_stays_as_it_is_composed_or_not():
    text = "Ủy ban nhân dân xã Đồng Vầu — “khẩn”, 25 °C"
    assert escape_invisible_characters(text) == text
    decomposed = unicodedata.normalize("NFD", text)
    assert escape_invisible_characters(decomposed) == decomposed


@pytest.mark.parametrize(
    "char",
    [
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\x1b",
        "\x85",
        "\u2028",
        "\U000e0041",
        "\u3164",
        "\u034f",
        "\ufe0f",
        "\U000e0100",
    ],
)
def test_what_cannot_be_seen_is_spelt_out(char):
    assert escape_invisible_characters(f"a{char}b") == f"a⟨U+{ord(char):04X}⟩b"


def test_what_presents_a_pictograph_belongs_to_it() -> None:
    assert escape_invisible_characters("Chúc mừng ❤\ufe0f") == "Chúc mừng ❤\ufe0f"


def test_a_heap_of_accents_is_cut_down():
    assert escape_invisible_characters("e" + "\u0301" * 50).count("\u0301") == 3


def test_a_long_text_is_cut_and_says_so():
    shown = escape_invisible_characters("x" * 1_000_000, 100)
    assert shown == "x" * 100 + "… [100/1000000]"


def test_one_line_is_one_line():
    assert escape_text_to_one_line("a\r\nb\tc") == "a⟨U+000D⟩⏎b⇥c"


@given(st.text(alphabet=st.characters(), max_size=60) | st.sampled_from(NASTY))
def test_whatever_comes_out_is_fit_for_xml_and_utf8(text):
    shown = escape_invisible_characters(text)
    shown.encode("utf-8")
    assert all(char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"} for char in shown)


def test_numbers_that_json_has_not_become_their_names():
    assert replace_non_finite_numbers({"a": [math.nan, math.inf, 1.5]}) == {"a": ["nan", "inf", 1.5]}


def test_nothing_that_hides_takes_the_short_way():
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me"}
    short = [chr(code) for code in range(0x110000) if _PLAIN.fullmatch(chr(code))]
    assert [char for char in short if unicodedata.category(char) in hidden and char not in "\n\t"] == []
    assert set("aỹĐ“…") <= set(short)
