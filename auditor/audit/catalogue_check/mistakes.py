"""The mistakes of one expression, as it is gone through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from auditor.errors import Sentence, find_nearest_known_name

WRITING = "see docs/add-a-control.md"


@dataclass(frozen=True)
class Mistake:
    """What is wrong with an expression, how to fix it, and the word that it stands at."""

    what: Sentence
    mend: Sentence
    word: str = ""
    guess: str | None = None


def make_mistake(what: str, mend: str, word: str = "", **values: object) -> Mistake:
    """Return a mistake; ``values`` fill the ``{names}`` in both sentences."""
    return Mistake(Sentence(what, values), Sentence(mend, values), word)


@dataclass
class MistakeLog:
    """The mistakes that were found so far."""

    mistakes: list[Mistake] = field(default_factory=list)

    def add_mistake(
        self, what: str, mend: str = WRITING, *, word: str = "", known: Iterable[str] = (), **values: object
    ) -> None:
        """Add one; ``known`` are the words of which one was probably meant by ``word``."""
        guess = find_nearest_known_name(word, known) if word else None
        mistake = Mistake(Sentence(what, values), Sentence(mend, values), word, guess)
        if mistake not in self.mistakes:
            self.mistakes.append(mistake)
