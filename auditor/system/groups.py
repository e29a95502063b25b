"""Things gathered by what they have in common. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def group_by[Thing, Key](things: Iterable[Thing], key: Callable[[Thing], Key]) -> dict[Key, tuple[Thing, ...]]:
    """Return the things by their key; keys in the order in which they first come up, and so are the things of each."""
    groups: dict[Key, list[Thing]] = {}
    for item in things:
        groups.setdefault(key(item), []).append(item)
    return {group_key: tuple(members) for group_key, members in groups.items()}
