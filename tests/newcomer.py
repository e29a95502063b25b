"""A copy of the product to which a test adds what a newcomer would: links to all of it, but for the files that change."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

TOP = Path(__file__).parents[1]
FINDER = "auditor/system/resources.py"
"""What finds the files of the product beside itself: through a link it would find those of the original."""
SHIPPED = ("auditor", "on_host", "roles", "playbooks", "docs", "tests", "pyproject.toml")


def copy_product_with(folder: Path, new_files: Mapping[str, str], lines: Mapping[str, Mapping[str, str]]) -> Path:
    """Return ``folder`` with the product, new files, and in others each of some lines replaced by more lines."""
    folder.mkdir(exist_ok=True)
    for name in SHIPPED:
        (folder / name).symlink_to(TOP / name)
    for name, text in {FINDER: (TOP / FINDER).read_text("utf-8"), **new_files}.items():
        _make_own_copy(folder, name).write_text(text, "utf-8")
    for name, replacements in lines.items():
        content = (TOP / name).read_text("utf-8")
        for old, new in replacements.items():
            assert content.count(old) == 1, f"{name} has changed: {old!r} is there {content.count(old)} times"
            content = content.replace(old, new)
        _make_own_copy(folder, name).write_text(content, "utf-8")
    return folder


def _make_own_copy(folder: Path, name: str) -> Path:
    """Return a path in the copy that writes nothing of the product: each folder above it becomes one of links."""
    here = folder
    for part in Path(name).parts[:-1]:
        here /= part
        if not here.exists():
            here.mkdir()
        elif here.is_symlink():
            origin = here.resolve()
            here.unlink()
            here.mkdir()
            for each in origin.iterdir():
                if each.name != "__pycache__":
                    (here / each.name).symlink_to(each)
    target = folder / name
    if target.is_symlink():
        target.unlink()
    return target


def run_python_in(folder: Path, program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program that imports the copy."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
