"""Rules of YARA over a file's bytes: compiled one by one, so that one that is wrong is named and costs itself alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
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
_MAX_TEXT = 80


@dataclass(frozen=True)
class RuleMatch:
    """A rule that fits a file, and whose it is."""

    rule: str
    own: bool
    author: str = ""
    licence: str = ""
    beside: bool = False
    """Whether it counts only beside what another judge says."""


@dataclass(frozen=True)
class RuleError:
    """A file of rules that does not compile, and why."""

    file: str
    why: str


@dataclass(frozen=True)
class RuleScan:
    """The matches of the rules in a file."""

    matches: tuple[RuleMatch, ...]
    worth_a_tree: bool
    """Whether it may do what the syntax tree would show."""


@dataclass(frozen=True)
class YaraRules:
    """Compiled rules, ready to look at one file after the other."""

    ours: yara_x.Scanner
    """Our own, and in a namespace of their own those that say what is worth a tree: all look at a file at once."""
    others: yara_x.Scanner | None
    wrong: tuple[RuleError, ...] = ()

    def scan_content(self, content: bytes) -> RuleScan:
        """Return what fits. Raises TimeoutError when that takes more than SECONDS."""
        ours = _scan_rules(self.ours, content)
        others = _scan_rules(self.others, content) if self.others is not None else ()
        own = [_build_match_of_own_rule(rule) for rule in ours if rule.namespace != WORTH.stem]
        return RuleScan(
            (*own, *map(_build_match_of_foreign_rule, others)), any(rule.namespace == WORTH.stem for rule in ours)
        )


def _build_match_of_own_rule(rule: yara_x.Rule) -> RuleMatch:
    metadata = dict(rule.metadata)
    return RuleMatch(str(metadata["what"]), own=True, beside=metadata.get("beside") is True)


def _build_match_of_foreign_rule(rule: yara_x.Rule) -> RuleMatch:
    metadata = {str(key): str(value)[:_MAX_TEXT] for key, value in rule.metadata}
    licence = metadata.get("license", metadata.get("licence", ""))
    return RuleMatch(rule.identifier[:_MAX_TEXT], own=False, author=metadata.get("author", ""), licence=licence)


def _scan_rules(scanner: yara_x.Scanner, content: bytes) -> tuple[yara_x.Rule, ...]:
    try:
        return tuple(scanner.scan(content).matching_rules)
    except yara_x.TimeoutError as error:
        raise TimeoutError("rules take too long over this file") from error


def load_yara_rules(folder: Path | None = None) -> YaraRules:
    """Return our own rules, and those in a folder of others'; what does not compile is named in ``wrong``."""
    others, wrong = (
        _compile_foreign_rules(sorted(folder.rglob("*.yar*"))[:MAX_FILES]) if folder is not None else (None, [])
    )
    return YaraRules(
        _build_yara_scanner(_compile_own_rules()),
        _build_yara_scanner(others) if others is not None else None,
        tuple(wrong),
    )


def _compile_own_rules() -> yara_x.Rules:
    compiler = yara_x.Compiler()
    for file in (OWN, WORTH):
        compiler.new_namespace(file.stem)
        compiler.add_source(file.read_text("utf-8"), origin=file.name)
    return compiler.build()


def _build_yara_scanner(rules: yara_x.Rules) -> yara_x.Scanner:
    scanner = yara_x.Scanner(rules)
    scanner.set_timeout(SECONDS)
    scanner.fast_scan(True)
    return scanner


def _compile_foreign_rules(files: Iterable[Path]) -> tuple[yara_x.Rules | None, list[RuleError]]:
    compiler, wrong, count = _build_compiler_for_foreign_rules(), [], 0
    for file in files:
        try:
            source = _read_rule_file(file)
            _build_compiler_for_foreign_rules().add_source(source, origin=file.name)
            compiler.new_namespace(f"n{count}")
            compiler.add_source(source, origin=file.name)
            count += 1
        except (OSError, ValueError, yara_x.CompileError) as error:
            wrong.append(RuleError(file.name, re.sub(r"\s+", " ", str(error))[:200]))
    return (compiler.build() if count else None), wrong


def _read_rule_file(file: Path) -> str:
    if file.is_symlink() or not file.is_file():
        raise ValueError("no regular file")
    with file.open("rb") as stream:
        content = stream.read(MAX_RULE_FILE + 1)
    if len(content) > MAX_RULE_FILE:
        raise ValueError(f"more than {MAX_RULE_FILE} bytes")
    return content.decode("utf-8")


def _build_compiler_for_foreign_rules() -> yara_x.Compiler:
    compiler = yara_x.Compiler(relaxed_re_syntax=True, includes_enabled=False)
    for name in _OUTSIDE:
        compiler.define_global(name, "")
    return compiler
