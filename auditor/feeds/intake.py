"""Files that a person carries in: opened once, with the kind of each document told by its beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from auditor.errors import InputError
from auditor.feeds import decompression
from auditor.feeds.document import SourceDocument
from auditor.models import clock

_HEAD = 1 << 16


class FeedFormat(Protocol):
    """A form that data comes in."""

    @property
    def head(self) -> re.Pattern[bytes]:
        """Return how its documents begin."""
        ...


def detect_format[Format: FeedFormat](document: SourceDocument, formats: Iterable[Format]) -> Format | None:
    """Return the first form that a document begins as; None: it is none of these."""
    head = document.stream.peek(_HEAD)
    return next((form for form in formats if form.head.match(head)), None)


def is_web_page(document: SourceDocument) -> bool:
    """Return whether a document is a web page, as who saves a link gets it in place of data."""
    return document.stream.peek(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


@dataclass(frozen=True)
class CarriedFile:
    """A file that is read."""

    path: Path
    sha256: str
    documents: Iterator[SourceDocument]
    """Itself, unpacked, or the members of an archive."""

    def make_empty_error(self) -> InputError:
        """Return that nothing is in it."""
        return InputError("it is empty", file=self.path, mend="download it again completely")

    def choose_day_of_data(self, data_day: date | None, today: date) -> date:
        """Return the data's own day, else the file's; never one that has not come."""
        modified_on = clock.convert_moment_to_vietnam_day(clock.convert_epoch_to_moment(self.path.stat().st_mtime))
        return min(data_day or modified_on, today)


@contextmanager
def open_carried_file(path: Path) -> Iterator[CarriedFile]:
    """Open a file for reading. Raises InputError for what cannot be read, is damaged or too large."""
    digest = decompression.compute_digest(path)
    with decompression.open_documents(path) as streams:
        yield CarriedFile(path, digest, (SourceDocument(name, stream, path) for name, stream in streams))
