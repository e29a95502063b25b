"""Files with indicators, told apart by their content and taken in together: all of them, or none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from auditor.errors import InputError
from auditor.feeds.document import SourceDocument
from auditor.feeds.intake import CarriedFile, open_carried_file
from auditor.indicators import store
from auditor.indicators.indicator import Tlp
from auditor.indicators.sources.common import IndicatorCollector
from auditor.indicators.sources.formats import detect_list_format
from auditor.indicators.store import IndicatorList
from auditor.models import clock

_NAME = re.compile(r"[\w.-]{1,80}\Z")


@dataclass(frozen=True)
class ListImport:
    """A list that was taken in, and what of it is no indicator: where, and the words."""

    indicator_list: IndicatorList
    wrong: tuple[tuple[str, str], ...]


def import_indicator_files(
    files: Sequence[Path], *, name: str | None, default_tlp: Tlp, today: date, path: Path | None = None
) -> tuple[ListImport, ...]:
    """Import files, each in place of the list of its name, by default the file's.

    Raises InputError for a file that is none, damaged or too large; what was there before is then as it was.
    """
    if name is not None and len(files) != 1:
        raise InputError("--name requires a single file", mend="import each file separately, or omit the name")
    imports = []
    with store.open_writer(path) as into:
        for file in files:
            list_name = validate_indicator_list_name(name or file.name.split(".")[0], file)
            imports.append(_import_file(file, list_name, default_tlp, today, into))
        into.check_total_indicator_limit()
    return tuple(imports)


def validate_indicator_list_name(name: str, file: Path | None = None) -> str:
    """Return the name, if a list may be called so. Raises InputError."""
    if not _NAME.match(name):
        raise InputError(
            "{name} is not a valid list name", name=repr(name), file=file, mend="use --name with letters and digits"
        )
    return name


def _import_file(file: Path, name: str, default_tlp: Tlp, today: date, into: store.IndicatorWriter) -> ListImport:
    with open_carried_file(file) as carried:
        for document in _iter_only_document(carried):
            collector = IndicatorCollector(document, name, today, default_tlp)
            form = detect_list_format(document)
            form.read(collector)
    if not collector.indicators and not collector.complex and not collector.never:
        raise collector.document.make_error("it has no indicators", "check that it is the list itself")
    indicator_list = IndicatorList(
        name=name,
        file=file.name,
        kind=form.name,
        source=collector.source,
        dated=carried.choose_day_of_data(collector.list_date, today),
        imported=clock.format_iso_moment(clock.now()),
        sha256=carried.sha256,
        indicators=len(collector.indicators),
        unmatched=len(collector.complex),
        never=sum(collector.never.values()),
        wrong=len(collector.wrong),
    )
    into.replace_list_of_same_name(indicator_list, collector.indicators.values(), collector.complex)
    return ListImport(indicator_list, tuple(collector.wrong))


def _iter_only_document(carried: CarriedFile) -> Iterator[SourceDocument]:
    has_document = False
    for document in carried.documents:
        if has_document:
            raise InputError(
                "the archive contains more than one file", file=carried.path, mend="import them one by one"
            )
        has_document = True
        yield document
    if not has_document:
        raise carried.make_empty_error()
