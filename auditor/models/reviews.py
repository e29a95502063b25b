"""What reviews see of sites: traces, looks, and the traces that an office accepts."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from auditor.models.base import Domain, Model
from auditor.models.exceptions.record import ExceptionTerms, OfficeException, Role

MAX_SAMPLE, MAX_WHERE, MAX_TARGET = 160, 120, 60
"""Characters; none takes more than twice as many bytes."""
MAX_RULES, MAX_FAMILIES = 4, 6
MAX_OF_A_KIND = 200
"""Traces of one kind in one look; what is beyond is counted, not kept."""
MAX_BYTES = 1024
"""Of one trace as JSON, which the bounds of its parts keep it below."""

Kind = Literal[
    "redirect",
    "link",
    "frame",
    "script",
    "text",
    "title",
    "canonical",
    "form",
    "payload",
    "doorway",
    "missing_page",
    "reflection",
    "sitemap",
    "search_console",
    "defacement",
    "document",
    "push",
    "program",
    "settings",
    "executable",
    "changed",
    "unknown",
    "left_over",
    "misplaced",
    "missing",
    "unjudged",
    "job",
    "unit",
    "startup",
    "hook",
    "account",
    "key",
    "permission",
    "login",
    "preload",
    "interpreter",
    "server_module",
    "database_code",
    "setuid",
    "replaced",
    "process",
    "listener",
    "kernel_module",
    "temporary",
    "log",
]
"""What it is, for whoever has to remove it; how it was found are its families. Their words: ``content.kind.KIND``."""
Family = Literal[
    "visitors",
    "hidden",
    "code",
    "redirects",
    "lexicon",
    "address",
    "language",
    "writing",
    "structure",
    "baseline",
    "orphan",
    "logs",
    "rules",
    "tree",
    "others",
    "place",
    "known",
]
"""Ways of finding that do not rest on each other: what engines get and people do not; hidden from sight.

Inside of decoded code; leading away; words; a domain that looks like adverts; a foreign language; disguised letters;
the page's own declarations; unlike the last accepted look; on a page that nothing links to; what access logs say that
engines or searchers were served. Of files on a host: our rules; the syntax tree; rules of others; where it lies; unlike
what is known to be good."""
Certainty = Literal["exact", "strong", "weak"]
"""``exact``: nothing else can look so.

``strong``: two families, the lexicon being one. ``weak``: shown, never an alarm.
"""

Key = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""The same for the same thing tomorrow and on another site."""
_EXACTLY = r"^[A-Za-z0-9:+/@._ -]{0,60}$"
Exactly = Annotated[str, StringConstraints(pattern=_EXACTLY)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,29}$")]


def is_allowed_as_exact_trace_identifier(identifier: str) -> bool:
    """Return whether a trace may say so what tells it from all else."""
    return re.fullmatch(_EXACTLY, identifier) is not None


RENDERED_RULE = "rendered"
"""The rule of a trace that a browser alone saw."""


class Trace(Model):
    """One thing seen on a site that its owner may not have put there."""

    key: Key
    kind: Kind
    certainty: Certainty
    where: str = Field(max_length=MAX_WHERE, description="path of the first address that it was seen at")
    places: int = Field(default=1, ge=1, description="at how many addresses")
    sample: str = Field(max_length=MAX_SAMPLE, description="of what was seen: secrets and people's numbers taken out")
    target: str | None = Field(
        default=None, max_length=MAX_TARGET, description="the foreign host that it is about, defanged"
    )
    exactly: Exactly = Field(
        default="",
        description="of what is outside web roots, what tells it from all else where it lies, so that it can be "
        "stopped by itself: a line's number and "
        "digest, numbers of processes, a key's fingerprint, a name; empty: nothing does",
    )
    families: tuple[Family, ...] = Field(max_length=MAX_FAMILIES)
    rules: tuple[Name, ...] = Field(max_length=MAX_RULES, description="which rules say so")

    @model_validator(mode="after")
    def _require_trace_below_size_limit(self) -> Self:
        if len(self.model_dump_json().encode("utf-8", "replace")) > MAX_BYTES:
            raise ValueError(f"a trace of more than {MAX_BYTES} bytes")
        return self


SiteStop = Literal[
    "refused", "challenge", "silent", "no_name", "no_tls", "another_site", "unreadable", "robots", "told_to_wait"
]
"""The site began to refuse us; shows a page that tells people from programs; no longer answers; its name is not found;
offers no TLS that works; what answers is another site; its home page is no text that can be read; its robots.txt
refuses its home page; the site said until when not to come again."""
StopCause = Literal[SiteStop, "time", "pages"]
"""What the site did, or the budget of minutes or pages is used up."""
SILENCES: frozenset[str] = frozenset({"silent", "no_name", "no_tls"})
"""Nothing answered."""

Manner = Literal["visitor", "phone", "search_engine", "referrer", "rendered"]
"""As whom a site is visited: somebody with a browser, a phone, a search engine, somebody who comes from a search.

``rendered``: what a browser shows when the page's scripts have run."""
MANNERS: tuple[Manner, ...] = get_args(Manner)
Outcome = Literal["answered", "refused", "impossible", "otherwise", "not_requested"]
"""What became of the visits in a manner; ``otherwise``: something was served, and it was not the page."""
Hindrance = Literal[
    SiteStop,
    "guards_unknown",
    "no_way_inside",
    "no_browser",
    "needs_browser",
    "through_host",
    "not_visited",
    "status",
    "empty",
    "led_away",
    "not_recorded",
]
"""What kept a visit from showing the page.

Beside what ends a look: the host did not tell what would ban such a visitor; one who would be banned cannot come from
the host itself; the browser showed nothing; scripts write the page, and no browser was asked for; people go through the
host, where no browser is; the look ended before. An error where people get the page; next to nothing; a redirect to
where no review goes; an earlier version did not say."""
REFUSALS: frozenset[Hindrance] = frozenset({"refused", "challenge", "robots", "told_to_wait"})
OTHER_ANSWERS: frozenset[Hindrance] = frozenset({"another_site", "unreadable", "status", "empty", "led_away"})
Host = Annotated[str, StringConstraints(max_length=100)]
Line = Annotated[str, StringConstraints(max_length=120)]


class ResponseFile(Model):
    """A file with the answers of one address in which traces were found."""

    file: str = Field(max_length=100, description="its name in the folder of the site's answers")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    where: str = Field(max_length=MAX_WHERE, description="path of the address")


class Stop(Model):
    """The cause that ended a look before all was seen."""

    why: StopCause
    status: int | None = Field(default=None, description="what the site answered then")
    where: str = Field(default="/", max_length=MAX_WHERE, description="path that was asked for then")

    @property
    def hindrance(self) -> SiteStop | None:
        """Return what the site did to end it, so that finding nothing means nothing.

        None where a budget was used up.
        """
        return None if self.why == "time" or self.why == "pages" else self.why


class MannerVisit(Model):
    """What became of the visits that one look made in one manner."""

    manner: Manner
    outcome: Outcome
    why: Hindrance | None = Field(default=None, description="what kept them from showing the page")
    status: int | None = Field(default=None, description="what was answered then")
    where: str = Field(default="/", max_length=MAX_WHERE, description="path that was asked for then")

    @property
    def is_gap(self) -> bool:
        """Return whether nobody knows what the site shows in this manner, though somebody should."""
        return self.outcome not in ("answered", "not_requested")


Logs = Literal["read", "partly", "none"]
"""Whether a site's access logs told which pages there are: all; not all of them, or not to their end; none."""


class Scan(Model):
    """The result of one review of one site, by this machine's clock.

    What it did not get to stands as earlier looks saw it.
    """

    id: str = Field(max_length=64)
    site: Domain
    started: str = Field(description="ISO 8601 with offset")
    seconds: float
    known: int = Field(
        description="addresses that are known of, those that differ in numbers only sampled; also those that may not "
        "be seen"
    )
    fresh: int = Field(description="of these, seen within the last seven days")
    visited: int = Field(description="of these, seen in this look")
    unread: int = Field(
        default=0,
        description="addresses whose answer could not be read, or not all of it: built to cost time, too long, or no "
        "page",
    )
    withheld: int = Field(default=0, description="addresses that robots.txt lets search engines see and us not")
    stopped: Stop | None = None
    engine: bool = Field(description="whether it was visited as a search engine, too")
    missed: tuple[Name, ...] = Field(
        default=(), max_length=6, description="visitors that its home page gave no answer that can be read"
    )
    manners: tuple[MannerVisit, ...] = Field(
        default=(), max_length=5, description="what became of each manner of visit; none: looks did not say so yet"
    )
    logs: Logs | None = Field(
        default=None, description="access logs that told of pages; None: looks did not say so yet"
    )
    title: str = Field(default="", max_length=200, description="of its home page")
    sitemaps: int = Field(default=0, description="sitemaps that were read")
    linked: tuple[Host, ...] = Field(default=(), max_length=100, description="foreign hosts that it links to")
    framed: tuple[Host, ...] = Field(default=(), max_length=100, description="likewise shows in frames")
    loaded: tuple[Host, ...] = Field(default=(), max_length=100, description="likewise loads scripts and styles from")
    landmarks: tuple[Line, ...] = Field(default=(), max_length=40, description="short lines of its home page")
    tokens: tuple[Line, ...] = Field(default=(), max_length=20, description="by which search consoles know its owners")
    traces: tuple[Trace, ...] = ()
    left_out: int = Field(default=0, description="traces beyond those kept of a kind")
    rendered: int = Field(default=0, description="addresses that a browser was shown, too")
    unrendered: int = Field(default=0, description="addresses that a browser could not be shown")
    answers: tuple[ResponseFile, ...] = Field(default=(), max_length=20, description="that were kept as files")


Place = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=253)]


class TraceAcceptance(OfficeException):
    """One trace that an office accepts on one site, or on one host."""

    site: Place = Field(description="a site's domain, or a host's name")
    key: Key
    reason: str = Field(min_length=1, max_length=500)
    approver: Role
    granted: date = Field(description="first day, Vietnam time")
    until: date | None = Field(default=None, description="last day, Vietnam time; None: until it is withdrawn")
    second: Role | None = Field(
        default=None, description="the other office role that agreed, of a trace that gives the alarm"
    )

    @property
    def terms(self) -> ExceptionTerms:
        """Return what it has in common with the others."""
        return ExceptionTerms(
            kind="accepted_trace",
            name=self.key,
            about=self.key,
            role=self.approver,
            second=self.second or "",
            reason=self.reason,
            places=(self.site,),
            first_day=self.granted,
            last_day=self.until,
        )


class ScanSummary(Model):
    """The summary of a site's last look in an audit, besides its findings."""

    site: Domain
    look: str
    started: str = Field(description="ISO 8601 with offset")
    age_days: int = Field(description="whole days between the look and the audit")
    known: int
    fresh: int
    unread: int
    withheld: int = 0
    stopped: Stop | None
    engine: bool
    manners: tuple[MannerVisit, ...] = Field(default=(), description="what became of each manner of visit")
    logs: Logs | None = None
    weak: tuple[Trace, ...] = Field(default=(), description="seen, and too little for an alarm")
    accepted: tuple[AcceptedTrace, ...] = Field(default=(), description="seen, and accepted")


class AcceptedTrace(Model):
    """A trace that is there, and who accepts it."""

    trace: Trace
    by: TraceAcceptance


ScanSummary.model_rebuild()
