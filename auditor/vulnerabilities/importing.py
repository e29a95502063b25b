"""Files of data, told apart by their content and taken in together: all of them, or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from auditor.errors import InputError
from auditor.models import clock
from auditor.models.vulnerabilities import DataKind, Imported
from auditor.vulnerabilities import store, unpacking
from auditor.vulnerabilities.sources import debsecan, epss, kev, osv, support, tracker, wordfence
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
    Kind("debsecan", debsecan.LICENCE, debsecan.HEAD, debsecan.read),
    Kind("support", support.LICENCE, support.HEAD, support.read),
)


def take_in(files: Sequence[Path], path: Path | None = None) -> tuple[Imported, ...]:
    """Import files into the data at ``path``, in place of what earlier ones of their kind brought.

    Raises InputError for a file that is none of these, damaged, or too large; the data is then as it was.
    """
    taken: list[Imported] = []
    with store.writing(path) as into:
        for file in files:
            digest = unpacking.digest(file)
            with unpacking.opened(file) as documents:
                found = list(_all((Document(name, stream, file) for name, stream in documents), digest, into))
            if not found:
                raise InputError("it is empty", file=file, mend="download it again completely")
            taken += found
            _check_single(taken, file)
    return tuple(taken)


def _check_single(taken: Sequence[Imported], file: Path) -> None:
    """Raise InputError where one command brings the same data twice: one of the two would be gone."""
    told = [(one.kind, one.part) for one in taken]
    again = next((one for one in told if told.count(one) > 1), None)
    if again is not None:
        raise InputError(
            "it is the second file with {kind}",
            kind=" ".join(again).strip(),
            file=file,
            mend="import only the newest one",
        )


def _all(documents: Iterator[Document], digest: str, into: store.Writing) -> Iterator[Imported]:
    """What came of a file's documents. All that follow a record of OSV's in an archive are such records."""
    for document in documents:
        head = document.stream.ahead(_HEAD)
        kind = next((kind for kind in KINDS if kind.head.match(head)), None)
        if kind is not None:
            yield _noted(document, kind.name, kind.licence, kind.read(document, into), digest, into)
        elif osv.HEAD.match(head):
            found = osv.read(chain([document], documents), into)
            if not found:
                raise document.error(
                    "it does not contain data for Debian, Ubuntu or Packagist", "download the archive of one of them"
                )
            for name, read in found.items():
                yield _noted(document, name, osv.LICENCES[name], read, digest, into)
        else:
            raise _unknown(document, head)


def _unknown(document: Document, head: bytes) -> InputError:
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return document.error(
            "it is a web page, not a data file", "download the file itself; see docs/en/vulnerabilities.md"
        )
    return document.error(
        "it is not a recognized data file", "for the recognized files, see docs/en/vulnerabilities.md"
    )


def _noted(document: Document, kind: DataKind, licence: str, read: Read, digest: str, into: store.Writing) -> Imported:
    changed = clock.day(clock.at(document.file.stat().st_mtime))
    source = Imported(
        kind=kind,
        part=read.part,
        file=document.file.name,
        dated=_dated(read.dated, changed),
        imported=clock.stamp(clock.now()),
        sha256=digest,
        licence=licence,
        records=read.records,
    )
    into.note(source)
    return source


def _dated(own: date | None, changed: date) -> date:
    """The data's own day, else the file's; never one that has not come."""
    return min(own or changed, clock.today())
