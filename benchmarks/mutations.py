"""Whether the tests notice when what decides decides otherwise: mutations of its code, drawn by a seed.

    .venv/bin/python -m benchmarks.mutations [--seed 28] [--count 20] [--only PART] [--jobs 2]

A mutation turns one comparison, one boolean operator, one negation, one condition or one returned constant of a module
that decides: consent, safety of a hardening, the guard's rollback, the classifier of code. The tests of that module's
part run in a copy of the checkout, its own test file first; a test that fails has to pass without the mutation. Prints
a line a mutation, killed or survived, and ends with 1 when fewer than nine tenths were killed. A mutation that changes
nothing counts as survived.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.unit.test_mirror import get_own_test_file, iter_rows

TOP = Path(__file__).parents[1]
COPIED = ("auditor", "on_host", "roles", "playbooks", "inventories", "tests", "tools", "benchmarks", "docs")
SECONDS = 900
SHARE = 0.9


@dataclass(frozen=True)
class Part:
    """A part that decides: its modules by pattern, and the tests that hold it."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


PARTS = {
    "consent": Part(("playbooks/roles/consent/filter_plugins/*.py",), ("tests/unit/roles/test_consent.py",)),
    "safety": Part(("auditor/hardening/safety/*.py",), ("tests/unit/hardening",)),
    "guard": Part(
        tuple(
            f"on_host/guard/module_utils/luytre_guard/**/{name}.py"
            for name in ("rollback", "restore*", "change_*", "verify")
        ),
        ("tests/unit/on_host/guard",),
    ),
    "classifier": Part(
        tuple(f"auditor/compromise/{name}.py" for name in ("classifier", "confidence", "file_triage")),
        ("tests/unit/compromise",),
    ),
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True)
class Mutation:
    """One change: of which part, where, and what the lines say then."""

    part: str
    module: str
    line: int
    before: str
    after: str
    source: str
    """The whole module with it."""


def iter_mutations(part: str, module: str, source: str) -> Iterator[Mutation]:
    """Yield every mutation of a module."""
    tree = ast.parse(source)
    declarations = {
        id(below)
        for node in ast.walk(tree)
        for decorator in getattr(node, "decorator_list", ())
        for below in ast.walk(decorator)
    }
    for node in ast.walk(tree):
        if id(node) in declarations:  # a decorator declares (frozen=True), and decides nothing
            continue
        for replacement in _iter_replacements(node):
            before, after = ast.get_source_segment(source, node), ast.unparse(replacement)
            if before and isinstance(node, ast.expr):
                yield Mutation(part, module, node.lineno, before, after, _replace_segment(source, node, f"({after})"))


def _iter_replacements(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what may stand in a node's place."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _COMPARISONS:
            yield ast.Compare(node.left, [_COMPARISONS[type(operator)]()], node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            yield from (
                ast.BoolOp(node.op, node.values[:i] + node.values[i + 1 :])
                if len(node.values) > 2
                else node.values[1 - i]
                for i in range(len(node.values))
            )
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)


def _replace_segment(source: str, node: ast.expr, text: str) -> str:
    lines = source.split("\n")
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    start = lines[first].encode()[: node.col_offset].decode()
    end = lines[last].encode()[node.end_col_offset :].decode()
    return "\n".join([*lines[:first], start + text + end, *lines[last + 1 :]])


def draw_mutations(parts: Sequence[str], count: int, seed: int) -> list[Mutation]:
    """Return so many mutations, as many of each part."""
    drawn = random.Random(seed)  # noqa: S311  a sample, not a secret
    by_part = [
        [
            mutation
            for pattern in PARTS[part].modules
            for path in sorted(TOP.glob(pattern))
            for mutation in iter_mutations(part, str(path.relative_to(TOP)), path.read_text("utf-8"))
        ]
        for part in parts
    ]
    shares = [count // len(parts) + (i < count % len(parts)) for i in range(len(parts))]
    return [one for mutations, share in zip(by_part, shares, strict=True) for one in drawn.sample(mutations, share)]


def copy_checkout(folder: Path) -> None:
    """Copy what tests need, without what was built."""
    for name in COPIED:
        shutil.copytree(TOP / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for path in TOP.iterdir():
        if path.is_file():
            shutil.copy2(path, folder)


def run_tests(folder: Path, tests: Sequence[str]) -> tuple[bool, str]:
    """Return whether they pass in a copy, and the first that does not."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False, "no end"
    failed = next(
        (line.split(" - ")[0] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), ""
    )
    return done.returncode == 0, failed.partition(" ")[2]


def list_tests(mutation: Mutation) -> Iterator[tuple[str, ...]]:
    """Yield the tests to run, one after the other: the module's own file, then all others of its part."""
    own = get_own_test_file(mutation.module)
    if not (TOP / own).exists():
        own = dict(iter_rows()).get(mutation.module, "")
    if own:
        yield (own,)
    yield (*PARTS[mutation.part].tests, *([f"--ignore={own}"] if own and own not in PARTS[mutation.part].tests else []))


def find_killing_test(folder: Path, mutation: Mutation) -> str:
    """Return the test that fails with a mutation and passes without it; empty: none does."""
    target = folder / mutation.module
    original = target.read_text("utf-8")
    for tests in list_tests(mutation):
        target.write_text(mutation.source, "utf-8")
        passes, failed = run_tests(folder, tests)
        target.write_text(original, "utf-8")
        if failed == "no end":
            return failed
        file, _, name = failed.partition("::")
        chosen = [file, "-k", name.rpartition("::")[2].partition("[")[0]] if name else [file]
        if not passes and run_tests(folder, chosen)[0]:
            return failed
    return ""


def main() -> int:
    """Print what became of each mutation, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=28)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--jobs", type=int, default=1)
    choice = parser.parse_args()
    mutations = draw_mutations([choice.only] if choice.only else list(PARTS), choice.count, choice.seed)
    killed = 0
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(choice.jobs) as workers:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(choice.jobs):
            copy_checkout(folder := Path(name, str(number)))
            copies.put(folder)

        def find_in_free_copy(mutation: Mutation) -> str:
            folder = copies.get()
            try:
                return find_killing_test(folder, mutation)
            finally:
                copies.put(folder)

        for mutation, test in zip(mutations, workers.map(find_in_free_copy, mutations), strict=True):
            killed += bool(test)
            change = " ".join(f"{mutation.before}  →  {mutation.after}".split())
            print(
                f"{'killed  ' if test else 'survived'}  {mutation.module}:{mutation.line}  {change[:150]}  {test}",
                flush=True,
            )
    print(f"{killed} of {len(mutations)} killed")
    return 0 if killed >= SHARE * len(mutations) else 1


if __name__ == "__main__":
    sys.exit(main())
