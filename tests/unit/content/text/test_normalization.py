from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.content.text.normalization import convert_path_to_words, normalize_text_as_read, strip_diacritics


@pytest.mark.parametrize(
    "disguised",
    [
        "N.h.à c.á.i u.y t.í.n",
        "nh\u200bà c\u200bái u\u2060y t\u200bín",
        "ｎｈà ｃáｉ ｕｙ ｔíｎ",
        unicodedata.normalize("NFD", "Nhà cái uy tín"),
        "nhà cáі uу tín".replace("a", "а"),
        "nhà\u00a0cái uy\n      tín",
        "🎲nhà🎲cái🎲uy\u2728 tín👉",
    ],
    ids=["spelt", "unseen", "wide", "taken apart", "other alphabet", "other spaces", "pictures between"],
)
def test_letters_are_read_as_a_person_reads_them(disguised: str) -> None:
    assert "nhà cái uy tín" in normalize_text_as_read(disguised).text.replace("u.y", "uy")


@pytest.mark.parametrize(
    "honest",
    [
        "Ủy ban nhân dân\u200b xã An Trúc thông báo\u00ad về việc",
        unicodedata.normalize("NFD", "Ủy ban nhân dân xã thông báo lịch tiếp công dân"),
        "Đoàn Liên bang Nga (Россия), ông Иван Петров, tỉnh Калуга",
        "Điểm a, b, c khoản 1 Điều 5; lớp 1A, 1B; 12.5.2026; v.v.",
        "thuý, thúy, hoà, hòa, khuỷu, quỷ, giặt giũ, ngoằn ngoèo",
    ],
)
def test_honest_writing_is_not_disguised(honest: str) -> None:
    assert normalize_text_as_read(honest).disguised_count == 0


def test_words_with_two_tones_are_disguised_when_they_are_many() -> None:
    assert normalize_text_as_read("Để đảm bảõ tính bảỏ mật chọ qụá trình đăng nhập, ngườỉ đùng").disguised_count == 4
    assert normalize_text_as_read("một chữ gõ nhầm: ngườỉ").disguised_count == 0


@pytest.mark.parametrize("pair", ["ảõ", "Ảõ", "àé", "ĩá", "ũế", "ếĩ"])
def test_two_tones_are_seen_wherever_they_stand(pair: str) -> None:
    honest = "Ủy ban nhân dân xã thông báo. " * 500
    assert normalize_text_as_read(f"{honest} bả{pair}m {pair}x mậ{pair} {honest}").disguised_count == 3


@pytest.mark.parametrize("sign", list(".-_*·|/"))
def test_letters_spelt_apart_by_any_sign_are_words(sign: str) -> None:
    assert "casino uytin" in normalize_text_as_read(f"vào {sign.join('casino')} {sign.join('uytin')} ngay").text


def test_marks_are_taken_off_latin_letters_only() -> None:
    assert strip_diacritics("Đổi thưởng สล็อต が") == "Doi thuong สล็อต が"


def test_an_address_is_read_as_words() -> None:
    assert convert_path_to_words("/tin-tuc/Bang_gia.dat?x=1") == "tin tuc bang gia dat x 1"


SPACES = "\t\n\x0b\x1c\x85\xa0\u1680\u2003\u2028\u202f\u205f\u3000 "


@given(st.lists(st.sampled_from([*SPACES, "đường", "中文", "–"]), max_size=60))
def test_words_of_a_long_text_have_one_space_between_them_too(pieces: list[str]) -> None:
    long = "công an xã " * 60 + "".join(pieces)
    assert normalize_text_as_read(long).text == " ".join(long.split())
