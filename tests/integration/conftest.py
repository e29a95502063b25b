"""The lab for tests: booted once, a host reset for whoever asks for it fresh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor import lab

INVENTORY = "inventories/lab"

collect_ignore = ["test_guard.py"]
"""Named by hand: the guard's faults, since the guard is not part of a hardening yet."""
BIN = Path(sys.executable).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def _booted() -> Iterator[None]:
    with lab.session():
        yield from _serving()


def _serving() -> Iterator[None]:
    was_up = any(machine.running for machine in lab.status())
    lab.pristine()
    yield
    if not was_up:
        lab.down()


@pytest.fixture
def fresh(_booted: None) -> Callable[..., None]:
    """Bring the named lab hosts (all by default) back to their pristine image."""

    def reset(*hosts: str) -> None:
        lab.reset(hosts or None)

    return reset


@dataclass(frozen=True)
class Ended:
    """A command of ours that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def state(tmp_path: Path) -> Mapping[str, str]:
    """An environment with a history of its own."""
    return {**os.environ, "LUYTRE_STATE": str(tmp_path / "state"), "PATH": f"{BIN}:{os.environ['PATH']}"}


@pytest.fixture
def auditor(state: Mapping[str, str]) -> Callable[..., Ended]:
    """Run the installed command."""

    def run(*arguments: str, given: str = "", cwd: Path | None = None) -> Ended:
        done = subprocess.run(
            [str(BIN / "auditor"), *arguments],
            env=dict(state),
            input=given,
            capture_output=True,
            text=True,
            cwd=cwd,
            timeout=600,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def playbook(state: Mapping[str, str]) -> Callable[..., Ended]:
    """Run plain ansible-playbook, as an admin without the auditor does."""

    def run(*arguments: str) -> Ended:
        done = subprocess.run(
            [str(BIN / "ansible-playbook"), "-i", INVENTORY, *arguments],
            env={**state, "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run
