"""The forms that lists of indicators come in: a row each, in the order in which they are tried."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from auditor.feeds.document import SourceDocument
from auditor.feeds.intake import detect_format, is_web_page
from auditor.indicators.sources import misp, stix, table
from auditor.indicators.sources.common import IndicatorCollector


@dataclass(frozen=True)
class ListFormat:
    """A form."""

    name: str
    """As ``auditor indicators list --json`` gives it."""
    title: str
    head: re.Pattern[bytes]
    """How its documents begin."""
    read: Callable[[IndicatorCollector], None]
    """Adds what a document has to the collector."""


FORMATS = (
    ListFormat("stix", "STIX 2.1", stix.HEAD, stix.read_stix_bundle),
    ListFormat("misp", "MISP JSON", misp.HEAD, misp.read_misp_events),
    ListFormat("csv", "CSV", table.HEAD, table.read_table_rows),
)


def detect_list_format(document: SourceDocument) -> ListFormat:
    """Return the form of a document. Raises InputError for what is none."""
    found = detect_format(document, FORMATS)
    if found is not None:
        return found
    if is_web_page(document):
        raise document.make_error("it is a web page, not a list", "download the file itself")
    *others, last = (form.title for form in FORMATS)
    raise document.make_error(
        "it is neither {others} nor {last}", "see docs/en/indicators.md", others=", ".join(others), last=last
    )
