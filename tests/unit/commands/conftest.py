"""What the tests of commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.commands.given import lab_hosts
from auditor.lab.spec import spec


@pytest.fixture(autouse=True)
def interfaces(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The network interfaces of this machine; the lab's bridge is among them, so that the lab is up."""
    folder = tmp_path_factory.mktemp("interfaces")
    (folder / spec().network.bridge).mkdir(parents=True)
    monkeypatch.setattr(lab_hosts, "_INTERFACES", folder)
    return folder
