"""Long lists over several pages. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PER_PAGE = 200
"""Hosts or sites listed on one page."""


@dataclass(frozen=True, slots=True)
class ListPage[Item]:
    """One page of a list."""

    items: tuple[Item, ...]
    number: int
    """From 1."""
    of: int
    path: str
    paths: tuple[str, ...]
    """Of all pages of the list."""
    first: int
    """Which of all items the first one here is, from 1."""

    @property
    def last_item_number(self) -> int:
        """Return which of all items the last one here is."""
        return self.first + len(self.items) - 1

    @property
    def previous_page_path(self) -> str | None:
        """Return the path of the page before."""
        return self.paths[self.number - 2] if self.number > 1 else None

    @property
    def next_page_path(self) -> str | None:
        """Return the path of the page after."""
        return self.paths[self.number] if self.number < self.of else None


def split_list_into_pages[Item](
    items: Sequence[Item], first_path: str, other_paths_stem: str, per_page: int = PER_PAGE
) -> tuple[ListPage[Item], ...]:
    """Return the list in order, at least one page: the first at ``first_path``, page 2 at ``others-2.html``."""
    of = max(1, -(-len(items) // per_page))
    paths = (first_path, *(f"{other_paths_stem}-{number}.html" for number in range(2, of + 1)))
    return tuple(
        ListPage(
            items=tuple(items[index * per_page : (index + 1) * per_page]),
            number=index + 1,
            of=of,
            path=path,
            paths=paths,
            first=index * per_page + 1,
        )
        for index, path in enumerate(paths)
    )
