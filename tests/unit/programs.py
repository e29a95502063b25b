"""Every program that root runs on a host, as the code of roles and playbooks names it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from auditor.system import resources

TOP = Path(__file__).parents[2]
_RUN = frozenset({
    *("run", "run_program_to_end", "Popen", "RunningCommand", "run_command", "submit", "commit_changes_or_revert_on_failure"),
    *("run_command_and_return_its_output", "run_program_and_return_output", "run_program_and_return_error_or_none"),
})  # fmt: skip
"""What is called to run a program; its arguments lead to the program's name."""
_FOUND = frozenset({"find_program", "installed", "which"})
_NAME = re.compile(r"(?:/[\w./-]*/)?([a-z][\w.+-]*)")
_MODULES = {
    "ansible.builtin.apt": {"apt-get"}, "ansible.builtin.systemd_service": {"systemctl"}, "ansible.builtin.raw": {"sh"},
    "ansible.builtin.user": {"useradd", "usermod", "userdel"}, "ansible.builtin.shell": {"sh"}, "ansible.builtin.command": set(),
}  # fmt: skip
"""Of Ansible's modules those that run programs; of others only ``validate`` does."""


def of_roles() -> dict[str, set[str]]:
    """Each program's name, and the files that run it."""
    found: dict[str, set[str]] = {}
    for folder in ("library", "module_utils"):
        for file in of_every_role(f"{folder}/**/*.py"):
            for name in of_python(file.read_text("utf-8")):
                found.setdefault(name, set()).add(str(file.relative_to(TOP)))
    played = [
        *of_every_role("tasks/**/*.yml"),
        *of_every_role("handlers/**/*.yml"),
        *sorted(TOP.glob("playbooks/*.yml")),
    ]
    for file in played:
        for name in of_tasks(yaml.safe_load(file.read_text("utf-8"))):
            found.setdefault(name, set()).add(str(file.relative_to(TOP)))
    return found


def of_every_role(pattern: str) -> list[Path]:
    """Files of all roles, wherever they lie."""
    return sorted(file for folder in resources.list_role_folders() for file in folder.glob(f"*/{pattern}"))


def of_python(source: str) -> set[str]:
    """The programs that a module names on the way to what runs them."""
    tree = ast.parse(source)
    named: dict[str, list[ast.AST]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                named.setdefault(_last(target), []).append(node.value)
        elif isinstance(node, ast.AugAssign):
            continue
        elif isinstance(node, ast.FunctionDef):
            named.setdefault(node.name, []).extend(
                one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value
            )
    found = {name for node in tree.body if isinstance(node, ast.Assign) for name in _of_tables(node.value)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.BoolOp):  # found for others to run
            calls = [one for one in node.value.values if isinstance(one, ast.Call) and _last(one.func) in _FOUND]
            found |= {name for call in calls for argument in call.args for name in _heads(argument)}
        if isinstance(node, ast.Call) and _last(node.func) in _RUN:
            for argument in node.args[:2]:
                found |= _programs(argument, named, 4)
    return found


def _of_tables(table: ast.AST) -> Iterator[str]:
    """The programs of a table's commands: lists of lists of words."""
    for one in ast.walk(table):
        for command in one.elts if isinstance(one, ast.List) else ():
            if isinstance(command, ast.List) and command.elts:
                yield from _heads(command.elts[0])


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _programs(node: ast.AST, named: dict[str, list[ast.AST]], depth: int) -> set[str]:
    found: set[str] = set()
    if depth == 0:
        return found
    for one in ast.walk(node):
        if isinstance(one, ast.List) and one.elts:
            found |= _heads(one.elts[0])
            found |= {name for value in named.get(_last(one.elts[0]), ()) for name in _heads(value)}
        if isinstance(one, ast.Call) and _last(one.func) in _FOUND:
            found |= {name for argument in one.args for name in _heads(argument)}
        if isinstance(one, ast.Name | ast.Attribute):
            for value in named.get(_last(one), ()):
                found |= _programs(value, named, depth - 1)
                if isinstance(value, ast.Constant) and str(value.value).startswith("/usr/"):
                    found |= _heads(value)
    return found


def _heads(node: ast.AST) -> set[str]:
    if isinstance(node, ast.BinOp):
        return _heads(node.left)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and (name := _NAME.fullmatch(node.value)):
        return {name[1]}
    return set()


def of_tasks(document: Any) -> Iterator[str]:
    """The programs of tasks, however deep in blocks."""
    if isinstance(document, list):
        for one in document:
            yield from of_tasks(one)
    elif isinstance(document, dict):
        for key, value in document.items():
            if key in _MODULES:
                yield from _MODULES[key]
                if key.endswith(("command",)):
                    yield from _of_command(value)
            if isinstance(value, dict) and "validate" in value:
                yield from _of_line(value["validate"])
            if isinstance(value, dict | list):
                yield from of_tasks(value)


def _of_command(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        argv = value.get("argv") or value.get("cmd") or ""
        value = argv[0] if isinstance(argv, list) else argv
    if templated := re.match(r"\{\{\s*\(?\[\s*'([^']+)'", str(value)):
        value = templated[1]
    yield from _of_line(str(value))


def _of_line(line: str) -> Iterator[str]:
    first = line.split()[0]
    if name := _NAME.fullmatch(first):
        yield name[1]
    yield from (one[1] for one in re.finditer(r"/(?:usr/)?s?bin/([\w.+-]+)", line))


def of_shell(script: str) -> set[str]:
    """The programs of the probes' script: what it tries, what it pipes into, what it starts within a time."""
    script = re.sub(r"(?m)^[ \t]*#.*$", "", script)
    found = set()
    for tried in re.finditer(r"^[ \t]*try (\S+) (\S+)", script, re.MULTILINE):
        found |= {_plain(tried[2]) or _plain(tried[1])}
    for piped in re.finditer(r"(?:\||\bdo|;)[ \t]+(?:\\\n[ \t]*)?(?=([a-z][\w.-]*)[ \t])", script):
        found.add(piped[1])
    found |= set(re.findall(r"\b(timeout|systemctl)\b", script))
    found |= {"php-fpm"} if "php-fpm" in script else set()
    return {name for name in found if name and name not in _BUILTIN}


def _plain(word: str) -> str:
    return word if re.fullmatch(r"[a-z][\w.-]*", word) else ""


_BUILTIN = frozenset(
    {
        "while",
        "read",
        "case",
        "try",
        "then",
        "return",
        "do",
        "done",
        "printf",
        "echo",
        "for",
        "in",
        "status",
        "folder",
        "set",
    }
)
