"""The writer of documents: all files or none, and for their owner only what has to be."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import IO, InputError
from auditor.report.official import docx, pdf, writer
from auditor.report.official.writer import DocumentToWrite
from auditor.report.sheets import Sheet, SheetColumn
from auditor.system import files
from tests.unit import official

NAME = "văn bản"


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> DocumentToWrite:
    monkeypatch.setattr(pdf, "render_pdf", lambda job: job.template.encode())
    return DocumentToWrite(NAME, official.document("xa-an-truc"), docx.OFFICIAL_TEMPLATE)


def open_to_all(folder: Path, *suffixes: str) -> Path:
    """A folder with files that everybody reads, in whose place others come."""
    folder.mkdir()
    for name in suffixes:
        (folder / name).touch(0o644)
        (folder / name).chmod(0o644)
    return folder


def modes(files: tuple[Path, ...]) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in files}


def test_annexes_are_for_their_owner_only_and_come_last(plain: DocumentToWrite, tmp_path: Path) -> None:
    document = replace(
        plain,
        sheets=(Sheet("a", (SheetColumn("b", 10),), (("c",),)),),
        office="Xã",
        private_annexes={"phụ lục.pdf": pdf.PrintJob("technical.typ", {})},
    )
    names = (f"{NAME}.docx", f"{NAME}.pdf", f"{NAME}.xlsx", "phụ lục.pdf")
    written = writer.write_document(document, open_to_all(tmp_path / "out", *names))
    assert list(modes(written.files).items()) == [*((name, 0o644) for name in names[:3]), (names[3], 0o600)]
    assert list(written.sha256) == [path.name for path in written.files]


def test_a_private_document_is_for_its_owner_only(plain: DocumentToWrite, tmp_path: Path) -> None:
    folder = open_to_all(tmp_path / "out", f"{NAME}.docx", f"{NAME}.pdf")
    written = writer.write_document(replace(plain, is_private=True), folder)
    assert set(modes(written.files).values()) == {0o600}


def test_with_a_broken_template_nothing_is_written(plain: DocumentToWrite, tmp_path: Path) -> None:
    broken = tmp_path / "mau.docx"
    broken.write_text("no zip")
    with pytest.raises(InputError, match="the template is not a DOCX file"):
        writer.write_document(replace(plain, template=broken), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_made_is_named(plain: DocumentToWrite, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot make the folder"):
        writer.write_document(plain, tmp_path / "file")


@pytest.mark.parametrize("which", [0, 1])
def test_where_one_file_cannot_be_written_the_others_stay_as_they_were(
    plain: DocumentToWrite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    folder = open_to_all(tmp_path / "out", f"{NAME}.docx", f"{NAME}.pdf")
    synced: list[int] = []

    def fill_disk(handle: int) -> None:
        synced.append(handle)
        if len(synced) > which:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", fill_disk)
    with pytest.raises(InputError, match="No space left on device") as full:
        writer.write_document(plain, folder)
    assert full.value.exit_code == IO
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {f"{NAME}.docx": b"", f"{NAME}.pdf": b""}


def test_a_folder_in_the_place_of_the_last_file_leaves_the_first(plain: DocumentToWrite, tmp_path: Path) -> None:
    folder = open_to_all(tmp_path / "out", f"{NAME}.docx")
    (folder / f"{NAME}.pdf").mkdir()
    with pytest.raises(InputError, match="Is a directory"):
        writer.write_document(plain, folder)
    assert (folder / f"{NAME}.docx").read_bytes() == b""
    assert len(list(folder.iterdir())) == 2


def test_a_writer_killed_between_files_leaves_all_that_was_there(tmp_path: Path) -> None:
    program = """
import os, pathlib, signal, sys
from auditor.system import files
fsync, count = os.fsync, []
def killed(handle):
    count.append(handle)
    fsync(handle) if len(count) < 3 else os.kill(os.getpid(), signal.SIGKILL)
files.os.fsync = killed
files.write_files_together(pathlib.Path(sys.argv[1]), {name: b"new" for name in "abc"}, ())
"""
    for name in "abc":
        (tmp_path / name).write_text("old")
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == -signal.SIGKILL
    assert {(tmp_path / name).read_text() for name in "abc"} == {"old"}
