"""Words that were discarded in docs/vi/words.md do not come back in what people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polib
import pytest
import yaml

TOP = Path(__file__).parents[3]
PAGE = TOP / "docs/vi/words.md"
CONTROLS = sorted((TOP / "roles").glob("*/controls.yml"))
ACTIONS = TOP / "auditor/locale/response_actions.yml"
FRAMEWORKS = sorted((TOP / "auditor/audit/frameworks").glob("*.yml"))
CATALOGUES = sorted((TOP / "auditor/locale").rglob("*.po"))
type Tongue = Literal["vi", "en"]
_FILES: dict[Tongue, list[Path]] = {
    "vi": [
        TOP / "README.vi.md",
        *(page for page in (TOP / "docs/vi").glob("*.md") if page != PAGE),
        *(TOP / "auditor").rglob("*.py"),
        *(TOP / "auditor").rglob("*.j2"),
    ],
    "en": [TOP / "README.md", *(TOP / "docs/en").glob("*.md")],
}


class Discarded(NamedTuple):
    """A word that is not used, where it stands in others that are, and in which language."""

    tongue: Tongue
    word: str
    but: tuple[str, ...]

    def comes_back(self, text: str) -> bool:
        """Whether a text in small letters uses it."""
        for allowed in self.but:
            text = text.replace(allowed, "")
        if self.word not in text:
            return False
        return re.search(rf"(?<!\w){re.escape(self.word)}(?!\w)", text) is not None


def in_page(page: str) -> Iterator[Discarded]:
    """The last two columns of its tables."""
    for line in page.splitlines():
        cells = line.split("|")
        if len(cells) == 7:
            for tongue, cell in (("vi", cells[4]), ("en", cells[5])):
                words, _, but = cell.partition("(trừ")
                allowed = tuple(re.findall(r"`([^`]+)`", but))
                yield from (Discarded(tongue, word, allowed) for word in re.findall(r"`([^`]+)`", words))


DISCARDED = tuple(in_page(PAGE.read_text("utf-8")))


def in_catalogues() -> Iterator[tuple[Tongue, str, str]]:
    """Their translations; English of help and errors is their key."""
    for file in (*CATALOGUES, TOP / "tools/variables.vi.po"):
        where = file.relative_to(TOP).as_posix()
        tongue: Tongue = "en" if "/en/" in where else "vi"
        for entry in polib.pofile(str(file)):
            said = [entry.msgstr, *entry.msgstr_plural.values()]
            yield from ((tongue, f"{where}: {entry.msgid[:60]}", text) for text in said)
            if " " in entry.msgid:
                yield "en", where, entry.msgid


def in_yaml() -> Iterator[tuple[Tongue, str, str]]:
    """What stands below ``vi`` and ``en`` in controls, frameworks and the texts of response actions."""

    def walk(node: Any, where: str) -> Iterator[tuple[Tongue, str, str]]:
        match node:
            case {"vi": str(vi), "en": str(en)}:
                yield from (("vi", where, vi), ("en", where, en))
            case dict():
                for below in node.values():
                    yield from walk(below, where)
            case list():
                for below in node:
                    yield from walk(below, where)

    for file in (*CONTROLS, *FRAMEWORKS, ACTIONS):
        yield from walk(yaml.load(file.read_text("utf-8"), yaml.CSafeLoader), file.relative_to(TOP).as_posix())


def in_pages() -> Iterator[tuple[Tongue, str, str]]:
    """Pages for users; code and templates, whose Vietnamese is for users too."""
    for tongue, files in _FILES.items():
        for file in files:
            yield tongue, file.relative_to(TOP).as_posix(), " ".join(file.read_text("utf-8").split())


@cache
def texts() -> tuple[tuple[Tongue, str, str], ...]:
    return tuple(
        (tongue, where, text.casefold()) for tongue, where, text in (*in_catalogues(), *in_yaml(), *in_pages())
    )


@pytest.mark.parametrize("discarded", DISCARDED, ids=lambda one: one.word)
def test_a_discarded_word_does_not_come_back(discarded: Discarded) -> None:
    found = [
        f"{where}: {text[:200]}"
        for tongue, where, text in texts()
        if tongue == discarded.tongue and discarded.comes_back(text)
    ]
    assert found == [], f"docs/vi/words.md says what to write in place of {discarded.word!r}"


def test_the_search_sees_both_languages_everywhere() -> None:
    assert len(DISCARDED) > 25 and {one.tongue for one in DISCARDED} == {"vi", "en"}
    seen = {(tongue, where.split("/")[0]) for tongue, where, _ in texts()}
    assert seen >= {(tongue, place) for tongue in ("vi", "en") for place in ("auditor", "roles", "docs")}
    assert sum(where.startswith("roles/") for _, where, _ in texts()) > 2000


@pytest.mark.parametrize(
    ("text", "found"), [("lệnh cho xem khóa.", True), ("chỉ cho xem trước.", False), ("cho xem trước và cho xem", True)]
)
def test_a_word_may_stand_where_the_page_allows_it(text: str, found: bool) -> None:
    assert Discarded("vi", "cho xem", ("cho xem trước",)).comes_back(text) is found


def test_a_word_is_no_part_of_another() -> None:
    assert not Discarded("vi", "của nhân", ()).comes_back("của nhânh")
    assert Discarded("vi", "{n} việc", ()).comes_back("còn {n} việc")
