"""Files of data, told apart by their content and taken in together: all of them, or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from auditor.errors import InputError
from auditor.feeds import decompression
from auditor.feeds.document import SourceDocument
from auditor.models import clock
from auditor.models.vulnerabilities import DataKind, ImportedSource
from auditor.vulnerabilities import store
from auditor.vulnerabilities.sources import debsecan, epss, kev, osv, support, tracker, wordfence
from auditor.vulnerabilities.sources.common import ImportSummary

_HEAD = 1 << 16


@dataclass(frozen=True)
class DataFormat:
    """A kind of data, and the beginning by which it is told."""

    name: DataKind
    licence: str
    head: re.Pattern[bytes]
    read: Callable[[SourceDocument, store.VulnerabilityWriter], ImportSummary]


KINDS = (
    DataFormat("tracker", tracker.LICENCE, tracker.HEAD, tracker.import_debian_tracker_records),
    DataFormat("wordfence", wordfence.LICENCE, wordfence.HEAD, wordfence.import_wordfence_records),
    DataFormat("kev", kev.LICENCE, kev.HEAD_JSON, kev.import_kev_catalogue_from_json),
    DataFormat("kev", kev.LICENCE, kev.HEAD_CSV, kev.import_kev_catalogue_from_csv),
    DataFormat("epss", epss.LICENCE, epss.HEAD, epss.import_epss_scores),
    DataFormat("debsecan", debsecan.LICENCE, debsecan.HEAD, debsecan.import_debsecan_records),
    DataFormat("support", support.LICENCE, support.HEAD, support.import_debian_support_notes),
)


def import_vulnerability_data_files(files: Sequence[Path], path: Path | None = None) -> tuple[ImportedSource, ...]:
    """Import files into the data at ``path``, in place of what earlier ones of their kind brought.

    Raises InputError for a file that is none of these, damaged, or too large; the data is then as it was.
    """
    sources: list[ImportedSource] = []
    with store.open_writer(path) as into:
        for file in files:
            digest = decompression.compute_digest(file)
            with decompression.open_documents(file) as documents:
                new_sources = list(
                    _import_documents((SourceDocument(name, stream, file) for name, stream in documents), digest, into)
                )
            if not new_sources:
                raise InputError("it is empty", file=file, mend="download it again completely")
            sources += new_sources
            _check_no_source_is_twice(sources, file)
    return tuple(sources)


def _check_no_source_is_twice(sources: Sequence[ImportedSource], file: Path) -> None:
    """Raise InputError where one command brings the same data twice: one of the two would be gone."""
    parts = [(source.kind, source.part) for source in sources]
    again = next((part for part in parts if parts.count(part) > 1), None)
    if again is not None:
        raise InputError(
            "it is the second file with {kind}",
            kind=" ".join(again).strip(),
            file=file,
            mend="import only the newest one",
        )


def _import_documents(
    documents: Iterator[SourceDocument], digest: str, into: store.VulnerabilityWriter
) -> Iterator[ImportedSource]:
    """Yield what came of a file's documents. All that follow a record of OSV's in an archive are such records."""
    for document in documents:
        head = document.stream.peek(_HEAD)
        kind = next((kind for kind in KINDS if kind.head.match(head)), None)
        if kind is not None:
            yield _record_source(document, kind.name, kind.licence, kind.read(document, into), digest, into)
        elif osv.HEAD.match(head):
            summaries = osv.import_osv_records(chain([document], documents), into)
            if not summaries:
                raise document.make_error(
                    "it does not contain data for Debian, Ubuntu or Packagist", "download the archive of one of them"
                )
            for name, read in summaries.items():
                yield _record_source(document, name, osv.LICENCES[name], read, digest, into)
        else:
            raise _make_unknown_error(document, head)


def _make_unknown_error(document: SourceDocument, head: bytes) -> InputError:
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return document.make_error(
            "it is a web page, not a data file", "download the file itself; see docs/en/vulnerabilities.md"
        )
    return document.make_error(
        "it is not a recognized data file", "for the recognized files, see docs/en/vulnerabilities.md"
    )


def _record_source(
    document: SourceDocument,
    kind: DataKind,
    licence: str,
    import_summary: ImportSummary,
    digest: str,
    into: store.VulnerabilityWriter,
) -> ImportedSource:
    modified_on = clock.convert_moment_to_vietnam_day(clock.convert_epoch_to_moment(document.file.stat().st_mtime))
    source = ImportedSource(
        kind=kind,
        part=import_summary.part,
        file=document.file.name,
        dated=_choose_day_of_data(import_summary.data_day, modified_on),
        imported=clock.format_iso_moment(clock.now()),
        sha256=digest,
        licence=licence,
        records=import_summary.records,
    )
    into.put_source(source)
    return source


def _choose_day_of_data(data_day: date | None, modified_on: date) -> date:
    """Return the data's own day, else the file's; never one that has not come."""
    return min(data_day or modified_on, clock.today())
