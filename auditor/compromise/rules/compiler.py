"""Sets of rules compiled and tried in children, since whoever wrote them may have built them to cost time or memory."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
import yara_x
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from auditor.compromise.rules.compilation import Compilation, RuleError, compile_rule_sources
from auditor.compromise.rules.folder import RuleFolder
from auditor.compromise.rules.rule_set import RuleSet, get_engine_version
from auditor.errors import InputError
from auditor.web import children
from auditor.web.children import ChildProcessPool, UnreadableContent

LEGITIMATE = Path(__file__).parent / "legitimate.yml"
COMPILE_SECONDS = 120.0
"""Of a processor's time, for one set."""
WAIT_SECONDS = 600.0
MEMORY = 4_000_000_000
"""Bytes of addresses of a child."""
MAX_SECONDS_A_MEGABYTE = 1.0
"""A file has five for all judges together."""
_MAX_MESSAGE = 400_000_000
_TRIAL_BYTES = 1_000_000
_CHILDREN = ChildProcessPool(__name__, _MAX_MESSAGE)


@dataclass(frozen=True)
class _Answer:
    compiled: str
    rule_count: int
    errors: tuple[RuleError, ...]
    too_broad: tuple[RuleError, ...]
    muted: tuple[str, ...]
    seconds: float
    """That the trial's megabyte took."""


_ANSWER = TypeAdapter(_Answer)


def build_rule_set(folder: RuleFolder, name: str, version: str, origin: Path) -> RuleSet:
    """Return a folder's rules as a set.

    Raises InputError when none of them can be used, when they cost too much to compile, or take too long over a file.
    """
    try:
        said = _CHILDREN.ask_idle_child({"sources": dict(folder.sources)}, WAIT_SECONDS)
        answer = _ANSWER.validate_python(said)
    except (UnreadableContent, ValidationError) as error:
        raise InputError(
            "its rules take too much time or memory to compile",
            file=origin,
            mend="import the parts of the set one by one",
        ) from error
    errors = (*folder.errors, *answer.errors)
    if answer.rule_count == 0:
        first = errors[0] if errors else RuleError("", "")
        raise InputError(
            "none of its rules can be used; the first, in {name}: {why}",
            name=first.file or "-",
            why=first.why or "-",
            file=origin,
            mend="download the set again completely, and unpack it",
        )
    if answer.seconds > MAX_SECONDS_A_MEGABYTE:
        raise InputError(
            "its rules take too long over a file: {seconds} s for one megabyte",
            seconds=f"{answer.seconds:.1f}",
            file=origin,
            mend="import the parts of the set that are about web shells",
        )
    return RuleSet(
        name=name,
        version=version,
        digest=folder.digest,
        licence=folder.licence,
        origin=str(origin),
        rule_count=answer.rule_count,
        errors=errors,
        too_broad=answer.too_broad,
        muted=answer.muted,
        engine=get_engine_version(),
        compiled=base64.b64decode(answer.compiled),
    )


def compile_and_try_rules(sources: Mapping[str, str]) -> dict[str, Any]:
    """Return the rules that can be used, compiled, what is left out, and what they take over a megabyte."""
    compilation = compile_rule_sources(sources)
    errors = list(compilation.errors)
    seconds = _measure_seconds(compilation.rules)
    if seconds > MAX_SECONDS_A_MEGABYTE and compilation.slow:
        slow = frozenset(compilation.slow)
        errors += [RuleError(file, "it takes too long over a file", rule) for file, rule in compilation.slow]
        compilation = compile_rule_sources(sources, left_out=slow)
        errors += [error for error in compilation.errors if error not in errors]
        seconds = _measure_seconds(compilation.rules)
    broad = _find_rules_that_fit_legitimate_files(compilation) if seconds <= MAX_SECONDS_A_MEGABYTE else {}
    stream = io.BytesIO()
    compilation.rules.serialize_into(stream)
    return {
        "compiled": base64.b64encode(stream.getvalue()).decode("ascii"),
        "rule_count": compilation.rule_count - len(broad),
        "errors": [vars(error) for error in errors],
        "too_broad": [
            {"file": compilation.namespaces.get(key.split(":")[0], ""), "rule": key.split(":")[1], "why": fits}
            for key, fits in broad.items()
        ],
        "muted": list(broad),
        "seconds": seconds,
    }


def _find_rules_that_fit_legitimate_files(compilation: Compilation) -> dict[str, str]:
    """Return namespace and name of each such rule, and the legitimate file that it fits."""
    scanner = yara_x.Scanner(compilation.rules)
    broad: dict[str, str] = {}
    for name, content in _load_legitimate_files().items():
        for rule in scanner.scan(content).matching_rules:
            broad.setdefault(f"{rule.namespace}:{rule.identifier}", name)
    return broad


def _measure_seconds(rules: yara_x.Rules) -> float:
    """Return how long rules take over a megabyte of legitimate files."""
    scanner = yara_x.Scanner(rules)
    scanner.set_timeout(round(10 * MAX_SECONDS_A_MEGABYTE))
    scanner.fast_scan(True)
    text = b"\n".join(_load_legitimate_files().values())
    content = (text * (_TRIAL_BYTES // len(text) + 1))[:_TRIAL_BYTES]
    began = time.process_time()
    try:
        scanner.scan(content)
    except yara_x.TimeoutError:
        return 10 * MAX_SECONDS_A_MEGABYTE
    return time.process_time() - began


@cache
def _load_legitimate_files() -> Mapping[str, bytes]:
    files: Mapping[str, str] = yaml.safe_load(LEGITIMATE.read_text("utf-8"))
    return {name: text.encode() for name, text in files.items()}


def _answer_question(question: Mapping[str, Any]) -> Mapping[str, Any]:
    return compile_and_try_rules(question["sources"])


if __name__ == "__main__":
    children.answer_questions_as_child(_answer_question, MEMORY, COMPILE_SECONDS, _MAX_MESSAGE)
