"""The lab's web3 with a kernel of its own. By hand: ``make test-kernel``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auditor import lab
from tests.lab import own_kernel

HOST = "web3"


@pytest.fixture(scope="session")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[own_kernel.Machine]:
    made = tmp_path_factory.mktemp("kernel")
    with lab.session(), own_kernel.booted(HOST, own_kernel.disk(HOST, made, own_kernel.WHOLE)) as machine:
        yield machine
