"""The page on architecture stays short, and its picture shows the packages as they are."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.test_dependencies import FLOORS

TOP = Path(__file__).parents[3]
PAGE = (TOP / "docs/architecture.md").read_text("utf-8")
MAX_WORDS = 1200
_PICTURE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PACKAGE = re.compile(r"^.{10}(\w+)  ", re.MULTILINE)
"""The second column of the picture."""


def count_words(text: str) -> int:
    """Count the words of a page, in tables and pictures too; rules and arrows are none."""
    return sum(any(letter.isalnum() for letter in word) for word in text.split())


def test_architecture_page_stays_short() -> None:
    assert count_words(PAGE) <= MAX_WORDS


def test_architecture_page_has_one_picture() -> None:
    assert len(_PICTURE.findall(PAGE)) + PAGE.count("![") == 1


def test_picture_lists_packages_from_the_top() -> None:
    (picture,) = _PICTURE.findall(PAGE)
    assert tuple(_PACKAGE.findall(picture)[1:]) == FLOORS


def test_page_says_what_every_folder_on_hosts_does() -> None:
    folders = {
        path.name for path in (TOP / "on_host").iterdir() if path.is_dir() and not path.name.startswith((".", "_"))
    }
    assert folders == set(re.findall(r"^\| `on_host/(\w+)/`", PAGE, re.MULTILINE))


def test_count_words_ignores_rules_and_arrows() -> None:
    assert count_words("| a | `b/c` | ──► d |\n|---|---|\n") == 3
