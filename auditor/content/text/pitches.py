"""Offers told by what they are made of, however they are worded: what is offered, how fast or for whom, how to get it.

No part of one is an advert by itself: banks lend, doctors cure, schools give papers. All parts within a few lines are.
Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

CATEGORY = "pitch"
WITHIN = 260
"""Letters in which all parts of an offer stand."""
PARTS = ("1", "2", "3", "4")


def find_pitches(hits: Iterable[tuple[int, str, str]], parts: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the kinds of offers of which every part stands close to the others.

    ``hits``: where in the text a word begins, of which kind of offer it is a part, and of which part. ``parts``: all
    parts of each kind.
    """
    places: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for start, kind, part in hits:
        places[kind].append((start, part))
    return frozenset(kind for kind, found in places.items() if _stand_together(sorted(found), parts[kind]))


def _stand_together(found: list[tuple[int, str]], needed: frozenset[str]) -> bool:
    """Return whether all parts stand within a few lines somewhere."""
    last: dict[str, int] = {}
    for start, part in found:
        last[part] = start
        if last.keys() >= needed and start - min(last.values()) <= WITHIN:
            return True
    return False
