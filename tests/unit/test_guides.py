"""What the documents tell people to type is what the command line understands, the same in both languages."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from pathlib import Path

import pytest
from typer import Exit
from typer.exceptions import TyperException

from tests.command_lines import marked, parsed, written

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
GUIDES = ("first-server.md", "monthly.md", "report.md")
LINES = [(str(path.relative_to(ROOT)), line) for path in DOCUMENTS for line in written(path.read_text("utf-8"))]
FENCE = re.compile(r"^```sh\n.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def guide(lang: str, name: str) -> str:
    return (ROOT / "docs" / lang / name).read_text("utf-8")


@pytest.mark.parametrize(("document", "arguments"), LINES, ids=[f"{name}: {' '.join(line)}" for name, line in LINES])
def test_each_command_line_is_ours(document: str, arguments: list[str]) -> None:
    with suppress(Exit):  # --help
        parsed(arguments)


@pytest.mark.parametrize(
    "line", ["audit --nonsense", "nonsense", "report official --unit x", "audit extra", "harden --confirm-within 5"]
)
def test_a_command_line_that_is_not_ours_is_seen(line: str) -> None:
    (arguments,) = written(f"First `auditor {line}`, then more.")
    with pytest.raises(TyperException):
        parsed(arguments)


def test_command_lines_are_found_wherever_they_are_written() -> None:
    text = "`auditor\nplan` and\n```sh\n# auditor audit\nauditor report send \\\n  --to-unit x   # note\nmake && .venv/bin/auditor demo\n```\n"
    assert list(written(text)) == [["plan"], ["report", "send", "--to-unit", "x"], ["demo"]]


@pytest.mark.parametrize("name", GUIDES)
def test_both_languages_say_the_same_commands(name: str) -> None:
    vi, en = guide("vi", name), guide("en", name)
    assert list(written(vi)) == list(written(en)) != []
    assert list(marked(vi)) == list(marked(en))
    assert FENCE.findall(vi) == FENCE.findall(en)
    assert LINK.findall(vi) == LINK.findall(en) != []


def test_the_guides_are_there_in_both_languages_and_on_the_first_page() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for lang in ("vi", "en"):
        assert sorted(path.name for path in (ROOT / "docs" / lang).iterdir()) == sorted(GUIDES)
        assert all(readme.count(f"](docs/{lang}/{name})") == 1 for name in GUIDES)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [link for link in LINK.findall(text) if not (path.parent / link).exists()] == []
    assert unicodedata.is_normalized("NFC", text)
