"""Tests lie where what they test lies: ``auditor/web/client.py`` in ``tests/unit/web/test_client.py``.

A module without a file of its name stands in ``tested_elsewhere.yml``, below the reason, with the file that tests it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import yaml

TOP = Path(__file__).parents[2]
LIST = Path(__file__).with_name("tested_elsewhere.yml")
ELSEWHERE: dict[str, dict[str, str]] = yaml.safe_load(LIST.read_text("utf-8"))
"""Reason to module to test file."""
HOSTS = TOP / "on_host"
_NAME = re.compile(r"\bauditor(?:\.\w+)+")
_LOADS_BY_NAME = re.compile(r"\b(?:import_module|iter_modules|load_attribute)\(|__file__\)\.with_name\(")
_IMPORT = re.compile(r"^\s*from ((?:auditor|tests)[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


def list_modules() -> list[str]:
    """Return the modules of the controller, and those that hosts get, by their paths."""
    lab = ("auditor/lab/hosts/", "auditor/lab/scripts/")
    paths = [*(TOP / "auditor").rglob("*.py"), *HOSTS.rglob("module_utils/**/*.py")]
    names = (str(path.relative_to(TOP)) for path in sorted(paths) if path.name != "__init__.py")
    return [name for name in names if not name.startswith(lab)]


def get_own_test_file(module: str) -> str:
    """Return where the tests of a module lie when they have a file of their own."""
    path = Path(module)
    if path.parts[0] == "auditor":
        folder = Path("tests/unit", *path.parts[1:-1])
    else:  # on_host/<program>/module_utils/<package>/<folder>/<module>.py
        folder = Path("tests/unit/on_host", path.parts[1], *path.parts[4:-1])
    return str(folder / f"test_{path.stem.lstrip('_')}.py")


@cache
def list_module_paths() -> Mapping[str, str]:
    """Return the path of each module and package of the controller and of the tests by its full name."""
    paths = [path for top in ("auditor", "tests") for path in (TOP / top).rglob("*.py")]
    names = ((path.relative_to(TOP), path) for path in paths)
    return {
        ".".join((name.parent if name.name == "__init__.py" else name.with_suffix("")).parts): str(name)
        for name, _ in names
    }


@cache
def read_references(file: str) -> frozenset[str]:
    """Return the modules that a file imports, or names in a string as what is loaded later."""
    text = (TOP / file).read_text("utf-8")
    names = set(_NAME.findall(text))
    for package, imported in _IMPORT.findall(text):
        names |= {package, *(f"{package}.{word}" for word in re.findall(r"\w+", imported))}
    if _LOADS_BY_NAME.search(text):  # whatever lies beside it or below
        package = ".".join(Path(file).parent.parts)
        names |= {name for name in list_module_paths() if name.startswith(f"{package}.")}
    return frozenset(path for name in names if (path := list_module_paths().get(name)))


@cache
def find_reached_modules(test_file: str) -> frozenset[str]:
    """Return the modules, by path, that a test file reaches by imports of imports."""
    reached: set[str] = set()
    waiting = [test_file]
    while waiting:
        new = read_references(waiting.pop()) - reached
        reached |= new
        waiting += new
    return frozenset(reached)


def iter_rows() -> Iterator[tuple[str, str]]:
    """Yield each module of the list with its test file."""
    for modules in ELSEWHERE.values():
        yield from modules.items()


def test_every_module_has_its_test_file_or_a_reason() -> None:
    listed = {module for module, _ in iter_rows()}
    alone = [module for module in list_modules() if not (TOP / get_own_test_file(module)).exists()]
    assert sorted(set(alone) - listed) == [], f"write their test files, or say in {LIST.name} where they are tested"


def test_the_list_names_what_is_there_and_needs_it() -> None:
    modules = set(list_modules())
    assert [module for module, _ in iter_rows() if module not in modules] == []
    assert [module for module, _ in iter_rows() if (TOP / get_own_test_file(module)).exists()] == []
    assert [file for _, file in iter_rows() if not (TOP / file).is_file()] == []


def test_a_test_file_of_the_list_reaches_the_module() -> None:
    strangers = [
        (module, file)
        for module, file in iter_rows()
        if module.startswith("auditor/") and module not in find_reached_modules(file)
    ]
    assert strangers == []
