"""Which functions of a module the test file reaches that stands beside it in ``tests/unit/tested_elsewhere.yml``.

    .venv/bin/python -m benchmarks.mirror [--keep FILE] [--read FILE]

Runs the unit tests once (eight minutes) and notes which functions of the product each test file calls, in its process
and in those that it forks; programs begun anew are not seen. Prints each row whose test file reaches none of the
module's functions, or less than half of what another test file reaches, with the three that reach most, and ends with 1
when there is one of the former that another file reaches. ``--keep`` writes what was noted to a file, and ``--read``
reads it instead of running the tests.
"""

from __future__ import annotations

import argparse
import ast
import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType

import pytest

from tests.unit.test_mirror import iter_rows

TOP = Path(__file__).parents[1]
_NOTES = "LUYTRE_MIRROR_NOTES"
_PRODUCT = tuple(f"{TOP / name}/" for name in ("auditor", "on_host"))

Reached = Mapping[str, Mapping[str, frozenset[str]]]
"""Test file to module to the qualified names of its functions."""


class FunctionCalls:
    """Notes the functions of the product that each test file calls, as a plugin of pytest.

    Each is noted when it is called for the first time in a test file, at once, so that nothing is lost in a fork.
    """

    def __init__(self, notes: Path) -> None:
        self.notes = notes
        self.test_file = ""
        sys.monitoring.use_tool_id(sys.monitoring.PROFILER_ID, "mirror")
        sys.monitoring.register_callback(
            sys.monitoring.PROFILER_ID, sys.monitoring.events.PY_START, self._note_first_call
        )
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, sys.monitoring.events.PY_START)
        atexit.register(self.stop)

    def _note_first_call(self, code: CodeType, _offset: int) -> object:
        if self.test_file and code.co_filename.startswith(_PRODUCT) and code.co_name != "<module>":
            module = code.co_filename[len(f"{TOP}/") :]
            # Opened each time: a child closes what it does not know, and gives the number to something else.
            with contextlib.suppress(OSError), self.notes.open("a", encoding="utf-8") as notes:
                notes.write(f"{self.test_file}\t{module}\t{code.co_qualname}\n")
        return sys.monitoring.DISABLE

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Begin anew with each test file."""
        test_file = str(item.path.relative_to(TOP))
        if test_file != self.test_file:
            self.test_file = test_file
            sys.monitoring.restart_events()

    @staticmethod
    def stop() -> None:
        """End before the interpreter takes itself apart, a fork's as well."""
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, sys.monitoring.events.NO_EVENTS)
        sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)


def pytest_configure(config: pytest.Config) -> None:
    """Note what is called, where this module is a plugin of pytest."""
    config.pluginmanager.register(FunctionCalls(Path(os.environ[_NOTES])))


def run_unit_tests(notes: Path) -> bool:
    """Run the unit tests with this module as a plugin; return whether all passed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "benchmarks.mirror", "tests/unit"]
    return subprocess.run(command, cwd=TOP, env=os.environ | {_NOTES: str(notes)}, check=False).returncode == 0


def read_notes(notes: Path) -> Reached:
    """Return what was noted."""
    reached: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    with notes.open("r", encoding="utf-8") as lines:
        for line in lines:
            test_file, module, function = line.rstrip("\n").split("\t")
            reached[test_file][module].add(function)
    return {
        test_file: {module: frozenset(functions) for module, functions in modules.items()}
        for test_file, modules in reached.items()
    }


def list_functions(module: str) -> frozenset[str]:
    """Return the qualified names of a module's functions and methods; those within functions are left out."""

    def walk(node: ast.AST, before: str) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield before + child.name
            else:
                yield from walk(child, f"{before}{child.name}." if isinstance(child, ast.ClassDef) else before)

    return frozenset(walk(ast.parse((TOP / module).read_text("utf-8")), ""))


def rank_test_files(reached: Reached, module: str, functions: frozenset[str]) -> list[tuple[int, str]]:
    """Return how many of these functions the test files reach, most first, those that reach any."""
    counts = ((len(modules.get(module, frozenset()) & functions), name) for name, modules in reached.items())
    return sorted((entry for entry in counts if entry[0]), reverse=True)


def main() -> int:
    """Print the rows that name the wrong test file; return 1 when one reaches nothing and another does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--read", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        notes = chosen.read or Path(folder) / "notes"
        if not chosen.read and not run_unit_tests(notes):
            print("tests failed: what they reach may be missing below")
        if chosen.keep:
            shutil.copyfile(notes, chosen.keep)
        reached = read_notes(notes)
    wrong, rows, without_functions, unseen = 0, list(iter_rows()), 0, 0
    for module, test_file in rows:
        functions = list_functions(module)
        ranked = rank_test_files(reached, module, functions)
        own = next((count for count, name in ranked if name == test_file), 0)
        without_functions += not functions
        unseen += bool(functions) and not ranked
        if functions and (not own or own * 2 < ranked[0][0]):
            best = ", ".join(f"{name} {count}" for count, name in ranked[:3]) or "none in these processes"
            print(f"{module}: {test_file} reaches {own} of {len(functions)}; {best}")
            wrong += not own and bool(ranked)
    print(
        f"{len(rows)} rows: {without_functions} modules without functions, {unseen} whose functions no test file calls "
        f"in its own process, {wrong} whose test file reaches none while another does"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
