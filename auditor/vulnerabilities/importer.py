"""Files of data, told apart by their content and taken in together: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from auditor.errors import InputError
from auditor.feeds.document import SourceDocument
from auditor.feeds.intake import CarriedFile, detect_format, is_web_page, open_carried_file
from auditor.models import clock
from auditor.models.vulnerabilities import ImportedSource
from auditor.vulnerabilities import sources, store
from auditor.vulnerabilities.kinds import KIND_BY_NAME, KINDS
from auditor.vulnerabilities.sources.common import DataFormat


def import_vulnerability_data_files(files: Sequence[Path], path: Path | None = None) -> tuple[ImportedSource, ...]:
    """Import files into the data at ``path``, in place of what earlier ones of their kind brought.

    Raises InputError for a file that is none of these, damaged, or too large; the data is then as it was.
    """
    imported: list[ImportedSource] = []
    with store.open_writer(path) as into:
        for file in files:
            with open_carried_file(file) as carried:
                new_sources = list(_import_documents(carried, into))
            if not new_sources:
                raise carried.make_empty_error()
            imported += new_sources
            _check_no_source_is_twice(imported, file)
    return tuple(imported)


def _check_no_source_is_twice(imported: Sequence[ImportedSource], file: Path) -> None:
    """Raise InputError where one command brings the same data twice: one of the two would be gone."""
    parts = [(source.kind, source.part) for source in imported]
    again = next((part for part in parts if parts.count(part) > 1), None)
    if again is not None:
        raise InputError(
            "it is the second file with {kind}",
            kind=" ".join(again).strip(),
            file=file,
            mend="import only the newest one",
        )


def _import_documents(carried: CarriedFile, into: store.VulnerabilityWriter) -> Iterator[ImportedSource]:
    """Yield what came of a file's documents."""
    for document in carried.documents:
        form = detect_format(document, _load_formats())
        if form is None:
            raise _make_unknown_error(document)
        for name, summary in form.read(document, carried.documents, into).items():
            source = ImportedSource(
                kind=name,
                part=summary.part,
                file=carried.path.name,
                dated=carried.choose_day_of_data(summary.data_day, clock.today()),
                imported=clock.format_iso_moment(clock.now()),
                sha256=carried.sha256,
                licence=KIND_BY_NAME[name].licence,
                records=summary.records,
            )
            into.put_source(source)
            yield source


@cache
def _load_formats() -> tuple[DataFormat, ...]:
    """Return the forms of all kinds, in the order of these; only an import needs what reads them."""
    modules = (import_module(f"{sources.__name__}.{name}") for name in dict.fromkeys(kind.source for kind in KINDS))
    return tuple(form for module in modules for form in module.FORMATS)


def _make_unknown_error(document: SourceDocument) -> InputError:
    if is_web_page(document):
        return document.make_error(
            "it is a web page, not a data file", "download the file itself; see docs/en/vulnerabilities.md"
        )
    return document.make_error(
        "it is not a recognized data file", "for the recognized files, see docs/en/vulnerabilities.md"
    )
