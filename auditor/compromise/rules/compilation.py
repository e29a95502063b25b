"""Rules of others out of their sources: one that is wrong is named and costs itself alone. Pure.

A file and what it includes share a namespace. Nothing is included that is not among the sources.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yara_x

_OUTSIDE = ("filename", "filepath", "extension", "filetype", "owner")
"""What public rules expect to be told of a file; we have it as nothing."""
MAX_ERRORS = 2_000
MAX_INCLUDED = 200_000_000
"""Characters that are compiled in all, with what is included more than once."""
_MAX_WHY = 200
_RULE = re.compile(rb"^[ \t]*(?:(?:private|global)[ \t]+)*rule[ \t]+([A-Za-z_]\w{0,127})", re.MULTILINE)
_INCLUDE = re.compile(r'^[ \t]*include[ \t]+"([^"\n]*)"', re.MULTILINE)
_SLOW = frozenset({"SlowPattern", "PotentiallySlowLoop"})
"""Warnings of the compiler."""


@dataclass(frozen=True)
class RuleError:
    """A rule, or a whole file of rules, that is left out, and why."""

    file: str
    why: str
    rule: str = ""
    """Empty: the file cannot be read, or nobody can say which rule it is."""


@dataclass(frozen=True)
class Compilation:
    """What compiles of some sources."""

    rules: yara_x.Rules
    namespaces: Mapping[str, str]
    """The file of each namespace."""
    errors: tuple[RuleError, ...]
    slow: tuple[tuple[str, str], ...]
    """File and name of the rules of which the compiler says that they are slow."""

    @property
    def rule_count(self) -> int:
        """Return how many rules there are."""
        return sum(1 for _ in self.rules)


def compile_rule_sources(
    sources: Mapping[str, str], *, left_out: frozenset[tuple[str, str]] = frozenset()
) -> Compilation:
    """Return the rules in these files that compile; ``left_out``: file and name of those that are not to be."""
    compiler = yara_x.Compiler(relaxed_re_syntax=True, includes_enabled=False)
    for name in _OUTSIDE:
        compiler.define_global(name, "")
    texts = {file: _blank_rules(text, file, left_out) for file, text in sources.items()}
    errors: list[RuleError] = []
    namespaces: dict[str, str] = {}
    remaining = MAX_INCLUDED
    for file in _list_files_to_compile(texts):
        include_errors: list[RuleError] = []
        parts = _order_with_included_files(file, texts, include_errors)
        errors += include_errors
        if include_errors:
            continue  # left out whole: what is not there may be what narrows its rules
        namespace = f"n{len(namespaces)}"
        namespaces[namespace] = file
        compiler.new_namespace(namespace)
        for part in parts:
            remaining -= len(texts[part])
            if remaining < 0:
                errors.append(RuleError(file, "its includes add up to too much"))
                break
            try:
                compiler.add_source(_INCLUDE.sub("", texts[part]), origin=part)
            except yara_x.CompileError:
                continue  # named below: the compiler goes on without the rule
            except ValueError as error:
                errors.append(RuleError(part, _shorten(str(error))))
    finder = _RuleFinder(texts)
    errors += _iter_rule_errors(compiler.errors(), finder)
    slow = tuple(
        dict.fromkeys(
            finder.find_rule_of_message(message) for message in compiler.warnings() if message["type"] in _SLOW
        )
    )
    return Compilation(compiler.build(), namespaces, tuple(dict.fromkeys(errors))[:MAX_ERRORS], slow)


def _blank_rules(text: str, file: str, left_out: frozenset[tuple[str, str]]) -> str:
    """Return a source without these rules, each line where it was."""
    names = {name for name_of, name in left_out if name_of == file}
    if not names:
        return text
    content = text.encode()
    starts = [(match.start(), match[1].decode()) for match in _RULE.finditer(content)]
    ends = [*(start for start, _ in starts[1:]), len(content)]
    for (start, name), end in zip(starts, ends, strict=True):
        if name in names:
            content = content[:start] + re.sub(rb"[^\n]", b" ", content[start:end]) + content[end:]
    return content.decode()


def _list_files_to_compile(texts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files that no other includes, and of those that include each other in a circle the first."""
    included = {
        target for file in texts for name in _INCLUDE.findall(texts[file]) if (target := _resolve(name, file, texts))
    }
    roots = [file for file in texts if file not in included]
    reached = {part for root in roots for part in _order_with_included_files(root, texts, [])}
    for file in texts:
        if file not in reached:
            roots.append(file)
            reached |= set(_order_with_included_files(file, texts, []))
    return tuple(roots)


def _order_with_included_files(file: str, texts: Mapping[str, str], errors: list[RuleError]) -> list[str]:
    """Return a file behind all that it includes, each once."""
    order: list[str] = []
    seen = {file}
    stack: list[tuple[str, Iterator[str]]] = [(file, iter(_INCLUDE.findall(texts[file])))]
    while stack:
        here, names = stack[-1]
        name = next(names, None)
        if name is None:
            order.append(here)
            stack.pop()
            continue
        target = _resolve(name, here, texts)
        if target is None:
            errors.append(RuleError(here, _shorten(f'it includes "{name}", which is not a rule file of this folder')))
        elif target not in seen:
            seen.add(target)
            stack.append((target, iter(_INCLUDE.findall(texts[target]))))
    return order


def _resolve(name: str, file: str, texts: Mapping[str, str]) -> str | None:
    """Return which of the sources is meant, from the file's own folder or from the top; None: none of them."""
    for folder in (posixpath.dirname(file), ""):
        target = posixpath.normpath(posixpath.join(folder, name))
        if target in texts:
            return target
    return None


class _RuleFinder:
    """Finds the rule that a message of the compiler speaks of."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._starts: dict[str, tuple[list[int], list[str]]] = {}

    def find_rule_of_message(self, message: Mapping[str, Any]) -> tuple[str, str]:
        """Return its file and name; an empty name where it stands in none."""
        label: Mapping[str, Any] = next(iter(message["labels"]), {"code_origin": "", "span": {"start": 0}})
        file, at = str(label["code_origin"]), int(label["span"]["start"])
        if file not in self._texts:
            return file, ""
        if file not in self._starts:
            content = _INCLUDE.sub("", self._texts[file]).encode()
            matches = list(_RULE.finditer(content))
            self._starts[file] = [match.start() for match in matches], [match[1].decode() for match in matches]
        starts, names = self._starts[file]
        place = bisect_right(starts, at) - 1
        return file, names[place] if place >= 0 else ""


def _iter_rule_errors(messages: Iterable[Mapping[str, Any]], finder: _RuleFinder) -> Iterator[RuleError]:
    """Yield the first error of each rule."""
    seen = set()
    for message in messages:
        file, rule = finder.find_rule_of_message(message)
        if (file, rule) not in seen:
            seen.add((file, rule))
            yield RuleError(file, _shorten(str(message["title"])), rule)


def _shorten(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:_MAX_WHY]
