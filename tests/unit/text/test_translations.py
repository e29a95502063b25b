"""Every sentence in code has its Vietnamese in messages.po, with the same places, and nothing else is in it."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from auditor.cli import app
from auditor.models import Text
from auditor.system import resources
from auditor.text import usage
from auditor.text.translations import (
    make_text,
    make_text_of_foreign_sentence,
    parse_po_catalogue,
    translate_foreign_sentence,
)
from tests import sentences

ROOT = Path(__file__).parents[3]
CODE = sorted((ROOT / "auditor").rglob("*.py"))
MAKING = ("make_text", "make_help")
PROGRAMS = {"guard": ("guard",), "webroot_file": ("files", "shared")}
"""Folders of ``on_host/`` with the programs whose sentences are known, by ``msgctxt``."""


class Use(NamedTuple):
    """A call that makes a sentence."""

    where: str
    sentence: str | None
    """None: it is not written out."""
    values: frozenset[str]


def find_uses(source: str, where: str) -> Iterator[Use]:
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MAKING:
            match call.args[0]:
                case ast.Constant(value=str(sentence)):
                    written: str | None = sentence
                case _:
                    written = None
            yield Use(f"{where}:{call.lineno}", written, frozenset(each.arg for each in call.keywords if each.arg))


def list_uses() -> list[Use]:
    return [use for file in CODE for use in find_uses(file.read_text("utf-8"), file.relative_to(ROOT).as_posix())]


def find_mistakes(uses: list[Use], known: set[str]) -> Iterator[str]:
    for use in uses:
        if use.sentence is None:
            yield f"{use.where}: the sentence is not written out"
        elif use.sentence not in known:
            yield f"{use.where}: not in auditor/locale/vi/LC_MESSAGES/messages.po: {use.sentence}"
        elif use.values and use.values != places(use.sentence):
            yield f"{use.where}: has places {sorted(places(use.sentence))}, is given {sorted(use.values)}"


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def sentences_of(origin: str | None) -> list[str]:
    return [entry.msgid for entry in parse_po_catalogue("vi", "messages") if entry.msgctxt == origin]


COMMAND = re.compile(r"sudo |chmod |apt-get |auditor |[A-Z_]+=|(?:{\w+}: )*{\w+}$")
"""What to type, and what is made of values alone: the same in every language."""


def find_mistakes_of_errors(errors: Iterable[sentences.Sentence], known: set[str]) -> Iterator[str]:
    for error in errors:
        if error.is_filled and not error.is_quoted:
            yield f"{error.where}: give the values by name, not in an f-string: {error.text}"
        elif not error.is_filled and error.text not in known and not COMMAND.match(error.text):
            yield f"{error.where}: not in auditor/locale/vi/LC_MESSAGES/messages.po: {error.text}"


def test_every_sentence_is_in_vietnamese_and_none_is_left_over() -> None:
    uses, errors, known = list_uses(), list(sentences.in_errors()), set(sentences_of(None))
    assert len(uses) > 250 and len(errors) > 1000
    assert [*find_mistakes(uses, known), *find_mistakes_of_errors(errors, known)] == []
    helped = set(usage.iter_help_texts_to_translate(app))
    assert helped - known - {text for text in helped if COMMAND.match(text)} == set(), "write these in messages.po"
    said = {use.sentence for use in uses} | {error.text for error in errors} | helped
    assert known - said == set(), "nothing says these any more: take them out of messages.po"


def test_what_validators_say_is_in_vietnamese_and_none_is_left_over() -> None:
    known = {re.sub(r"{\w+}", "{}", sentence) for sentence in sentences_of("validator")}
    assert {error.text for error in sentences.in_errors() if error.is_quoted and error.is_filled} == known


@pytest.mark.parametrize(
    ("source", "mistake"),
    [
        ('InputError("a b", mend="c")', ["x.py:2: not in auditor/locale/vi/LC_MESSAGES/messages.po: c"]),
        ('InputError(f"{a} b", mend="a b")', ["x.py:2: give the values by name, not in an f-string: {} b"]),
        ('_MEND = "c"\nInputError("a b", mend=_MEND)', ["x.py:3: not in auditor/locale/vi/LC_MESSAGES/messages.po: c"]),
        ('InputError("a b", mend="auditor audit")', []),
    ],
)
def test_a_mistake_in_an_error_is_named_with_file_and_line(source: str, mistake: list[str]) -> None:
    errors = sentences.find_in(f"\n{source}", Path("x.py"))
    assert list(find_mistakes_of_errors(errors, {"a b"})) == mistake


@pytest.mark.parametrize(
    ("source", "mistake"),
    [
        ('make_text("never written")', "not in auditor/locale/vi/LC_MESSAGES/messages.po: never written"),
        ("make_text(sentence)", "the sentence is not written out"),
        ('make_text(f"{a} b")', "the sentence is not written out"),
        ('make_text("{a} b", b=1)', "has places ['a'], is given ['b']"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(source: str, mistake: str) -> None:
    assert list(find_mistakes(list(find_uses(f"\n{source}", "x.py")), {"{a} b"})) == [f"x.py:2: {mistake}"]


def test_no_text_is_written_in_both_languages_in_code() -> None:
    written = []
    for file in CODE:
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Text":
                literals = [
                    part.value
                    for keyword in call.keywords
                    if keyword.arg in ("vi", "en")
                    for part in ast.walk(keyword.value)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
                if any(re.search(r"[^\W\d_]{3}", literal) for literal in literals):
                    written.append(f"{file.relative_to(ROOT)}:{call.lineno}")
    assert written == [], "write the English as make_text(…), and the Vietnamese in messages.po"


@pytest.mark.parametrize("origin", PROGRAMS)
def test_every_sentence_of_a_program_is_one_that_it_says(origin: str) -> None:
    folders = [resources.get_resources_folder() / "on_host" / name for name in PROGRAMS[origin]]
    code = "\n".join(path.read_text("utf-8") for folder in folders for path in folder.rglob("*.py"))
    for sentence in sentences_of(origin):
        parts = [part for part in re.split(r"{\w+}", sentence) if part.strip(" ,:()'")]
        assert all(part.strip(" :,") in code for part in parts), sentence


def test_values_are_of_the_language_and_never_read_as_places() -> None:
    text = make_text("{who} can change {file}", who=Text(vi="tài khoản {x}", en="user {x}"), file="{y}")
    assert text == Text(vi="tài khoản {x} sửa được {y}", en="user {x} can change {y}")


def test_a_sentence_that_nobody_translated_is_an_error() -> None:
    with pytest.raises(KeyError):
        make_text("nobody wrote this")


def test_what_a_program_says_in_other_words_stays_as_it_is() -> None:
    assert translate_foreign_sentence("guard", "an empty password for a\nb", "vi") == "mật khẩu trống của a\nb"
    assert translate_foreign_sentence("guard", "an empty password for a", "en") == "an empty password for a"
    assert translate_foreign_sentence("guard", "sth. else {x}", "vi") == "sth. else {x}"
    assert make_text_of_foreign_sentence("webroot_file", "has 3 hard links").vi == "có 3 tên (liên kết cứng)"
