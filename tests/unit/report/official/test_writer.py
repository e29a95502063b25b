"""The writer of documents: all files or none, and for their owner only what has to be."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.report.official import docx, pdf, writer
from auditor.report.official.writer import DocumentToWrite
from auditor.report.sheets import Sheet, SheetColumn
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
