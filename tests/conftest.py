"""Makes what runs on audited hosts importable as there: ``luytre``, ``luytre_change``,
``luytre_guard``, ``luytre_evidence``, ``luytre_contain`` and ``luytre_shared`` of ``ansible.module_utils``.

What a person's shell sets for the command is no part of a test.
"""

import functools
import os
from pathlib import Path

import ansible.module_utils
import pytest
import typer.testing
from hypothesis import settings

pytest_plugins = ["tests.lab.fixtures"]

settings.register_profile("searching", deadline=5_000)
settings.register_profile("luytre", settings.get_profile("searching"), derandomize=True)
settings.load_profile("luytre")
"""Milliseconds of one example on a machine that does much else: the library's 200 measure the machine. Examples are the same each time, so that
what passes here passes there; ``--hypothesis-profile=searching`` tries others.
"""

typer.testing._get_command = functools.cache(typer.testing._get_command)
"""The parser of our commands takes 35 ms to make, and is the same for all of them."""

ON_LAB = ("integration", "hostile", "drills", "guard", "next")

for variable in ("LUYTRE_LANG", "LUYTRE_STATE", "LUYTRE_INVENTORY", "ANSIBLE_VAULT_PASSWORD_FILE"):
    os.environ.pop(variable, None)

for role in ("shared", "collect", "files", "guard", "hunt", "evidence", "contain"):
    ansible.module_utils.__path__.append(str(Path(__file__).parent.parent / "on_host" / role / "module_utils"))


if gone := [name for name in ON_LAB if not (Path(__file__).parent / name).is_dir()]:
    raise FileNotFoundError(f"moved away, so that its tests would not be known for the lab's: {gone}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in ON_LAB:
            item.add_marker(pytest.mark.lab)
        if "hardened" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.hardened)
