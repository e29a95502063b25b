"""Rules of YARA over a file's bytes: our own, and sets of others'."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yara_x

from auditor.compromise.rules.compilation import RuleError, compile_rule_sources
from auditor.compromise.rules.folder import SUFFIXES, read_rule_folder
from auditor.compromise.rules.rule_set import SUFFIX, LoadedRuleSet, load_rule_set

OWN = Path(__file__).parent / "own.yar"
WORTH = Path(__file__).parent / "worth_a_tree.yar"
SECONDS = 20
"""For one file."""
_MAX_TEXT = 80
_MAX_CREDITS = 2
"""Rules that are named with their authors where a file is shown; the others are named without."""


@dataclass(frozen=True)
class RuleMatch:
    """A rule that fits a file, and whose it is."""

    rule: str
    own: bool
    author: str = ""
    licence: str = ""
    beside: bool = False
    """Whether it counts only beside what another judge says."""
    rule_set: str = ""
    """Name and version of the set that it is from; empty: it is ours, or of a folder that was given."""


def format_credits(matches: Iterable[RuleMatch]) -> str:
    """Return which rules of others fit, by whom and of which set; empty: none do.

    Licences of public sets require that a match names the author.
    """
    credits = []
    for match in matches:
        of = "; ".join(part for part in (match.author, match.rule_set) if part)
        credits.append(f"{match.rule} ({of})" if of else match.rule)
    shown = ", ".join(credits[:_MAX_CREDITS])
    return f"[{shown}, …] " if len(credits) > _MAX_CREDITS else f"[{shown}] " if shown else ""


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
    others: tuple[tuple[LoadedRuleSet, yara_x.Scanner], ...] = ()
    """Sets of others', each with what scans for it."""
    wrong: tuple[RuleError, ...] = ()

    def scan_content(self, content: bytes) -> RuleScan:
        """Return what fits. Raises TimeoutError when that takes more than SECONDS."""
        ours = _scan_rules(self.ours, content)
        own = [_build_match_of_own_rule(rule) for rule in ours if rule.namespace != WORTH.stem]
        return RuleScan(
            (*own, *self._iter_matches_of_others(content)), any(rule.namespace == WORTH.stem for rule in ours)
        )

    def _iter_matches_of_others(self, content: bytes) -> Iterator[RuleMatch]:
        for rule_set, scanner in self.others:
            for rule in _scan_rules(scanner, content):
                if f"{rule.namespace}:{rule.identifier}" not in rule_set.muted:
                    yield _build_match_of_foreign_rule(rule, rule_set)


def _build_match_of_own_rule(rule: yara_x.Rule) -> RuleMatch:
    metadata = dict(rule.metadata)
    return RuleMatch(str(metadata["what"]), own=True, beside=metadata.get("beside") is True)


def _build_match_of_foreign_rule(rule: yara_x.Rule, rule_set: LoadedRuleSet) -> RuleMatch:
    metadata = {str(key): str(value)[:_MAX_TEXT] for key, value in rule.metadata}
    licence = metadata.get("license", metadata.get("licence", rule_set.licence[:_MAX_TEXT]))
    return RuleMatch(
        rule.identifier[:_MAX_TEXT],
        own=False,
        author=metadata.get("author", ""),
        licence=licence,
        rule_set=rule_set.label[:_MAX_TEXT],
    )


def _scan_rules(scanner: yara_x.Scanner, content: bytes) -> tuple[yara_x.Rule, ...]:
    try:
        return tuple(scanner.scan(content).matching_rules)
    except yara_x.TimeoutError as error:
        raise TimeoutError("rules take too long over this file") from error


def load_yara_rules(folder: Path | None = None) -> YaraRules:
    """Return our own rules, and those of others in a folder: compiled sets and rule files.

    What does not compile is named in ``wrong``.
    """
    loaded, wrong = ([], ()) if folder is None else _load_rules_of_others(folder)
    return YaraRules(
        _build_yara_scanner(_compile_own_rules()),
        tuple((rule_set, _build_yara_scanner(rule_set.rules)) for rule_set in loaded),
        wrong,
    )


def _load_rules_of_others(folder: Path) -> tuple[list[LoadedRuleSet], tuple[RuleError, ...]]:
    loaded = [load_rule_set(file) for file in sorted(folder.glob(f"*{SUFFIX}"))]
    if not any(file.name.lower().endswith(SUFFIXES) for file in folder.rglob("*")):
        return loaded, ()
    rule_folder = read_rule_folder(folder)
    compilation = compile_rule_sources(rule_folder.sources)
    loaded.append(LoadedRuleSet("", "", frozenset(), compilation.rules))
    return loaded, tuple(sorted((*rule_folder.errors, *compilation.errors), key=lambda error: error.file))


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
