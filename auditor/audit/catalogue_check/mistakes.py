"""The mistakes of one expression, as it is gone through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from auditor.errors import find_nearest_known_name

WRITING = "see docs/add-a-control.md"


@dataclass(frozen=True)
class Mistake:
    """What is wrong with an expression, how to fix it, and the word that it stands at."""

    what: str
    mend: str
    word: str = ""
    guess: str | None = None


@dataclass
class MistakeLog:
    """The mistakes that were found so far."""

    mistakes: list[Mistake] = field(default_factory=list)

    def add_mistake(self, what: str, mend: str = WRITING, *, word: str = "", known: Iterable[str] = ()) -> None:
        """Add one; ``known`` are the words of which one was probably meant by ``word``."""
        mistake = Mistake(what, mend, word, find_nearest_known_name(word, known) if word else None)
        if mistake not in self.mistakes:
            self.mistakes.append(mistake)
