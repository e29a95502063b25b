"""What collects only reads: nothing below on_host/collect writes to, renames, links, gives away or removes a file, or runs
a program that changes one. What changes hosts is in on_host/files and in the areas' own roles."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit import programs

ON_HOST = Path(__file__).parents[4] / "on_host"
READING = ("collect", "shared", "evidence")
"""What collects facts or evidence, and what both use."""
FOR_CHANGES = frozenset(
    {
        "action_runner",
        "immutable",
        "quarantine_store",
        "keys",
        "lines",
        "accounts",
        "ports",
        "file_replacement",
        "atomic_file",
        "systemd_units",
        "safe_move",
        "auto_revert",
    }
)
"""Of what is shared, what programs that contain something have in common: it changes hosts, and nothing that reads takes it in."""
CHANGING = frozenset(
    [
        "chmod",
        "chown",
        "fchmod",
        "fchown",
        "lchmod",
        "lchown",
        "chflags",
        "link",
        "symlink",
        "mkdir",
        "makedirs",
        "mkfifo",
        "mknod",
        "remove",
        "removedirs",
        "removexattr",
        "rename",
        "renames",
        "replace",
        "rmdir",
        "setxattr",
        "truncate",
        "ftruncate",
        "unlink",
        "utime",
        "write",
        "writev",
        "pwrite",
        "sendfile",
        "copy_file_range",
        "posix_fallocate",
        "system",
        "popen",
        "startfile",
    ]
)
"""Of ``os``."""
METHODS = frozenset({"write_text", "write_bytes", "touch", "symlink_to", "hardlink_to"})
"""Of paths; their other ones are named as in ``os``."""
WRITING = frozenset({"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"})
MODULES = frozenset({"shutil", "tempfile", "fileinput", "pty", "multiprocessing"})
"""Whatever is done with these, files come or go."""
STARTING = frozenset(
    {"run_program_to_end", "subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_output"}
)
ALLOWED = {
    ("sshd.py", "_ensure_sshd_runtime_folder", "os.makedirs"): "/run/sshd, which sshd's own unit makes at each start",
    (
        "site_database.py",
        "run_database_client_as_nobody",
        "os.write",
    ): "a file in memory, which the client alone is handed",
    ("site_database.py", "run_database_client_as_nobody", "os.fchown"): "the same",
    ("site_database.py", "run_database_client_as_nobody", "os.fchmod"): "the same",
    ("site_database.py", "run_database_client_as_nobody", "subprocess.Popen"): "the client, as nobody, shut in",
    ("site_database.py", "_read_client_answer", "client.stdin.write"): "statements; what collects only reads by them",
    ("mariadb_start.py", "find_unmet_path_requirement", "os.write"): "a pipe to ourselves",
    ("foreign_patterns.py", "_run_child", "os.fdopen"): "a pipe to ourselves",
    ("foreign_patterns.py", "_run_child", "pipe.write"): "a pipe to ourselves",
    ("child_process.py", "_live_as_child", "os.fdopen"): "a pipe to ourselves",
    ("child_process.py", "_live_as_child", "os.open"): "/dev/null",
    ("subprocess_pool.py", "__init__", "pipe.write"): "a pipe to ourselves",
    ("evidence.py", "main", "out.write"): "what is sent to the controller",
    ("evidence.py", "pass_on", "out.write"): "the same",
    ("frames.py", "_write_frame_to_pipe", "self._pipe.write"): "a pipe to ourselves",
    ("frames.py", "_run_collection_in_child", "os.fdopen"): "a pipe to ourselves",
    (
        "volatile.py",
        "run_command_and_return_its_output",
        "run_program_to_end",
    ): "programs that list and show, with words of ours alone",
    ("program.py", "run_program_to_end", "subprocess.run"): "the one way, for those that may",
    ("area_reader.py", "run", "run_program_to_end"): "the one door, whose programs are below",
}
"""File, function and call, and why nothing of the host changes."""
PROGRAMS = {
    **dict.fromkeys(
        ["my_print_defaults", "getent", "systemd-detect-virt", "ss", "cvtsudoers", "openssl", "apt-helper"], ()
    ),
    **dict.fromkeys(("mariadb", "mysql"), ()),
    "apache2ctl": ("-t",),
    "apt-cache": ("policy",),
    "apt-config": ("dump",),
    "auditctl": ("-s", "-l"),
    "fail2ban-client": ("status", "-i"),
    "journalctl": (),
    "modprobe": ("--showconfig",),
    "loginctl": ("list-sessions",),
    "nft": ("-j", "list"),
    "nginx": ("-v", "-t"),
    "postconf": ("-x",),
    "sshd": ("-T",),
    "sudo": ("-V",),
    "systemctl": ("show", "list-sockets", "list-units", "list-timers", "is-active"),
    "timeout": (),
    "unshare": ("--net",),
}
"""What is run, and the words that stand first where others would change something."""


def calls(source: str) -> Iterator[tuple[str, str, int]]:
    """``(function, call, line)`` of everything in a module that could change something."""

    def within(node: ast.AST, function: str) -> Iterator[tuple[str, str, int]]:
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from within(inner, inner.name)
                continue
            if isinstance(inner, ast.Call) and (name := _changes(inner)):
                yield function, name, inner.lineno
            if isinstance(inner, ast.Import | ast.ImportFrom):
                yield from ((function, name, inner.lineno) for name in _brought(inner))
            yield from within(inner, function)

    return within(ast.parse(source), "")


def _brought(node: ast.Import | ast.ImportFrom) -> list[str]:
    """What an import brings that is not to be had here, or that hides what is called later."""
    if isinstance(node, ast.Import):
        return [f"import {one.name}" for one in node.names if one.name.partition(".")[0] in MODULES]
    taken = node.module in ("os", "subprocess", "pathlib") or (node.module or "") in MODULES
    return [f"from {node.module} import {one.name}" for one in node.names if taken]


def _changes(call: ast.Call) -> str:
    name = ast.unparse(call.func)
    module, _, method = name.rpartition(".")
    if name in STARTING or (
        module == "os" and (method in CHANGING or method.startswith(("exec", "spawn", "posix_spawn")))
    ):
        return name
    if module != "os" and method in METHODS | {"unlink", "rename", "chmod", "mkdir", "rmdir", "symlink", "write"}:
        return name
    if name == "os.open" and any(isinstance(one, ast.Attribute) and one.attr in WRITING for one in ast.walk(call)):
        return name
    if name in ("open", "os.fdopen", "io.open") and _writes(call):
        return name
    return ""


def _writes(call: ast.Call) -> bool:
    """Whether it is opened for more than reading; a mode that is worked out counts as that."""
    modes = [*call.args[1:2], *(one.value for one in call.keywords if one.arg == "mode")]
    return any(not (isinstance(mode, ast.Constant) and set(str(mode.value)) <= set("rbt")) for mode in modes)


def sources() -> dict[str, str]:
    return {
        str(path.relative_to(ON_HOST)): path.read_text("utf-8")
        for folder in READING
        for path in sorted((ON_HOST / folder).rglob("*.py"))
        if folder != "shared" or path.stem not in FOR_CHANGES
    }


def imported(source: str) -> set[str]:
    """The shared modules that a module takes in, by their last names."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [node.module or "", *(f"{node.module}.{one.name}" for one in node.names)]
    return {match[1] for name in names if (match := re.search(r"\bluytre_shared\.\w+\.(\w+)", name))}


def found() -> dict[tuple[str, str, str], int]:
    return {
        (Path(path).name, function, call): line
        for path, source in sources().items()
        for function, call, line in calls(source)
    }


def test_nothing_that_collects_changes_a_file() -> None:
    assert {place: line for place, line in found().items() if place not in ALLOWED} == {}


def test_nothing_that_collects_takes_in_what_changes_hosts() -> None:
    assert {path for path, source in sources().items() if imported(source) & FOR_CHANGES} == set()
    assert imported("from ansible.module_utils.luytre_shared.incidents.action_runner import Refused") >= {
        "action_runner"
    }
    assert imported("from ansible.module_utils.luytre_shared.incidents import action_runner, lines") >= {
        "action_runner"
    }
    assert all(list((ON_HOST / "shared/module_utils/luytre_shared").glob(f"*/{name}.py")) for name in FOR_CHANGES)


def test_what_is_allowed_is_there() -> None:
    assert set(ALLOWED) - set(found()) == set(), "not allowed to whom it does not serve"


@pytest.mark.parametrize(
    "planted",
    [
        "import os\nos.chmod(path, 0o600)",
        "import os\nos.rename(a, b, src_dir_fd=c)",
        "import os\nos.open(path, os.O_RDONLY | os.O_CREAT)",
        "open(path, 'w')",
        "open(path, mode=wanted)",
        "with open(path, 'r+b') as handle:\n    pass",
        "import shutil",
        "from tempfile import mkstemp",
        "from os import unlink as look",
        "from subprocess import run",
        "import subprocess\nsubprocess.run(['true'])",
        "def f():\n    def g():\n        os.execv(path, argv)",
        "Path(x).write_text('a')",
        "handle.write(b'')",
    ],
)
def test_a_change_is_found_however_it_is_written(planted: str) -> None:
    assert list(calls(planted))


@pytest.mark.parametrize("reading", ["open(path)", "open(path, 'rb')", "os.open(path, os.O_RDONLY)", "os.stat(path)"])
def test_reading_is_none(reading: str) -> None:
    assert not list(calls(reading))


def test_programs_are_asked_and_told_to_change_nothing() -> None:
    told = {name for source in sources().values() for name in programs.of_python(source)}
    assert told - set(PROGRAMS) == set(), "say what these are run for"
    assert set(PROGRAMS) - told == set(), "nobody runs these"
    for path, source in sources().items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.List) and node.elts and isinstance(node.elts[0], ast.Constant):
                name, words = node.elts[0].value, PROGRAMS.get(node.elts[0].value, ())
                first = node.elts[1] if len(node.elts) > 1 else None
                if words and isinstance(first, ast.Constant):
                    assert first.value in words, f"{path}:{node.lineno} {name} {first.value}"
