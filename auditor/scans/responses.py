"""What a review sends to an address, and what it gets: the visitors, and what each was served. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from auditor.models import Trace
from auditor.models.reviews import Hindrance, Logs

Visitor = Literal["plain", "again", "engine", "referrer", "phone", "phone_referrer"]
"""A person's browser; the same once more, which shows what varies by itself; a search engine.

A person who comes from a search engine; a phone; a phone that comes from a search engine."""
Role = Literal["home", "section", "orphan", "page", "missing"]
"""Why an address is looked at: the home page; directly linked from it; known, and nothing links to it; any other.

Nothing is there, and the site has to say so."""


@dataclass(frozen=True)
class VisitorResponse:
    """The response to one visitor at one address."""

    visitor: Visitor
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case; at most 50 of them, 2,000 characters each."""
    body: bytes = b""
    """Unpacked, at most 2,000,000 bytes, and as its headers say (charset is not settled)."""
    location: str | None = None
    """Where a redirect leads, as it was sent: it was not followed. Redirects within the site were, up to five."""


type Sheet = tuple[tuple[str, str | None], ...]
"""What a style sheet hides: selectors, and how; None: it shows them, on some screens."""


@dataclass(frozen=True)
class PageVisit:
    """One address and what its visitors were served, ``plain`` first. Never without an answer."""

    url: str
    """In full, with scheme and domain."""
    role: Role
    responses: tuple[VisitorResponse, ...]
    sheets: tuple[tuple[str, Sheet], ...] = ()
    """Of the site's own style sheets by their addresses, as far as they were read."""


@dataclass(frozen=True)
class SiteBaseline:
    """The knowledge of a site before a page of it is read."""

    domain: str
    own: frozenset[str] = frozenset()
    """Domains that are declared for it, or for other sites of the inventory: links to them are no news."""
    title: str = ""
    """Of its home page in the last look."""
    is_complete: bool = False
    """Whether the last look saw all that was known then."""
    hosts: frozenset[str] = frozenset()
    """Foreign hosts that the last look found loaded or framed."""
    landmarks: frozenset[str] = frozenset()
    """Of its home page in the last look the short lines: menu, headings."""
    tokens: frozenset[str] = frozenset()
    """By which search consoles knew the site's owners in the last look."""


@dataclass(frozen=True)
class PageInventory:
    """The pages of a site, as its host says, whose logs visitors write."""

    addresses: tuple[str, ...] = ()
    """Paths, with their queries; those that matter most first."""
    published_paths: tuple[str, ...] = ()
    """Addresses that the site's application says it publishes."""
    suspect_paths: tuple[str, ...] = ()
    """Those of them that every visitor is sent to.

    The logs say something about them, or nobody but searchers was served there.
    """
    traces: tuple[Trace, ...] = ()
    """What they say."""
    logs: Logs = "none"


@dataclass(frozen=True)
class PageAnalysis:
    """The analysis of one page."""

    traces: tuple[Trace, ...] = ()
    links: tuple[str, ...] = ()
    """Addresses of the same site that it leads to, in full, in their order, each once; at most 500."""
    title: str = ""
    linked_hosts: tuple[str, ...] = ()
    """Foreign hosts that it links to; likewise framed, loaded (scripts, style sheets). At most 100 each."""
    framed_hosts: tuple[str, ...] = ()
    loaded_hosts: tuple[str, ...] = ()
    landmarks: tuple[str, ...] = ()
    """Of the home page its short lines, menu and headings, at most 40."""
    tokens: tuple[str, ...] = ()
    """By which search consoles know the site's owners, at most 20."""
    sheets: tuple[str, ...] = ()
    """Addresses of the site's own style sheets that may hide something of it; of a style sheet those that it takes in.

    At most 40.
    """
    hides: Sheet = ()
    """Of a style sheet: what it hides; at most 200."""
    whole: bool = True
    """Whether all of each answer was read.

    Pages may be longer than what is taken, or hold more of something than is read.
    """
    odd_answers: tuple[tuple[Visitor, Hindrance], ...] = ()
    """Visitors that were served something else than the page, and what."""
    suspicious: bool = False
    """Whether other visitors should be sent there, too, when only ``plain`` has been."""
