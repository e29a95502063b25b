"""robots.txt, read as search engines do: the group for us, the longest rule, ``*`` and ``$``. Pure.

Ours and not protego, whose patterns become regular expressions that a hostile site can make run for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MAX_BYTES = 500_000
MAX_RULES = 500
"""Of one group."""
MAX_STARS = 3_000
"""In all patterns of one group."""
MAX_SITEMAPS = 50
ENGINES = ("googlebot", "bingbot", "coccocbot", "coccocbot-web")
NAME = "luytre"
"""What a site calls us there."""


@dataclass(frozen=True)
class RobotsRules:
    """The rules of a robots.txt for us, and the sitemaps that it names."""

    rules: tuple[tuple[str, bool], ...] = ()
    """Patterns, each with whether it allows."""
    sitemaps: tuple[str, ...] = ()
    for_engines: tuple[tuple[tuple[str, bool], ...], ...] = ()
    """The same rules for search engines, where they are others."""
    _allowed_by_path: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_path_allowed_to_us(self, path: str) -> bool:
        """Return whether an address may be looked at.

        The longest rule that fits decides, and of two as long the one that allows.
        """
        if path not in self._allowed_by_path:
            self._allowed_by_path[path] = _is_path_allowed_by_rules(self.rules, path)
        return self._allowed_by_path[path]

    def is_path_allowed_to_engines_only(self, path: str) -> bool:
        """Return whether a search engine may see what we may not."""
        return not self.is_path_allowed_to_us(path) and any(
            _is_path_allowed_by_rules(rules, path) for rules in self.for_engines
        )


def parse_robots_txt(body: bytes) -> RobotsRules:
    """Return what a file says, whatever its bytes."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    sitemaps: list[str] = []
    agents: list[str] = []
    stars: dict[str, int] = {}
    has_rules = 0
    for name, value in _iter_directives_of_robots_txt(body):
        if name == "user-agent":
            agents = [] if has_rules else agents
            has_rules = 0
            agents.append(value.lower())
            groups.setdefault(value.lower(), [])
        elif name in ("allow", "disallow"):
            has_rules = 1
            for agent in agents if value else ():
                stars[agent] = stars.get(agent, 0) + value.count("*")
                if len(groups[agent]) < MAX_RULES and stars[agent] <= MAX_STARS:
                    groups[agent].append((value, name == "allow"))
        elif name == "sitemap" and len(sitemaps) < MAX_SITEMAPS:
            sitemaps.append(value)
    everybody = groups.get("*", [])
    ours = tuple(groups.get(NAME, everybody))
    theirs = (tuple(groups.get(engine, everybody)) for engine in ENGINES)
    return RobotsRules(ours, tuple(sitemaps), tuple(dict.fromkeys(rules for rules in theirs if rules != ours)))


def _is_path_allowed_by_rules(rules: Iterable[tuple[str, bool]], path: str) -> bool:
    return max(
        ((len(pattern), is_allowed) for pattern, is_allowed in rules if is_path_matched_by_pattern(pattern, path)),
        default=(0, True),
    )[1]


def is_path_matched_by_pattern(pattern: str, path: str) -> bool:
    """Return whether a pattern fits an address, in time that grows with both alone."""
    has_anchor = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for number, part in enumerate(rest):
        if has_anchor and number == len(rest) - 1:
            return len(path) - len(part) >= at and path.endswith(part)
        index = path.find(part, at)
        if index < 0:
            return False
        at = index + len(part)
    return not has_anchor or at == len(path)


def _iter_directives_of_robots_txt(body: bytes) -> Iterator[tuple[str, str]]:
    for line in body[:MAX_BYTES].decode("utf-8", "replace").lstrip("\ufeff").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()[:2_000]
