"""The lab's web3 with a kernel of its own, as on hardware of one's own. By hand: ``make test-kernel``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor import lab
from tests.lab import own_kernel

HOST = "web3"
DISKS = Path.home() / ".cache/luytre-kernel"


@pytest.fixture(scope="session")
def booted() -> Iterator[own_kernel.Machine]:
    with lab.session(), own_kernel.booted(HOST, own_kernel.disk(HOST, DISKS, own_kernel.HARDWARE)) as machine:
        yield machine
