from __future__ import annotations

import shutil
import ssl
from pathlib import Path

import pytest

from auditor.system import resources
from tests.mail_server import Authority, free_port
from tests.unit.incidents.offices import server, tells


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def trusted(authority: Authority) -> ssl.SSLContext:
    return authority.context("127.0.0.1")


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority) -> Path:
    """The lab's, whose commune has a role for incidents, and whose mail server is down."""
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    folder = Path(shutil.copytree(resources.get_shipped_inventories_folder() / "lab", tmp_path / "inventory"))
    shutil.copy(authority.file, folder / "office/ca.pem")
    tells(folder, automatic=False)
    server(folder, free_port())
    return folder
