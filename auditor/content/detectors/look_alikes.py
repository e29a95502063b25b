"""Telling names of hosts that are made to be taken for those of others: of libraries, of the state. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from auditor.content.domains import DomainClassifier, get_registrable_domain
from auditor.content.text.lexicon import Lexicon

_SHORTEST, _LONG, _MOST = 6, 10, 40
"""Letters of a name that may be copied; those from which two letters may differ; those of a name that is compared."""
_OF_LIBRARIES = ("jquery", "bootstrap", "fontawesome", "recaptcha")
_MEANS_NOTHING = re.compile(
    r"(?:cdn|min|js|css|api|static|assets?|net|com|org|www|code|stats?|lib|libs|ajax|load|loader|host|tags?|gtm|fonts?"
    r"|cloud|edge|analytics?|script|cache|img|web|v?\d{1,4}|)"
)
"""What is put beside a name so that it is another one."""
_STATE = re.compile(
    r"(?:^|[.-])(?:gov|chinhphu)[.-]?vn(?:[.-]|$)|(?:^|[.-])(?:dichvucong|vneid|dancuquocgia)(?:-?gov)?[.-]vn[.-]"
)


def find_copied_library(host: str, near: DomainClassifier) -> str:
    """Return the known name that a foreign host's name is made like; empty when it is like none."""
    registrable = get_registrable_domain(host)
    known = _list_known_labels(near.lexicon)
    before = f".{host.removesuffix(registrable)}"
    copied = next((name for name, domain in known.items() if f".{domain}." in before), "")
    return copied or _find_copied_label(registrable.partition(".")[0], near.lexicon)


def is_like_state(host: str) -> bool:
    """Return whether a foreign host's name holds the ending of the state's names, or of its services."""
    return _STATE.search(host) is not None


@functools.lru_cache(maxsize=8)
def _list_known_labels(lexicon: Lexicon) -> dict[str, str]:
    """Return the registered names that the whole web knows, each with its domain."""
    domains = (name for name, whose in lexicon.addresses.items() if whose == "known")
    labels = {get_registrable_domain(name).partition(".")[0].replace("-", ""): name for name in domains}
    return {label: name for label, name in labels.items() if len(label) >= _SHORTEST} | {
        name: f"{name}.com" for name in _OF_LIBRARIES
    }


@functools.lru_cache(maxsize=1024)
def _find_copied_label(label: str, lexicon: Lexicon) -> str:
    if len(label) > _MOST:
        return ""
    known = _list_known_labels(lexicon)
    parts = label.split("-")
    for start in range(len(parts)):
        for stop in range(len(parts), start, -1):
            if all(map(_MEANS_NOTHING.fullmatch, (*parts[:start], *parts[stop:]))):
                copied = _find_alike("".join(parts[start:stop]), known)
                if copied:
                    return copied
    return ""


def _find_alike(name: str, known: Iterable[str]) -> str:
    if len(name) < _SHORTEST:
        return ""
    for label in known:
        most = 2 if len(label) >= _LONG else 1
        if abs(len(label) - len(name)) <= most and _count_differences(name, label) <= most:
            return label
        rest = name.replace(label, "") if label in name else None
        if rest is not None and _MEANS_NOTHING.fullmatch(rest):
            return label
    return ""


def _count_differences(first: str, second: str) -> int:
    """Return how many letters are to be changed, added, left out or exchanged with the next one."""
    earlier: list[int] = []
    before = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        now = [row]
        for column, other in enumerate(second, 1):
            cost = min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                cost = min(cost, earlier[column - 2] + 1)
            now.append(cost)
        earlier, before = before, now
    return before[-1]
