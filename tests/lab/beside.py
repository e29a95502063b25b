"""What needs one host goes on beside what needs the others: most of its time is waiting.

An act is a function of a ``Stage``. A test that is about one ends with its name after two underscores, and gets what
came of it from the fixture ``acted``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.lab.fixtures import Hardened


@dataclass(frozen=True)
class Stage:
    """Record of what an act has for itself."""

    host: str
    folder: Path
    hardened: Hardened
    """The lab as it was hardened first; whoever wants the host so brings it back."""


type Play = Callable[[Stage], Any]


@dataclass(frozen=True)
class Act:
    """Something to do with one host."""

    host: str
    play: Play


ACTS: dict[str, Act] = {}


def act(host: str) -> Callable[[Play], Play]:
    """Declare the function an act on that host, under its own name."""

    def declared(play: Play) -> Play:
        ACTS[play.__name__] = Act(host, play)
        return play

    return declared


def asked(tests: Iterable[str]) -> list[str]:
    """Return the acts that tests of these names are about."""
    wanted = {name.partition("[")[0].rpartition("__")[2] for name in tests}
    return [name for name in ACTS if name in wanted]


def play_all(names: Iterable[str], hardened: Hardened, folder: Callable[[str], Path]) -> Callable[[str], Any]:
    """Play the acts, those on one host one after the other; what came of one by its name, or its error raised."""
    chains: dict[str, list[str]] = {}
    for name in names:
        chains.setdefault(ACTS[name].host, []).append(name)

    def chain(host: str) -> dict[str, tuple[Any, Exception | None]]:
        return {name: _played(ACTS[name].play, Stage(host, folder(name), hardened)) for name in chains[host]}

    with ThreadPoolExecutor() as pool:
        outcomes: Mapping[str, tuple[Any, Exception | None]] = {
            name: outcome for played in pool.map(chain, chains) for name, outcome in played.items()
        }

    def outcome(name: str) -> Any:
        value, error = outcomes[name]
        if error is not None:
            raise error
        return value

    return outcome


def _played(play: Play, stage: Stage) -> tuple[Any, Exception | None]:
    try:
        return play(stage), None
    except Exception as error:  # any: it is raised in the test that is about the act
        return None, error
