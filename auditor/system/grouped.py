"""Things gathered by what they have in common. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def grouped[Thing, Key](things: Iterable[Thing], key: Callable[[Thing], Key]) -> dict[Key, tuple[Thing, ...]]:
    """The things by their key; keys in the order in which they first come up, and so are the things of each."""
    found: dict[Key, list[Thing]] = {}
    for thing in things:
        found.setdefault(key(thing), []).append(thing)
    return {one: tuple(members) for one, members in found.items()}
