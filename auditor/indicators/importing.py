"""Files with indicators, told apart by their content and taken in together: all of them, or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from auditor.errors import InputError
from auditor.indicators import store
from auditor.indicators.indicator import Tlp
from auditor.indicators.sources import misp, stix, table
from auditor.indicators.sources.reading import Gathered, ListKind
from auditor.indicators.store import Listed
from auditor.models import clock
from auditor.vulnerabilities import unpacking
from auditor.vulnerabilities.sources.reading import Document

_HEAD = 1 << 16
_NAME = re.compile(r"[\w.-]{1,80}\Z")


@dataclass(frozen=True)
class Taken:
    """A list that was taken in, and what of it is no indicator: where, and the words."""

    listed: Listed
    wrong: tuple[tuple[str, str], ...]


def take_in(
    files: Sequence[Path], *, name: str | None, unmarked: Tlp, today: date, path: Path | None = None
) -> tuple[Taken, ...]:
    """Import files, each in place of the list of its name, by default the file's.

    Raises InputError for a file that is none, damaged or too large; what was there before is then as it was.
    """
    if name is not None and len(files) != 1:
        raise InputError("--name requires a single file", mend="import each file separately, or omit the name")
    taken = []
    with store.writing(path) as into:
        for file in files:
            called = checked_name(name or file.name.split(".")[0], file)
            taken.append(_one(file, called, unmarked, today, into))
        into.check()
    return tuple(taken)


def checked_name(name: str, file: Path | None = None) -> str:
    """The name, if a list may be called so. Raises InputError."""
    if not _NAME.match(name):
        raise InputError(
            "{name} is not a valid list name", name=repr(name), file=file, mend="use --name with letters and digits"
        )
    return name


def _one(file: Path, name: str, unmarked: Tlp, today: date, into: store.Writing) -> Taken:
    digest = unpacking.digest(file)
    with unpacking.opened(file) as documents:
        for member, stream in _single(documents, file):
            gathered = Gathered(Document(member, stream, file), name, today, unmarked)
            kind, read = _kind(gathered)
            read(gathered)
    if not gathered.found and not gathered.complex and not gathered.never:
        raise gathered.document.error("it has no indicators", "check that it is the list itself")
    changed = clock.day(clock.at(file.stat().st_mtime))
    listed = Listed(
        name=name,
        file=file.name,
        kind=kind,
        source=gathered.source,
        dated=min(gathered.dated or changed, today),
        imported=clock.stamp(clock.now()),
        sha256=digest,
        indicators=len(gathered.found),
        unmatched=len(gathered.complex),
        never=sum(gathered.never.values()),
        wrong=len(gathered.wrong),
    )
    into.put(listed, gathered.found.values(), gathered.complex)
    return Taken(listed, tuple(gathered.wrong))


def _single(documents: Iterator[tuple[str, unpacking.Bounded]], file: Path) -> Iterator[tuple[str, unpacking.Bounded]]:
    found = False
    for one in documents:
        if found:
            raise InputError("the archive contains more than one file", file=file, mend="import them one by one")
        found = True
        yield one
    if not found:
        raise InputError("it is empty", file=file, mend="download it again completely")


def _kind(gathered: Gathered) -> tuple[ListKind, Callable[[Gathered], None]]:
    head = gathered.document.stream.ahead(_HEAD)
    if misp.HEAD.match(head):
        return "misp", misp.read
    if stix.HEAD.match(head):
        return "stix", stix.read
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        raise gathered.document.error("it is a web page, not a list", "download the file itself")
    if start in (b"{", b"[", b"") or b"\x00" in head:
        raise gathered.document.error("it is neither STIX 2.1, MISP JSON nor CSV", "see docs/en/indicators.md")
    return "csv", table.read
