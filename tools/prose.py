"""Find words and constructions that the project's English does not use: ``python -m tools.prose [FILE …]``.

The style is that of the Google developer documentation style guide: active voice, present tense, the subject before its
verb. ``prose.yml`` lists what is not used, with what to write instead. The check reads the guides, the other pages of
``docs``, README, and the English of catalogues, controls, frameworks and code; it skips commands, links and paths.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import polib
import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
RULES = Path(__file__).with_name("prose.yml")
_GENERATED = {"docs/variables.md"}
"""Made from the models and the roles, whose docstrings are not prose for users."""
CATALOGUES = ("en/LC_MESSAGES/auditor.po", "vi/LC_MESSAGES/messages.po")
_CODE = re.compile(r"'[^']*\bauditor\b[^']*'|\b\w+(?:[.:/]\w+){2,}|--\w[\w-]*|https?://\S+")
"""Commands, paths and options within a text."""


class ProseRule(NamedTuple):
    """An expression that is not used, and what to write instead."""

    find: re.Pattern[str]
    use: str
    bad: str
    good: str


class ProseSentence(NamedTuple):
    """A piece of prose, and where it stands."""

    where: str
    text: str


class ProseFinding(NamedTuple):
    """An expression that a sentence uses and should not."""

    sentence: ProseSentence
    found: str
    use: str

    def __str__(self) -> str:
        return f"{self.sentence.where}: “{self.found}”: write “{self.use}” — {self.sentence.text[:120]}"


@cache
def rules() -> tuple[ProseRule, ...]:
    """Return the rules of ``prose.yml``."""
    return tuple(
        ProseRule(re.compile(one["find"], re.IGNORECASE), one["use"], one["bad"], one["good"])
        for one in yaml.safe_load(RULES.read_text("utf-8"))
    )


def check(sentence: ProseSentence) -> Iterator[ProseFinding]:
    """Yield what a sentence uses and should not."""
    text = _CODE.sub("…", sentence.text)
    for rule in rules():
        found = rule.find.search(text)
        if found is not None:
            yield ProseFinding(sentence, found[0].strip(), rule.use)


def markdown_prose(page: str, where: str) -> Iterator[ProseSentence]:
    """Yield the paragraphs, headings and cells of a page, without its code and the targets of its links."""
    for token in MarkdownIt("commonmark").enable("table").parse(page):
        if token.type == "inline" and token.map is not None:
            parts = (child.content if child.type == "text" else "…" for child in token.children or ())
            yield ProseSentence(f"{where}:{token.map[0] + 1}", "".join(parts).replace("……", "…"))


def catalogue_prose(file: Path, where: str) -> Iterator[ProseSentence]:
    """Yield the English of a catalogue: its translations where it is English, else its keys that are sentences."""
    for entry in polib.pofile(str(file)):
        texts = (entry.msgstr, *entry.msgstr_plural.values()) if "/en/" in where else (entry.msgid,)
        yield from (ProseSentence(f"{where}:{entry.linenum}", text) for text in texts if " " in text)


def data_prose(file: Path, where: str) -> Iterator[ProseSentence]:
    """Yield the English of controls, frameworks and response actions: what stands below ``en``."""

    def walk(node: Any) -> Iterator[str]:
        match node:
            case {"en": str(text), **_others}:
                yield " ".join(text.split())
            case dict():
                for below in node.values():
                    yield from walk(below)
            case list():
                for below in node:
                    yield from walk(below)

    yield from (ProseSentence(where, text) for text in walk(yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)))


def code_prose(file: Path, where: str) -> Iterator[ProseSentence]:
    """Yield the English of the texts that code holds in both languages."""
    for call in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("Text"):
            for value in (keyword.value for keyword in call.keywords if keyword.arg == "en"):
                parts = [
                    part.value
                    for part in ast.walk(value)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
                yield ProseSentence(f"{where}:{value.lineno}", "…".join(parts))


def pages() -> list[Path]:
    """Return the English pages of the repository that people read."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/en").glob("*.md"))]
    return [page for page in found if page.relative_to(ROOT).as_posix() not in _GENERATED]


def sources() -> list[Path]:
    """Return all files of the repository with English that people read."""
    return [
        *pages(),
        *(ROOT / "auditor/locale" / name for name in CATALOGUES),
        ROOT / "auditor/locale/response_actions.yml",
        *sorted((ROOT / "roles").glob("*/controls.yml")),
        *sorted((ROOT / "auditor/audit/frameworks").glob("*.yml")),
        *sorted((ROOT / "auditor").rglob("*.py")),
    ]


def prose_of(files: Sequence[Path]) -> Iterator[ProseSentence]:
    """Yield the prose of Markdown pages and catalogues."""
    for file in files:
        path = file.resolve()
        where = (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()
        match file.suffix:
            case ".po":
                yield from catalogue_prose(file, where)
            case ".yml":
                yield from data_prose(file, where)
            case ".py":
                yield from code_prose(file, where)
            case _:
                yield from markdown_prose(file.read_text("utf-8"), where)


def main(arguments: Sequence[str]) -> int:
    """Print every finding; return 1 if there is one."""
    found = [one for sentence in prose_of([Path(name) for name in arguments] or sources()) for one in check(sentence)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
