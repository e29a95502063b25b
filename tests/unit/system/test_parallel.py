"""Work that a copy of the process does beside us, and is done here when that cannot be."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.report import files as report_files
from auditor.report.formats import Format
from auditor.system import parallel
from auditor.system.parallel import run_in_forked_copy_of_process
from tests import factory


@pytest.fixture(autouse=True)
def two_processors(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(parallel, "_is_only_thread", lambda: True)


def done_by(folder: Path, **how: bool) -> list[int]:
    """Who did the work, by process."""
    with run_in_forked_copy_of_process(lambda: (folder / str(os.getpid())).touch(), **how):
        pass
    return [int(path.name) for path in folder.iterdir()]


def test_a_copy_does_it_and_has_ended_after_the_block(tmp_path):
    (who,) = done_by(tmp_path)
    assert who != os.getpid() and not Path(f"/proc/{who}").exists()


def test_it_is_done_here_where_a_copy_is_not_worthwhile(tmp_path):
    assert done_by(tmp_path, worthwhile=False) == [os.getpid()]


def test_it_is_done_here_with_one_processor(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert done_by(tmp_path) == [os.getpid()]


def test_it_is_done_here_while_there_are_threads(tmp_path, monkeypatch):
    monkeypatch.undo()
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        assert done_by(tmp_path) == [os.getpid()]
    finally:
        over.set()
        other.join()


def test_an_error_is_raised_as_if_it_had_been_done_here(tmp_path):
    def fail() -> None:
        raise InputError("the disk is full", mend="free some space")

    with pytest.raises(InputError, match="the disk is full"), run_in_forked_copy_of_process(fail):
        pass


def test_nothing_is_left_to_do_when_the_block_fails(tmp_path):
    def wait() -> None:
        threading.Event().wait(60)
        (tmp_path / "done").touch()

    with pytest.raises(ValueError, match="pages"), run_in_forked_copy_of_process(wait):
        raise ValueError("pages")
    assert not (tmp_path / "done").exists()


def test_the_files_are_the_same_either_way(tmp_path, monkeypatch):
    def files(folder: Path) -> dict[str, bytes]:
        report_files.write_report_files_of_run(
            factory.run(), factory.catalogue(), output=folder, lang="vi", formats=set(Format)
        )
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    one_after_another = files(tmp_path / "here")
    monkeypatch.setattr(report_files, "MANY", 0)
    assert files(tmp_path / "beside") == one_after_another
