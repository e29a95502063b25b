"""Files of data, told apart by their content and taken in together: all of them, or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from auditor.models import clock
from auditor.models.vulnerabilities import DataKind, Imported
from auditor.vulnerabilities import store, unpacking
from auditor.vulnerabilities.sources import epss, kev, support, tracker, wordfence
from auditor.vulnerabilities.sources.reading import Document, Read

_HEAD = 1 << 16


@dataclass(frozen=True)
class Kind:
    """A kind of data, and the beginning by which it is told."""

    name: DataKind
    licence: str
    head: re.Pattern[bytes]
    read: Callable[[Document, store.Writing], Read]


KINDS = (
    Kind("tracker", tracker.LICENCE, tracker.HEAD, tracker.read),
    Kind("wordfence", wordfence.LICENCE, wordfence.HEAD, wordfence.read),
    Kind("kev", kev.LICENCE, kev.HEAD_JSON, kev.read_json),
    Kind("kev", kev.LICENCE, kev.HEAD_CSV, kev.read_csv),
    Kind("epss", epss.LICENCE, epss.HEAD, epss.read),
    Kind("support", support.LICENCE, support.HEAD, support.read),
)


def take_in(files: Sequence[Path], path: Path | None = None) -> tuple[Imported, ...]:
    """Import files into the data at ``path``, in place of what earlier ones of their kind brought.

    Raises InputError for a file that is none of these, damaged, or too large; the data is then as it was.
    """
    taken = []
    with store.writing(path) as into:
        for file in files:
            digest = unpacking.digest(file)
            with unpacking.opened(file) as documents:
                for name, stream in documents:
                    taken.append(_one(Document(name, stream, file), digest, into))
    return tuple(taken)


def _one(document: Document, digest: str, into: store.Writing) -> Imported:
    head = document.stream.ahead(_HEAD)
    kind = next((kind for kind in KINDS if kind.head.match(head)), None)
    if kind is None:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise document.error(
                "it is a web page, and no data", "fetch the file itself; docs/en/vulnerabilities.md tells which"
            )
        raise document.error(
            "it is none of the files that are known here", "see docs/en/vulnerabilities.md for which there are"
        )
    read = kind.read(document, into)
    changed = clock.day(clock.at(document.file.stat().st_mtime))
    source = Imported(
        kind=kind.name,
        part=read.part,
        file=document.file.name,
        dated=_dated(read.dated, changed),
        imported=clock.stamp(clock.now()),
        sha256=digest,
        licence=kind.licence,
        records=read.records,
    )
    into.note(source)
    return source


def _dated(own: date | None, changed: date) -> date:
    """The data's own day, else the file's; never one that has not come."""
    return min(own or changed, clock.today())
