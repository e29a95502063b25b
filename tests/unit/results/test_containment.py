"""What people read of response actions: of each, in both languages, and nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from auditor.errors import InputError
from auditor.incidents.actions.registry import ACTION_KINDS
from auditor.models import Text
from auditor.models.response_actions import FOR_GOOD, Means
from auditor.results import containment
from auditor.text.translations import Words

WHOLE = containment.TEXTS.read_text("utf-8")


def iter_texts(model: BaseModel, name: str) -> Iterator[tuple[str, Text]]:
    for field, value in model:
        if isinstance(value, Text):
            yield f"{name}.{field}", value
        elif isinstance(value, BaseModel):
            yield from iter_texts(value, f"{name}.{field}")


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a file that is read in place of the real texts."""
    monkeypatch.setattr(containment, "TEXTS", tmp_path / "response_actions.yml")
    containment.load_action_texts.cache_clear()
    yield containment.TEXTS
    containment.load_action_texts.cache_clear()


def test_every_action_has_texts_of_its_own_in_both_languages() -> None:
    assert list(containment.load_action_texts()) == list(get_args(Means)), "in the order of Means"
    for means, texts in containment.load_action_texts().items():
        for name, text in iter_texts(texts, means):
            assert text.vi != text.en, name
            for phrase in (text.vi, text.en):
                assert phrase.strip() == phrase, name
                assert unicodedata.is_normalized("NFC", phrase), name
        assert f"'{means} " in texts.usage.vi and f"'{means} " in texts.usage.en, means


def test_a_refused_release_has_a_text_where_all_stays_as_it_was() -> None:
    whole = {means for means, texts in containment.load_action_texts().items() if texts.release.refused}
    assert whole == {means for means, kind in ACTION_KINDS.items() if kind.release_is_whole}


@pytest.mark.parametrize(
    ("before", "after", "line", "what"),
    [
        ("    en: \"'file /full/path' quarantines a file\"\n", "", "  usage:", "file.usage.en"),
        ('  now:\n    vi: "Đang chặn', '  nwo:\n    vi: "Đang chặn', "address:", "address.now"),
        ("đã chặn {what} trên {host} tới {until}", "đã chặn {what} trên {host}", "    confirmed:", "same places"),
        (
            'gỡ chặn trên {host}"\n      en: "number {number}: started to unblock on {host}"',
            'gỡ chặn trên {máy}"\n      en: "number {number}: started to unblock on {máy}"',
            "    begun:",
            "places in braces are",
        ),
        ("\nkey:\n", "\nkee:\n", "kee:", "kee"),
    ],
)
def test_a_mistake_in_a_text_is_named_with_its_line(
    written: Path, before: str, after: str, line: str, what: str
) -> None:
    assert WHOLE.count(before) == 1
    written.write_text(WHOLE.replace(before, after), "utf-8")
    with pytest.raises(InputError) as error:
        containment.load_action_texts()
    assert what in str(error.value)
    assert error.value.file == written and error.value.line
    nearby = written.read_text("utf-8").splitlines()[error.value.line - 1 :]
    assert nearby[0].startswith(line), nearby[0]


def test_an_action_without_texts_is_named_where_it_is_named(written: Path) -> None:
    start = WHOLE.index("\nkey:\n")
    written.write_text(WHOLE[:start] + WHOLE[WHOLE.index("\nunit:\n") :], "utf-8")
    with pytest.raises(
        InputError, match=r"/response_actions\.py:\d+: the response action key has no texts — write them"
    ):
        containment.load_action_texts()


def test_a_verb_s_help_has_an_example_of_each_of_its_actions() -> None:
    for for_good in (True, False):
        usages = containment.list_action_usages(for_good=for_good).en
        assert {means for means in get_args(Means) if f"'{means} " in usages} == {
            means for means in get_args(Means) if (means in FOR_GOOD) == for_good
        }


def test_texts_are_filled_in_the_reader_s_language() -> None:
    values = {"number": "1", "what": "203.0.113.7", "host": "web1", "until": "x"}
    assert containment.describe_action_in_force("address", Words("en"), **values) == (
        "Blocked (number 1): 203.0.113.7 on web1, until x"
    )
    assert containment.get_action_name("address", Words("vi")) == "địa chỉ"
