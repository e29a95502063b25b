"""robots.txt, read by protego as search engines do, and no more of it than can be read in no time. Pure.

protego looks for the parts of a pattern one after the other, without regular expressions; it has no bounds of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from protego import Protego

MAX_BYTES = 500_000
MAX_LINES = 1_000
MAX_LINE = 2_000
"""Characters."""
MAX_STARS = 1_000
"""In all patterns."""
MAX_SITEMAPS = 50
ENGINES = ("googlebot", "bingbot", "coccocbot", "coccocbot-web")
NAME = "luytre"
"""What a site calls us there."""


@dataclass(frozen=True)
class RobotsRules:
    """The rules of a robots.txt, and the sitemaps that it names."""

    sitemaps: tuple[str, ...] = ()
    rules: Protego | None = None
    """None: everything may be looked at."""
    _allowed_by_path: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_path_allowed_to_us(self, path: str) -> bool:
        """Return whether an address may be looked at."""
        if path not in self._allowed_by_path:
            self._allowed_by_path[path] = self._is_path_allowed(path, NAME)
        return self._allowed_by_path[path]

    def is_path_allowed_to_engines_only(self, path: str) -> bool:
        """Return whether a search engine may see what we may not."""
        return not self.is_path_allowed_to_us(path) and any(self._is_path_allowed(path, name) for name in ENGINES)

    def _is_path_allowed(self, path: str, name: str) -> bool:
        # With a site before it, or a path with two slashes would be taken for one.
        return self.rules is None or self.rules.can_fetch(f"http://site{path}", name)


def parse_robots_txt(body: bytes) -> RobotsRules:
    """Return what a file says, whatever its bytes."""
    text = body[:MAX_BYTES].decode("utf-8", "replace").lstrip("\ufeff")
    rules = Protego.parse("\n".join(_iter_bounded_lines(text)))
    return RobotsRules(tuple(islice(rules.sitemaps, MAX_SITEMAPS)), rules)


def _iter_bounded_lines(text: str) -> Iterator[str]:
    """Yield lines until there are too many of them, or too many ``*`` in them."""
    stars = 0
    for line in text.splitlines()[:MAX_LINES]:
        stars += line.count("*", 0, MAX_LINE)
        if stars > MAX_STARS:
            return
        yield line[:MAX_LINE]
