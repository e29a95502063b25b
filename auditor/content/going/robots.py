"""robots.txt, read as search engines do: the group for us, the longest rule, ``*`` and ``$``. Pure.

Ours and not protego, whose patterns become regular expressions that a hostile site can make run for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAX_BYTES = 500_000
MAX_RULES = 2_000
MAX_SITEMAPS = 50
NAME = "luytre"
"""What a site calls us there."""


@dataclass(frozen=True)
class Robots:
    """What a robots.txt lets us look at, and the sitemaps that it names."""

    rules: tuple[tuple[str, bool], ...] = ()
    """Patterns, each with whether it allows."""
    sitemaps: tuple[str, ...] = ()

    def allows(self, path: str) -> bool:
        """Whether an address may be looked at: the longest rule that fits decides, and of two as long the one that allows."""
        best = max(
            ((len(pattern), allowed) for pattern, allowed in self.rules if fits(pattern, path)), default=(0, True)
        )
        return best[1]


def read(body: bytes) -> Robots:
    """What a file says, whatever its bytes."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    sitemaps: list[str] = []
    agents: list[str] = []
    ruled = count = 0
    for name, value in _lines(body):
        if name == "user-agent":
            agents = [] if ruled else agents
            ruled = 0
            agents.append(value.lower())
            groups.setdefault(value.lower(), [])
        elif name in ("allow", "disallow"):
            ruled = 1
            count += 1
            for agent in agents if value and count <= MAX_RULES else ():
                groups[agent].append((value, name == "allow"))
        elif name == "sitemap" and len(sitemaps) < MAX_SITEMAPS:
            sitemaps.append(value)
    return Robots(tuple(groups.get(NAME, groups.get("*", ()))), tuple(sitemaps))


def fits(pattern: str, path: str) -> bool:
    """Whether a pattern fits an address, in time that grows with both alone."""
    anchored = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for number, part in enumerate(rest):
        if anchored and number == len(rest) - 1:
            return len(path) - len(part) >= at and path.endswith(part)
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return not anchored or at == len(path)


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    for line in body[:MAX_BYTES].decode("utf-8", "replace").lstrip("\ufeff").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()[:2_000]
