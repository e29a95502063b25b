"""Errors a person can mend, each one line."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """Something that the user wrote or asked for is wrong: what, where, and how to mend it. Exit code 2."""

    def __init__(self, what: str, *, mend: str, file: Path | None = None, line: int | None = None) -> None:
        self.what, self.mend, self.file, self.line = what, mend, file, line
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{where}{what} — {mend}")
