"""Errors a person can mend, each one line."""

from __future__ import annotations

from pathlib import Path

from auditor.models import Text


class InputError(Exception):
    """Something that the user wrote or asked for is wrong: what, where, and how to mend it. Exit code 2.

    Written in English, whose Vietnamese ``errors.po`` holds; or as a ``Text`` where both languages are at hand.
    ``values`` fill the ``{names}`` in both sentences, which may be f-strings as well.
    """

    def __init__(
        self, what: str | Text, *, mend: str, file: Path | None = None, line: int | None = None, **values: object
    ) -> None:
        self.text = what if isinstance(what, Text) else None
        said = what.en if isinstance(what, Text) else what
        self.what, self.mend = (one.format(**values) if values else one for one in (said, mend))
        self.file, self.line = file, line
        super().__init__(f"{self.where}{self.what} — {self.mend}")

    @property
    def where(self) -> str:
        """``file:line: ``, as far as known."""
        return f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""


class LabError(Exception):
    """The lab could not do what was asked: one line, or a few with the end of a log. Exit code 1."""
