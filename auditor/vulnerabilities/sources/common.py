"""What the readers of all kinds share: the names of vulnerabilities, and what came of an import."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from auditor.feeds.document import SourceDocument
from auditor.vulnerabilities.store import VulnerabilityWriter

CVE = re.compile(r"CVE-(?:1999|2[0-9]{3})-[0-9]{4,19}\Z")


@dataclass(frozen=True)
class ImportSummary:
    """The summary of an import: the number of records, and the day that the data says it is of."""

    records: int
    data_day: date | None = None
    part: str = ""


@dataclass(frozen=True)
class DataFormat:
    """A form that data comes in."""

    head: re.Pattern[bytes]
    """How its documents begin."""
    read: Callable[[SourceDocument, Iterator[SourceDocument], VulnerabilityWriter], Mapping[str, ImportSummary]]
    """Stores what a document has, and may go on with those that follow it in an archive. Returns what came, by kind."""


def make_single_document_format(
    kind: str, head: re.Pattern[bytes], read: Callable[[SourceDocument, VulnerabilityWriter], ImportSummary]
) -> DataFormat:
    """Return a form whose documents are each of one kind."""
    return DataFormat(head, lambda document, _following, writer: {kind: read(document, writer)})
