"""Errors a person can mend, each one line."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import ValidationError

    from auditor.models import Text

PREFIX = "Value error, "
"""What pydantic puts before a sentence of ours."""


MISTAKE = 2
SOFTWARE, IO = 70, 74
"""As in sysexits.h."""
_SYSTEM_REFUSALS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
EXIT_CODES: Mapping[int, str] = {
    0: "done; an audit found nothing open at or above --fail-on",
    1: (
        "open findings; for other commands, see their --help: for example, a host was rolled back or a mail was refused"
    ),
    MISTAKE: "a mistake in the command or the configuration: one line with the location and the fix",
    3: "an applicable requirement could not be evaluated, which is never counted as a pass",
    SOFTWARE: "a bug in the program: one line, and the traceback in fault.txt next to the history",
    IO: "the system could not read or write, for example because the disk is full",
    130: "Ctrl-C",
}
"""What the command line's exit codes mean, in English; the Vietnamese is in ``messages.po``."""


@dataclass(frozen=True)
class Sentence:
    """A sentence in English, whose Vietnamese ``messages.po`` holds, and what fills the ``{names}`` in it.

    A value may be a sentence itself.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values) if self.values else self.template


class InputError(Exception):
    """Something that the user wrote or asked for is wrong: what, where, and how to mend it.

    Written in English, or as a ``Text`` where both languages are at hand. ``values`` fill the ``{names}`` in both
    sentences. ``guess`` is what was probably meant.
    """

    def __init__(
        self,
        what: str | Sentence | Text,
        *,
        mend: str | Sentence,
        file: Path | None = None,
        line: int | None = None,
        guess: str | None = None,
        **values: object,
    ) -> None:
        self.sentence = Sentence(what, values) if isinstance(what, str) else what
        self.mend_sentence = Sentence(mend, values) if isinstance(mend, str) else mend
        self.what = str(self.sentence) if isinstance(self.sentence, Sentence) else self.sentence.en
        self.mend = str(self.mend_sentence)
        self.file, self.line = file, line
        self.guess = guess
        self.others: tuple[InputError, ...] = ()
        """What else is wrong, where all of it is named at once."""
        self.left: Text | None = None
        """What was done before and stays so, for people to know."""
        super().__init__(self.what)

    @property
    def exit_code(self) -> int:
        """Return ``MISTAKE``, or ``IO`` when a disk is full, cannot be written or is broken.

        Nothing here was wrong.
        """
        cause = self.__cause__
        by_system = isinstance(cause, OSError) and cause.errno in _SYSTEM_REFUSALS
        by_sqlite = getattr(cause, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR"))
        return IO if by_system or by_sqlite else MISTAKE

    def __str__(self) -> str:
        lasting_text = f". {self.left.en}" if self.left else ""
        question = f"; did you mean '{self.guess}'?" if self.guess else ""
        return f"{self.file_and_line_prefix}{self.what}{question} — {self.mend}{lasting_text}"

    def build_json_data(self) -> dict[str, Any]:
        """Return the same for a program, in English."""
        return {
            "file": str(self.file) if self.file else None,
            "line": self.line,
            "what": self.what,
            "guess": self.guess,
            "mend": self.mend,
        }

    @property
    def file_and_line_prefix(self) -> str:
        """Return ``file:line: ``, as far as known."""
        return f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""


def get_place_and_message_of_first_error(validation_error: ValidationError) -> tuple[tuple[int | str, ...], str]:
    """Return the place in the data of the first thing that does not fit its model, and what is wrong with it.

    An empty place is the whole.
    """
    first = next(iter_details_of_validation_error(validation_error))
    return first.place, first.message


class ValidationDetail(NamedTuple):
    """One thing that does not fit its model; an empty place is the whole."""

    place: tuple[int | str, ...]
    message: str
    is_unknown_key: bool


def iter_details_of_validation_error(validation_error: ValidationError) -> Iterator[ValidationDetail]:
    """Yield all that does not fit its model."""
    for each in validation_error.errors(include_url=False, include_input=False, include_context=False):
        yield ValidationDetail(each["loc"], each["msg"].removeprefix(PREFIX), each["type"] == "extra_forbidden")


def find_nearest_known_name(unknown_name: str, known_names: Iterable[str]) -> str | None:
    """Return the known name that was probably meant; None when none is like it. Capitals do not count."""
    names = {name.casefold(): name for name in known_names}
    close = get_close_matches(unknown_name.casefold(), names, n=1)
    return names[close[0]] if close else None


class LabError(Exception):
    """The lab could not do what was asked: one line, or a few with the end of a log. Exit code 1."""
