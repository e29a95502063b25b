"""The site's own style sheets that may hide something: each fetched once in a look, with those that it takes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from auditor.content.crawler import url_filter
from auditor.scans.responses import PageAnalysis, Sheet

MAX_SHEETS = 20
"""Style sheets of one site that are fetched in one look, of those pages that lead to others."""


@dataclass
class StyleSheets:
    """The style sheets that were read so far."""

    own: frozenset[str]
    """Names of the site."""
    fetch_and_analyze: Callable[[str], PageAnalysis]
    """Returns what the sheet at a path hides: nothing when it is not there."""
    is_path_allowed: Callable[[str], bool]
    sheets: dict[str, Sheet] = field(default_factory=dict, init=False)
    """By the address that a page names."""

    def fetch_new_sheets(self, addresses: Iterable[str]) -> bool:
        """Read those that are new, and those that they take in. Return whether one of them hides anything."""
        hides, queue = False, [(address, address) for address in addresses]
        while queue and len(self.sheets) < MAX_SHEETS:
            address, origin = queue.pop(0)
            path = url_filter.resolve_link_to_own_path(address, address, self.own)
            if (
                address in self.sheets
                or path is None
                or not url_filter.is_style_sheet_path(path)
                or not self.is_path_allowed(path)
            ):
                continue
            read = self.fetch_and_analyze(path)
            self.sheets[address] = ()
            self.sheets[origin] += read.hides
            hides = hides or bool(read.hides)
            queue += [(imported_sheet, origin) for imported_sheet in read.sheets]
        return hides
