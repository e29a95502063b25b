"""The lab's web3 with a kernel of its own, as on hardware of one's own. By hand: ``make test-kernel``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor import lab
from tests.lab import own_kernel

HOST = "web3"
DISKS = Path.home() / ".cache/luytre-kernel"


@contextlib.contextmanager
def boot(host: str) -> Iterator[own_kernel.Machine]:
    """Start a host of the lab with a kernel of its own."""
    with lab.hold_lab_session(), own_kernel.booted(host, own_kernel.disk(host, DISKS, own_kernel.HARDWARE)) as machine:
        yield machine


@pytest.fixture(scope="module")
def booted() -> Iterator[own_kernel.Machine]:
    with boot(HOST) as machine:
        yield machine
