"""Errors a person can mend, each one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


class InputError(Exception):
    """Something that the user wrote or asked for is wrong: what, where, and how to mend it. Exit code 2.

    ``what`` and ``mend`` are English sentences whose ``{names}`` are filled from ``values``: so written, each has its
    translation in ``errors.po``.
    """

    def __init__(self, what: str, *, mend: str, file: Path | None = None, line: int | None = None, **values: object):
        self._what, self._mend, self._values, self.file, self.line = what, mend, values, file, line
        super().__init__(self.told(str))

    @property
    def what(self) -> str:
        """What is wrong, in English."""
        return self._filled(self._what)

    @property
    def mend(self) -> str:
        """How to mend it, in English."""
        return self._filled(self._mend)

    def told(self, translated: Callable[[str], str]) -> str:
        """The whole, its two sentences put through ``translated`` before their values are filled in."""
        where = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        return f"{where}{self._filled(translated(self._what))} — {self._filled(translated(self._mend))}"

    def _filled(self, sentence: str) -> str:
        return sentence.format(**self._values) if self._values else sentence
