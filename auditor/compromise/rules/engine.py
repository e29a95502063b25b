"""Rules of YARA over a file's bytes: compiled one by one, so that one that is wrong is named and costs itself alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yara_x

OWN = Path(__file__).parent / "own.yar"
WORTH = Path(__file__).parent / "worth_a_tree.yar"
SECONDS = 20
"""For one file."""
MAX_RULE_FILE = 20_000_000
MAX_FILES = 5_000
_OUTSIDE = ("filename", "filepath", "extension", "filetype", "owner")
"""What public rules expect to be told of a file; we have it as nothing."""
_SAID = 80


@dataclass(frozen=True)
class Match:
    """A rule that fits a file, and whose it is."""

    rule: str
    own: bool
    author: str = ""
    licence: str = ""
    beside: bool = False
    """Whether it counts only beside what another judge says."""


@dataclass(frozen=True)
class Wrong:
    """A file of rules that does not compile, and why."""

    file: str
    why: str


@dataclass(frozen=True)
class Rules:
    """Compiled rules."""

    compiled: tuple[tuple[bool, yara_x.Rules], ...]
    worth: yara_x.Rules
    wrong: tuple[Wrong, ...] = ()

    def matches(self, content: bytes) -> tuple[Match, ...]:
        """The rules that fit. Raises TimeoutError when that takes more than SECONDS."""
        return tuple(self._all(content))

    def worth_a_tree(self, content: bytes) -> bool:
        """Whether a file may do what the syntax tree would show. Raises TimeoutError."""
        return bool(_scanned(self.worth, content))

    def _all(self, content: bytes) -> Iterator[Match]:
        for own, rules in self.compiled:
            for rule in _scanned(rules, content):
                said = {str(key): str(value) for key, value in rule.metadata}
                yield Match(
                    rule.identifier[:_SAID] if not own else said["what"],
                    own,
                    said.get("author", "")[:_SAID],
                    said.get("license", said.get("licence", ""))[:_SAID],
                    own and said.get("beside") == "True",
                )


def _scanned(rules: yara_x.Rules, content: bytes) -> tuple[yara_x.Rule, ...]:
    scanner = yara_x.Scanner(rules)
    scanner.set_timeout(SECONDS)
    scanner.fast_scan(True)
    try:
        return tuple(scanner.scan(content).matching_rules)
    except yara_x.TimeoutError as error:
        raise TimeoutError("rules take too long over this file") from error


def load(folder: Path | None = None) -> Rules:
    """Our own rules, and those in a folder of others'; what does not compile is named in ``wrong``."""
    own, worth = (_compiled(file) for file in (OWN, WORTH))
    others, wrong = _of_others(sorted(folder.rglob("*.yar*"))[:MAX_FILES]) if folder is not None else (None, [])
    compiled = ((True, own), *(((False, others),) if others is not None else ()))
    return Rules(compiled, worth, tuple(wrong))


def _compiled(file: Path) -> yara_x.Rules:
    compiler = yara_x.Compiler()
    compiler.add_source(file.read_text("utf-8"), origin=file.name)
    return compiler.build()


def _of_others(files: Iterable[Path]) -> tuple[yara_x.Rules | None, list[Wrong]]:
    compiler, wrong, count = _compiler(), [], 0
    for file in files:
        try:
            source = _source(file)
            _compiler().add_source(source, origin=file.name)
            compiler.new_namespace(f"n{count}")
            compiler.add_source(source, origin=file.name)
            count += 1
        except (OSError, ValueError, yara_x.CompileError) as error:
            wrong.append(Wrong(file.name, re.sub(r"\s+", " ", str(error))[:200]))
    return (compiler.build() if count else None), wrong


def _source(file: Path) -> str:
    if file.is_symlink() or not file.is_file():
        raise ValueError("no regular file")
    with file.open("rb") as opened:
        content = opened.read(MAX_RULE_FILE + 1)
    if len(content) > MAX_RULE_FILE:
        raise ValueError(f"more than {MAX_RULE_FILE} bytes")
    return content.decode("utf-8")


def _compiler() -> yara_x.Compiler:
    compiler = yara_x.Compiler(relaxed_re_syntax=True, includes_enabled=False)
    for name in _OUTSIDE:
        compiler.define_global(name, "")
    return compiler
