"""A trace as a finding has it: what responses are made from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.compromise.persistence import get_account_in_trace_location, get_path_in_trace_location
from auditor.models import Site
from auditor.models.hunts import OUTSIDE
from auditor.models.reviews import Kind

CUT = "\u2026"


@dataclass(frozen=True)
class LocatedTrace:
    """One trace: what it is, where it lies, and what tells it from all else there."""

    subject: str
    kind: Kind
    where: str
    """Without whose it is: a path on the host, or of a site."""
    exactly: str
    """What tells it from all else there, word by word; empty: nothing does."""
    who: str = ""
    """The account whose it is; empty where the trace does not say."""
    rules: frozenset[str] = frozenset()
    """Which rules say so."""
    site: str = ""
    """The domain of the site in whose document root it lies, or that it was seen on; empty: of none."""
    root: str = ""
    """That document root; empty: not known."""
    target: str = ""
    """The foreign name that it is about."""

    @property
    def has_whole_path(self) -> bool:
        """Return whether the place is a path whose every letter is known."""
        return self.where.startswith("/") and CUT not in self.where

    @property
    def relative_path(self) -> str:
        """Return where it lies below that root, without the slash; empty for the root itself."""
        return self.where.removeprefix(self.root).strip("/") if self.root else ""


def parse_located_trace_of_violation(subject: str, violation: Any, sites: Iterable[Site] = ()) -> LocatedTrace | None:
    """Return the trace that a finding's member is; None for a member that is none. ``sites``: those of its host."""
    if not isinstance(violation, Mapping) or "kind" not in violation or not isinstance(violation.get("where"), str):
        return None
    kind, who = violation["kind"], get_account_in_trace_location(violation["kind"], violation["where"])
    where, rules = (
        get_path_in_trace_location(kind, violation["where"]),
        frozenset(map(str, violation.get("rules") or ())),
    )
    site, root = _find_site_and_root_containing_trace("" if kind in OUTSIDE else subject, where, tuple(sites))
    target = str(violation.get("target") or "").replace("[.]", ".")
    return LocatedTrace(subject, kind, where, str(violation.get("exactly", "")), who, rules, site, root, target)


def _find_site_and_root_containing_trace(subject: str, trace_path: str, sites: Sequence[Site]) -> tuple[str, str]:
    """Return the site that it was seen on, else that of the innermost root that the place lies in, with its root.

    Of a row, the folder of its application comes before a colon.
    """
    roots = {(site.document_root or "").rstrip("/"): site.domain for site in sites if site.document_root}
    for root, domain in roots.items():
        if domain == subject:
            return domain, root
    inside = [root for root in roots if trace_path == root or trace_path.startswith((f"{root}/", f"{root}: "))]
    return (roots[max(inside, key=len)], max(inside, key=len)) if inside else ("", "")
