from __future__ import annotations

from pathlib import Path

import pytest

from auditor.content.text import normalization
from auditor.content.text.lexicon import (
    LexiconMatch,
    build_lexicon_with_words_of_unit,
    copy_lexicon_without_words,
    load_built_in_lexicon,
    load_lexicon_with_folders,
    read_lexicon_files_of_unit,
)
from auditor.content.text.normalization import NormalizedText
from auditor.errors import InputError


def found(text: str, *, joined: bool = False) -> LexiconMatch:
    return load_built_in_lexicon().find_terms_in_text(normalization.normalize_text_as_read(text), match_joined=joined)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Nhà cái uy tín",
            "nha cai uy tin",
            "nổ hũ đổi thưởng",
            "kuwin game bài đổi thưởngketquade1",
            "tai-xiu-online",
        ),
        *("สล็อตเว็บตรง", "真人娱乐 百家乐", "スーパーコピー", "slot gacor", "8xbet", "lô đề trực tuyến"),
    ],
)
def test_words_of_adverts_are_found(text: str) -> None:
    assert found(text.replace("-", " ")).is_advert_and_no_report


@pytest.mark.parametrize(
    "text",
    [
        *(
            "bảng giá đất",
            "bang gia dat",
            "bầu của cử tri",
            "bau cua cu tri",
            "bán cá",
            "ban ca",
            "cả cuộc đời",
            "ca cuoc",
        ),
        *(
            "cầu lông",
            "cau long",
            "chốt sổ BHXH",
            "chot so",
            "dân để",
            "dan de",
            "lo để dành",
            "lo de",
            "cà độ",
            "ca do",
        ),
        *(
            "nó hư",
            "no hu",
            "nhà cải tạo",
            "nha cai tao",
            "Essex",
            "specialist",
            "javascript",
            "m88b",
            "phó giáo sư",
            "tính xỉu",
        ),
    ],
)
def test_everyday_words_that_look_like_them_are_not(text: str) -> None:
    assert not found(text, joined=True).has_advert_words


def test_words_without_a_space_between_are_found_where_that_is_looked_for() -> None:
    assert not found("nhacaiuytintaixiuonline").has_advert_words
    assert found("nhacaiuytintaixiuonline", joined=True).score == 6


def test_a_report_of_adverts_is_none() -> None:
    told = found("Công an khởi tố nhóm tổ chức cá cược trực tuyến, nhà cái uy tín")
    assert told.has_advert_words
    assert not told.is_advert_and_no_report


def test_a_word_in_another_counts_once() -> None:
    assert found("nhà cái uy tín").score == found("nhà cái uy tín, nhà cái uy tín").score == 3


def test_without_words_nothing_is_named_but_reports_are_known() -> None:
    told = copy_lexicon_without_words(load_built_in_lexicon()).find_terms_in_text(
        NormalizedText("công an bắt nhóm nhà cái uy tín")
    )
    assert (told.score, told.report_words) == (0, 2)


def test_a_unit_adds_words_and_changes_what_one_means(tmp_path: Path) -> None:
    (tmp_path / "terms.tsv").write_text("# của tỉnh\nzorbix\tgambling-brand\nnhà cái\tambiguous\n", "utf-8")
    (tmp_path / "addresses.tsv").write_text("xosoquangngai.example\tstate\n", "utf-8")
    lexicon = load_lexicon_with_folders(tmp_path)
    assert lexicon.find_terms_in_text(NormalizedText("tải zorbix")).is_advert_and_no_report
    assert not lexicon.find_terms_in_text(NormalizedText("một nhà cái")).has_advert_words
    assert lexicon.addresses["xosoquangngai.example"] == "state"


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("terms.tsv", "zorbix", "two or three fields"),
        ("terms.tsv", "zorbix\tgamble", "gamble is not a valid value"),
        ("terms.tsv", "z\tgambling", "2 to 80 letters"),
        ("terms.tsv", "zorbix\tgambling\tmaybe", "maybe"),
        ("terms.tsv", "x" * 90 + "\tgambling", "this one has 90"),
        ("categories.tsv", "gambling\theavy", "heavy is not a weight"),
        ("context.tsv", "công an\tpolice", "police"),
        ("addresses.tsv", "a.example\tours", "ours"),
        ("stems.tsv", "bet\tmiddle", "middle"),
    ],
)
def test_a_line_that_is_not_of_the_form_is_told_with_its_place(tmp_path: Path, name: str, line: str, said: str) -> None:
    (tmp_path / name).write_text(f"# x\n\n{line}\n", "utf-8")
    with pytest.raises(InputError, match=said) as told:
        load_lexicon_with_folders(tmp_path)
    assert (told.value.file, told.value.line) == (tmp_path / name, 3)
    assert told.value.mend


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "terms.tsv").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(InputError, match="UTF-8"):
        load_lexicon_with_folders(tmp_path)


def test_a_file_whose_name_is_of_no_list_is_told(tmp_path: Path) -> None:
    (tmp_path / "term.tsv").write_text("zorbix\tgambling\n", "utf-8")
    with pytest.raises(InputError, match="there is no word list term\\.tsv"):
        read_lexicon_files_of_unit(tmp_path)


def test_what_a_unit_adds_travels_as_text(tmp_path: Path) -> None:
    assert read_lexicon_files_of_unit(tmp_path / "none") == {}
    (tmp_path / "terms.tsv").write_text("zorbix\tgambling\n", "utf-8")
    assert (
        build_lexicon_with_words_of_unit(frozenset(read_lexicon_files_of_unit(tmp_path).items()))
        .find_terms_in_text(NormalizedText("tải zorbix"))
        .is_advert_and_no_report
    )
    assert build_lexicon_with_words_of_unit(frozenset()) is load_built_in_lexicon()
