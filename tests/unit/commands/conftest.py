"""What the tests of commands share."""

from __future__ import annotations

import pytest

from auditor.commands.options import lab_hosts
from auditor.lab.spec import load_lab_spec


@pytest.fixture(autouse=True)
def interfaces(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The network interfaces of this machine; the lab's bridge is among them, so that the lab is up."""
    names = ["lo", load_lab_spec().network.bridge]
    monkeypatch.setattr(lab_hosts.socket, "if_nameindex", lambda: list(enumerate(names, 1)))
    return names
