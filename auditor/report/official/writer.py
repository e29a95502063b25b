"""The one writer of documents: from what a document says to its files, all put in place or none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from auditor.errors import InputError
from auditor.report import xlsx
from auditor.report.official import docx, pdf
from auditor.report.official.document import OfficialDocument
from auditor.report.official.pdf import PrintJob
from auditor.report.sheets import Sheet
from auditor.system import files as publish
from auditor.text.translations import Words

PRESSES = 2
"""So many PDFs are printed at a time, each in up to 180 MB of memory."""


@dataclass(frozen=True)
class DocumentToWrite:
    """What a document says, and which files it becomes."""

    name: str
    """What the names of its files begin with."""
    document: OfficialDocument
    template: Path
    notices: tuple[str, ...] = ()
    """What an officer has to look at before it is sent."""
    is_private: bool = False
    """Its files are for their owner only."""
    sheets: tuple[Sheet, ...] = ()
    """Of a workbook with the same content; none: there is no workbook."""
    office: str = ""
    """Whose the workbook is."""
    private_annexes: Mapping[str, PrintJob] = field(default_factory=dict)
    """Files for their owner only, by name: they hold addresses."""


@dataclass(frozen=True)
class WrittenDocument:
    """The files that were written."""

    files: tuple[Path, ...]
    """The main ones first."""
    sha256: Mapping[str, str]
    """By the name of a file."""


def write_document(document: DocumentToWrite, output: Path) -> WrittenDocument:
    """Write all files of a document into a folder. The same document, the same bytes.

    Raises InputError when the template or the folder cannot be used, or the disk is full: nothing is put in place then.
    """
    contents = render_document(document)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", folder=output, why=error.strerror, mend="choose another --output"
        ) from error
    publish.write_files_together(output, contents, contents if document.is_private else document.private_annexes)
    return WrittenDocument(
        tuple(output / name for name in contents),
        {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    )


def render_document(document: DocumentToWrite) -> Mapping[str, bytes]:
    """Return the files by name: DOCX, PDF with long annexes apart, workbook, further annexes."""
    of, print_jobs = document.document, pdf.iter_document_print_jobs_by_file_suffix(document.document)
    with ThreadPoolExecutor(PRESSES) as presses:

        def start_printing(jobs: Iterable[tuple[str, PrintJob]]) -> Mapping[str, Future[bytes]]:
            return {name: presses.submit(pdf.render_pdf, job) for name, job in jobs}

        try:
            pages = start_printing((f"{document.name}{suffix}.pdf", job) for suffix, job in print_jobs)
            annexes = start_printing(document.private_annexes.items())
            contents = {f"{document.name}.docx": docx.render_document_as_docx(of, document.template)}
            contents |= {name: page.result() for name, page in pages.items()}
            if document.sheets:
                contents[f"{document.name}.xlsx"] = xlsx.build_workbook(
                    document.sheets, of.name, document.office, of.made, Words(of.lang)
                )
            return contents | {name: annex.result() for name, annex in annexes.items()}
        except InputError:
            presses.shutdown(cancel_futures=True)
            raise
