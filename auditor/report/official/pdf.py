"""The official document as PDF/A-2a: tagged, the fonts within. Data goes to typst as JSON, never as markup."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.report.official import metrics
from auditor.report.official.document import (
    AGENCY_RULE,
    COLUMNS,
    GREETING_INDENT,
    HEADER_COLUMNS,
    SIZE_AGENCY,
    SIZE_BODY,
    SIZE_FORM,
    SIZE_MOTTO,
    TITLE_RULE,
    Annex,
    OfficialDocument,
    split_iso_moment_for_typst,
)

_TYPESET = Path(__file__).with_name("typeset.py")

MAX_ROWS = 800
"""An annex with more rows goes into files of its own, so many rows each: typst needs some 170 kB of memory a row."""


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A file to be printed: a template of ours and its data."""

    template: str
    data: Mapping[str, Any]


def iter_document_print_jobs_by_file_suffix(document: OfficialDocument) -> Iterator[tuple[str, PrintJob]]:
    """Yield the document, and each part of an annex that is too long for it, with a suffix for the file's name."""
    short = tuple(annex for annex in document.annexes if len(annex.rows) <= MAX_ROWS)
    yield "", PrintJob("official.typ", _build_typst_data_of_document(document, short, with_body=True))
    for number, annex in enumerate(document.annexes, 1):
        if len(annex.rows) > MAX_ROWS:
            for part, start in enumerate(range(0, len(annex.rows), MAX_ROWS), 1):
                piece = annex.model_copy(update={"rows": annex.rows[start : start + MAX_ROWS]})
                yield (
                    f"-phu-luc-{number}-{part}",
                    PrintJob("official.typ", _build_typst_data_of_document(document, (piece,), with_body=False)),
                )


def render_pdf(print_job: PrintJob) -> bytes:
    """Return the sheet as PDF/A-2a, by a process of its own.

    typst keeps what it has made, a hundred megabytes a file.
    """
    process = subprocess.run(
        [sys.executable, "-I", _TYPESET, print_job.template],
        input=json.dumps(print_job.data, ensure_ascii=False).encode(),
        capture_output=True,
        check=False,
    )
    if process.returncode:
        raise _make_error_of_pdf_not_created(process.stderr.decode(errors="replace").strip().rpartition("\n")[2])
    return process.stdout


def _make_error_of_pdf_not_created(reason: str) -> InputError:
    return InputError(
        "the PDF cannot be created: {why}",
        why=reason,
        mend="shorten the named text in the organization file or the waivers",
    )


def _build_typst_data_of_document(
    document: OfficialDocument, annexes: Sequence[Annex], *, with_body: bool
) -> dict[str, Any]:
    return {
        **document.model_dump(mode="json", exclude={"annexes"}),
        **measure_header_rule_lengths(document),
        "made": split_iso_moment_for_typst(document.made),
        "keywords": [document.keyword],
        "annexes": [annex.model_dump(mode="json") for annex in annexes],
        "columns": {key: [column.model_dump(mode="json") for column in columns] for key, columns in COLUMNS.items()},
        "header_columns": HEADER_COLUMNS,
        "greeting_indent": GREETING_INDENT,
        "dash": metrics.measure_text_width_in_mm(document.greeting.removesuffix(":"), SIZE_BODY),
        "form_size": SIZE_FORM,
        "with_body": with_body,
    }


def measure_header_rule_lengths(document: OfficialDocument) -> dict[str, float]:
    """Return how long the rules below motto, office and title are, in millimetres."""
    last_of_title = document.subject[-1] if document.subject else ""
    return {
        "motto_rule": metrics.measure_text_width_in_mm(document.motto, SIZE_MOTTO, bold=True),
        "agency_rule": AGENCY_RULE * metrics.measure_text_width_in_mm(document.agency[-1], SIZE_AGENCY, bold=True),
        "title_rule": TITLE_RULE * metrics.measure_text_width_in_mm(last_of_title, SIZE_BODY, bold=True),
    }
