"""Run the program against a host whose processor is emulated: each of its time limits is that many times as long.

python -m benchmarks.judging.patiently ARGUMENTS

The controller's limits are lengthened in its modules, the host's in a copy of what is sent there.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shutil
import sys
import tempfile
from pathlib import Path

TIMES = 10
TOP = Path(__file__).parents[2]
SENT = ("on_host", "roles")
"""The folders whose code runs on hosts."""
_LIMIT = re.compile(
    r"""(?x: (?P<name> ^[A-Z_]*SECONDS\ =\  | "[a-z_]*_seconds":\ \{"type":\ "int",\ "default":\  ) (?P<seconds> \d+(?:\.\d+)? )\b )""",
    re.MULTILINE,
)
"""A constant, or what an Ansible module takes where it is given none."""


def copy_lengthened(folder: Path) -> None:
    """Copy the product into a folder, the time limits of what runs on hosts lengthened."""
    for name in ("auditor", "inventories", "playbooks", *SENT):
        shutil.copytree(TOP / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("ansible.cfg", "pyproject.toml"):
        shutil.copy(TOP / name, folder / name)
    for path in (path for name in SENT for path in (folder / name).rglob("*.py") if not path.is_symlink()):
        text = path.read_text("utf-8")
        path.write_text(_LIMIT.sub(lambda limit: f"{limit['name']}{float(limit['seconds']) * TIMES:g}", text), "utf-8")


def lengthen_controller() -> None:
    """Make the time limits of what asks and changes hosts longer, which are their modules' constants."""
    packages = [importlib.import_module(f"auditor.{name}") for name in ("fleet", "hardening")]
    for package in packages:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name, module in list(sys.modules.items()):
        if name.startswith(("auditor.fleet.", "auditor.hardening.")):
            for constant, value in list(vars(module).items()):
                if constant.endswith("_SECONDS") and isinstance(value, int | float):
                    setattr(module, constant, value * TIMES)


def main() -> None:
    """Run the program with the arguments of this one. It imports nothing of the product before it is copied."""
    with tempfile.TemporaryDirectory() as folder:
        copy_lengthened(Path(folder))
        os.chdir(folder)
        sys.path.insert(0, folder)
        lengthen_controller()
        importlib.import_module("auditor.cli").main()


if __name__ == "__main__":
    main()
