"""What a host says of the places outside its web roots, taken in. Every byte of it may be an intruder's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from auditor.compromise.file_listing import ListingError, Seconds, unpack_compressed_json

Slot = Literal[
    "cron",
    "at",
    "unit",
    "generator",
    "start",
    "started",
    "hook",
    "account",
    "key",
    "sshd",
    "sudo",
    "pam",
    "pam_module",
    "preload",
    "library",
    "php",
    "php_module",
    "web_module",
    "database",
    "setuid",
    "program",
    "process",
    "listener",
    "kernel_module",
    "temporary",
    "cms_account",
    "snippet",
    "order",
    "log",
]
PackageStatus = Literal["packaged", "changed", "foreign", "gone"]
_COUNT = Annotated[int, Field(ge=0, le=1 << 62)]
_PATH = Annotated[str, Field(max_length=1_000)]
MAX_ALL_SAID = 3_000_000
"""Characters of all rows together: each is searched for signs."""
MAX_SOUND = 20_000
_WORD = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,29}$")]
_ROW = tuple[
    Slot,
    _PATH,
    Annotated[str, Field(max_length=100)],
    PackageStatus,
    Annotated[str, Field(max_length=21_000)],
    Annotated[list[_WORD], Field(max_length=10)],
    Annotated[list[tuple[_PATH, PackageStatus]], Field(max_length=10)],
    Annotated[str, Field(max_length=300)],
]


Stamps = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=MAX_SOUND * 11)]
"""Eight bytes each, in base64."""


@checked(frozen=True)
class _Document:
    rows: Annotated[list[_ROW], Field(max_length=10_000)]
    sound: Stamps
    seen: _COUNT
    cut_short: Annotated[list[_WORD], Field(max_length=40)]
    seconds: Seconds
    processor: Seconds


_DOCUMENT = TypeAdapter(_Document)


@dataclass(frozen=True, slots=True)
class Autorun:
    """One thing that starts, lets in, is loaded or runs."""

    slot: Slot
    where: str
    """A full path, undecodable bytes kept; of code in a database its name."""
    who: str
    """The account whose it is, or as which it runs."""
    package_status: PackageStatus
    """To Debian's packages, by the host's own word."""
    text: str
    """A command, the lines of a script, a setting: as the host has it, with whatever secrets are in it."""
    marks: frozenset[str]
    programs: tuple[tuple[str, PackageStatus], ...]
    """What it runs or loads, and how that stands."""
    exactly: str = ""
    """What tells it from all else there, if it can be stopped by itself; empty: nothing does."""


@dataclass(frozen=True)
class AutorunList:
    """The answer of one reading."""

    all: Sequence[Autorun] = ()
    seen_count: int = 0
    cut_short: tuple[str, ...] = ()
    """Parts that could not be read to their end."""
    processor: float = 0.0
    sound: str = ""
    """Stamps of what is as its package made it, as the host packs them: it need not read that again."""


def parse_autoruns(packed_json: object) -> AutorunList:
    """Return the places as they travel. Raises ListingError."""
    try:
        document = _DOCUMENT.validate_python(unpack_compressed_json(packed_json))
        if sum(len(row[4]) for row in document.rows) > MAX_ALL_SAID:
            raise ValueError("more than a host of ours says")
        autoruns = tuple(_build_autorun_from_row(row) for row in document.rows)
    except (ValidationError, ValueError, TypeError) as error:
        raise ListingError("the host's list of places is none") from error
    return AutorunList(
        autoruns, document.seen, tuple(dict.fromkeys(document.cut_short)), document.processor, document.sound
    )


def _build_autorun_from_row(row: _ROW) -> Autorun:
    slot, where, who, package_status, text, marks, programs, exactly = row
    statuses = tuple((_decode_latin1_path(path), how) for path, how in programs)
    return Autorun(slot, _decode_latin1_path(where), who, package_status, text, frozenset(marks), statuses, exactly)


def _decode_latin1_path(latin1_path: str) -> str:
    """Return a path that has a letter for each of its bytes. Raises UnicodeError for another."""
    return latin1_path.encode("latin-1").decode("utf-8", "surrogateescape")
