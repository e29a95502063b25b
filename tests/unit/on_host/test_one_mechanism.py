"""On hosts nothing but ``ownership`` judges who writes a file, and nothing but ``safe_open`` opens one by its own flags."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
WRITING = 0o026
RIGHTS = frozenset(("S_IWGRP", "S_IWOTH"))
JUDGES = {"ownership.py"}
OPENS = {
    "safe_open.py": "the one way",
    "file_writers.py": "/ itself",
    "permissions.py": "/ itself, a folder of ours, and a new file",
    "tree.py": "/ itself, and what is only held",
    "file_writer.py": "..; what is only held; a new file",
    "web_root_paths.py": "the folder where the way begins",
    "transaction.py": "a new file",
    "mariadb_accounts.py": "a new file",
    "dpkg.py": "a lock, which is never read",
    "packages.py": "a lock, which is never read",
    "child_process.py": "/dev/null",
    "atomic_file.py": "a new file in a folder of ours, and that folder",
    "process_table.py": "/proc",
    "action_runner.py": "a folder of ours",
    "ports.py": "a new file in /run",
    "core.py": "a folder of ours",
    "core_files.py": "a new file",
    "quarantine.py": "a folder of ours",
    "safe_move.py": "a new file",
    "file_replacement.py": "a new file",
    "store.py": "the guard's own folder",
    "disk_reserve.py": "the guard's own folder",
    "steps.py": "the guard's own folder",
    "recorder.py": "the guard's own folder, and it stands alone",
}


def on_hosts() -> list[Path]:
    files = [
        *TOP.glob("on_host/*/*/**/*.py"),
        *TOP.glob("roles/*/library/*.py"),
        *TOP.glob("roles/*/module_utils/*.py"),
    ]
    return sorted(files)


STARTS = {
    "program.py": "the one way",
    "commands.py": "the guard's programs go on while it does other work",
    "site_database.py": "a client as nobody, within limits of its own",
    "ports.py": "stands alone",
}


def judgements(source: str) -> Iterator[int]:
    """Lines that look at others' right to write in a mode."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
            for side in (node.left, node.right):
                bits = side.value if isinstance(side, ast.Constant) and isinstance(side.value, int) else 0
                if (bits and bits & ~WRITING == 0 and bits & 0o022) or (
                    isinstance(side, ast.Attribute) and side.attr in RIGHTS
                ):
                    yield node.lineno


def openings(source: str) -> Iterator[int]:
    """Lines that open something by flags of their own."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.open":
            yield node.lineno


def test_who_writes_a_file_is_judged_in_one_place() -> None:
    found = {path: list(judgements(path.read_text("utf-8"))) for path in on_hosts() if path.name not in JUDGES}
    assert {str(path): lines for path, lines in found.items() if lines} == {}


def test_files_are_opened_in_one_way() -> None:
    found = {path: list(openings(path.read_text("utf-8"))) for path in on_hosts()}
    assert {str(path): lines for path, lines in found.items() if lines and path.name not in OPENS} == {}
    assert set(OPENS) - {path.name for path, lines in found.items() if lines} == set(), (
        "these need no exception any more"
    )


def starts(source: str) -> bool:
    """Whether a module starts programs by Python's own means."""
    return bool(
        re.search(r"\bsubprocess\.(?:run|Popen|call|check_\w+)\(|\bos\.(?:system|popen|exec|spawn)\w*\(", source)
    )


def test_programs_are_started_in_one_way() -> None:
    assert {path.name for path in on_hosts() if starts(path.read_text("utf-8"))} == set(STARTS)


def test_work_gets_a_process_of_its_own_in_one_way() -> None:
    forks = {path.name for path in on_hosts() if "os.fork()" in path.read_text("utf-8")}
    assert forks == {
        "child_process.py",  # the one way
        "frames.py",  # what it sends is passed on as it comes
        "foreign_patterns.py",  # tells by shared memory which pattern it was at
        "mariadb_start.py",  # becomes the server's account
        "own_tmp.py",  # enters another namespace
    }


@pytest.mark.parametrize("mode", ["0o022", "0o002", "0o020", "0o026", "stat.S_IWOTH", "stat.S_IWGRP"])
def test_a_second_judgement_is_found(mode: str) -> None:
    assert list(judgements(f"def f(status):\n    return status.st_uid or status.st_mode & {mode}")) == [2]


def test_a_second_way_is_found() -> None:
    assert list(openings("import os\nos.open('x', os.O_RDONLY)")) == [2]
