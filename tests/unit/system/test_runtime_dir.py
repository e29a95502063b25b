"""Where a run's own programs lie."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.errors import InputError
from auditor.system import runtime_dir

Mounted = Callable[..., None]


@pytest.fixture
def noexec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mounted:
    """Have these folders mounted ``noexec``."""

    def mounted(*folders: Path) -> None:
        def looked(place: Path) -> SimpleNamespace:
            return SimpleNamespace(f_flag=os.ST_NOEXEC if any(place.is_relative_to(one) for one in folders) else 0)

        monkeypatch.setattr(os, "statvfs", looked)

    (tmp_path / "tmp").mkdir()
    (tmp_path / "home").mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return mounted


def test_programs_lie_where_temporary_files_do(tmp_path: Path, noexec: Mounted) -> None:
    noexec()
    assert runtime_dir.find_temporary_folder_that_runs_programs() == tmp_path / "tmp"
    assert not list((tmp_path / "home").iterdir())


def test_where_nothing_may_be_run_there_they_lie_in_a_folder_of_our_own(tmp_path: Path, noexec: Mounted) -> None:
    noexec(tmp_path / "tmp")
    own = runtime_dir.find_temporary_folder_that_runs_programs()
    assert own.is_relative_to(tmp_path / "home") and own.stat().st_mode & 0o777 == 0o700


def test_where_nothing_may_be_run_at_all_it_is_said(tmp_path: Path, noexec: Mounted) -> None:
    noexec(tmp_path)
    with pytest.raises(InputError, match="mounted noexec") as said:
        runtime_dir.find_temporary_folder_that_runs_programs()
    assert "TMPDIR" in said.value.mend
