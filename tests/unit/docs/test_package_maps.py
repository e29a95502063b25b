"""Every package's docstring maps its modules."""

from __future__ import annotations

import ast
import fnmatch
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
PACKAGES = sorted(
    path.parent for top in (TOP / "auditor", TOP / "on_host") for path in top.rglob("__init__.py") if path.parent != top
)
MAX_UNMAPPED_MODULES = 5
"""A package with more modules needs a map; a smaller one may do without."""
_NAME = re.compile(r"``([\w*]+)/?``")


def list_members(package: Path) -> set[str]:
    """List the names of the package's modules and sub-packages."""
    modules = {path.stem for path in package.glob("*.py")} - {"__init__"}
    return modules | {path.parent.name for path in package.glob("*/__init__.py")}


def find_unmapped(members: set[str], docstring: str) -> Iterator[str]:
    """Yield each member that no name of the docstring stands for; ``*`` stands for any letters."""
    patterns = _NAME.findall(docstring)
    return (name for name in sorted(members) if not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: str(package.relative_to(TOP)))
def test_package_docstring_maps_every_module(package: Path) -> None:
    members = list_members(package)
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8"))) or ""
    assert docstring, "the docstring begins with what the package does"
    if len(members) > MAX_UNMAPPED_MODULES:
        assert list(find_unmapped(members, docstring)) == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: str(package.relative_to(TOP)))
def test_package_map_names_only_what_exists(package: Path) -> None:
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8"))) or ""
    mapped = (line.partition(":")[0] for line in docstring.splitlines() if line.startswith("- ``"))
    names = [name for line in mapped for name in re.findall(r"``(\w+)/``|^- ``(\w+)``", line)]
    assert [name for pair in names for name in pair if name and not is_there(package, name)] == []


def is_there(package: Path, name: str) -> bool:
    """Return whether the package has a module or a folder of that name."""
    return (package / f"{name}.py").is_file() or (package / name).is_dir()


def test_find_unmapped_module_reported() -> None:
    assert list(find_unmapped({"runner", "_log_files", "gone"}, "- ``runner``, ``_log_*``: play.")) == ["gone"]
