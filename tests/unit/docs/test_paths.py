"""Every path of ours that a page names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
HISTORY = {"decisions", "controls"}
"""Folders of pages that tell of their day, or are made from data."""
PAGES = (
    *TOP.glob("README*.md"),
    *sorted(page for page in (TOP / "docs").rglob("*.md") if not HISTORY & set(page.parts)),
)
MADE = {"out", "dist"}
"""What commands write here, if they were run here."""
OURS = {path.name for path in TOP.iterdir() if not path.name.startswith(".")} - MADE
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"[\w.*/{},<>-]+")


def named(text: str) -> Iterator[str]:
    """The paths between backticks that begin at the top of the project."""
    for code in _CODE.findall(text):
        for word in code.split():  # inventories/xa is whatever the reader calls theirs
            if "/" in word and _PATH.fullmatch(word) and word.split("/")[0] in OURS and "inventories/xa" not in word:
                yield word


def there(path: str) -> bool:
    """Whether it is there: ``<x>`` stands for any name, ``{a,b}`` for each."""
    if choice := re.search(r"\{([^{}]*)\}", path):
        return all(there(path[: choice.start()] + one + path[choice.end() :]) for one in choice[1].split(","))
    return any(True for _ in TOP.glob(re.sub(r"<[^>]*>", "*", path).rstrip("/")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_paths_that_a_page_names_are_there(page: Path) -> None:
    assert [path for path in named(page.read_text("utf-8")) if not there(path)] == []


def test_a_path_that_is_gone_is_seen() -> None:
    found = list(
        named("`auditor/cli.py`, `auditor/{cli,gone}.py` and `roles/<area>/tasks` `on_host/x` but not `apt/x` or `a b`")
    )
    assert found == ["auditor/cli.py", "auditor/{cli,gone}.py", "roles/<area>/tasks", "on_host/x"]
    assert [there(path) for path in found] == [True, False, True, False]
