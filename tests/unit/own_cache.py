"""A cache of a test's own, which counts as nobody else's although the folders above a test's are everybody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.system import disk_cache

is_ours = disk_cache._is_folder_writable_by_us_alone


def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have what is kept in the test's folder; where it is kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(
        disk_cache,
        "_is_folder_writable_by_us_alone",
        lambda path, **how: tmp_path not in path.parents or is_ours(path, **how),
    )
    return tmp_path / "cache/luytre"
