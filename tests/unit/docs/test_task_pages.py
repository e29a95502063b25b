"""Guides are for the task: short pages, one command a step, and what a command prints as the program prints it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import polib
import pytest
import yaml

from tests import guide

MAX_WORDS = 1500
"""Of an English page; a Vietnamese one has a third more for the same, as its words are syllables."""
PAGES = sorted((guide.ROOT / "docs/en").glob("*.md"))
BOTH = sorted(page for lang in ("vi", "en") for page in (guide.ROOT / "docs" / lang).glob("*.md"))
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_OF_A_CATALOGUE = re.compile(r"Good \"|out/|auditor |SC-\S+  \S+$")
"""What ssh-keygen says, paths, commands, and the head of an incident."""
_PLACE = re.compile(r"\\\{[^{}]*\\\}")
_LETTERS = re.compile(r"[^\W\d_]")


def count_words(page: str) -> int:
    """Return the number of words, code included, as ``wc -w`` counts them."""
    return len(page.split())


def shell_blocks(page: str) -> Iterator[list[str]]:
    """Yield the command lines of each block of shell."""
    for kind, block in _BLOCK.findall(page):
        if kind in ("", "sh", "console"):
            yield [line for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def printed_lines(page: str) -> list[str]:
    """Return the lines of the blocks that show what a command of ours prints."""
    lines = [line for kind, block in _BLOCK.findall(page) if kind == "text" for line in block.splitlines()]
    return [line for line in lines if line.strip() and not _NOT_OF_A_CATALOGUE.match(line.strip())]


def list_texts_in_language(data: Any, lang: str) -> list[str]:
    """Return what stands below a language in data."""
    if not isinstance(data, dict):
        return []
    own = [data[lang]] if isinstance(data.get(lang), str) else []
    return own + [text for below in data.values() for text in list_texts_in_language(below, lang)]


@cache
def known_lines(lang: str) -> re.Pattern[str]:
    """Return a pattern of every line that a catalogue of the language can make of its texts."""
    files = (guide.ROOT / "auditor/locale" / lang / "LC_MESSAGES").glob("*.po")
    entries = (entry for file in files for entry in polib.pofile(str(file)))
    actions = yaml.safe_load((guide.ROOT / "auditor/locale/response_actions.yml").read_text("utf-8"))
    texts = [text for entry in entries for text in (entry.msgstr, *entry.msgstr_plural.values())]
    texts += list_texts_in_language(actions, lang)
    patterns = {_PLACE.sub(".+", re.escape(line.strip())) for text in texts for line in text.splitlines()}
    long_enough = sorted(one for one in patterns if len(_LETTERS.findall(one)) >= 5)
    return re.compile(rf"(?:\S+(?:  |: ))?(?:{'|'.join(long_enough)})(?: \(.+\)|: .+)?")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_guide_has_at_most_1500_words(page: Path) -> None:
    assert count_words(page.read_text("utf-8")) <= MAX_WORDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_step_has_one_command(page: Path) -> None:
    assert [block for block in shell_blocks(page.read_text("utf-8")) if len(block) != 1] == []


def test_step_of_two_commands_is_found() -> None:
    assert list(shell_blocks("```sh\nauditor audit\\\n --json\nauditor plan\n```\n")) == [
        ["auditor audit  --json", "auditor plan"]
    ]


@pytest.mark.parametrize("page", BOTH, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_printed_lines_are_in_the_catalogue(page: Path) -> None:
    known = known_lines(page.parent.name)
    assert [line for line in printed_lines(page.read_text("utf-8")) if not known.fullmatch(line.strip())] == []


def test_printed_line_of_an_older_text_is_found() -> None:
    assert printed_lines("```text\nout/a.pdf\nWritten down.\n```\n") == ["Written down."]
    assert not known_lines("en").fullmatch("number 1: /tmp/x is destroyed on web1")
