"""Rows as a hunt gathers them, where no package has anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.luytre_hunt.package_index import PackageIndex
from ansible.module_utils.luytre_hunt.places import PlaceRows
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader


@pytest.fixture
def unpackaged(tmp_path: Path) -> PlaceRows:
    info = tmp_path / "dpkg"
    info.mkdir()
    return PlaceRows(AreaReader({}, 60), PackageIndex(*(str(info / name) for name in ("i", "status", "d", "u"))))
