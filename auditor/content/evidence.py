"""What speaks for a thing having been put on a page by others, gathered by the thing: a foreign host, a text. Pure.

Only what is said of one and the same thing adds up; that a page warns of betting and has a hidden menu is no evidence
of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from auditor.content.domains import get_registrable_domain
from auditor.scans.traces import Family, Kind, Trace, add_target_to_trace, build_masked_trace, make_trace_exact

_GRAVEST: tuple[Kind, ...] = (
    *("defacement", "redirect", "payload", "frame", "form", "script", "push", "canonical", "doorway", "link"),
    *("missing_page", "title", "document", "text", "search_console", "sitemap", "reflection"),
)


@dataclass
class PageSuspect:
    """One thing, and what speaks against it."""

    kinds: dict[Kind, None] = field(default_factory=dict)
    families: dict[Family, None] = field(default_factory=dict)
    rules: dict[str, None] = field(default_factory=dict)
    sample: str = ""
    exact: bool = False
    report_alone: bool = False
    """Worth being shown even when only one family speaks against it."""

    def add_evidence(
        self, kind: Kind, rule: str, sample: str, families: Iterable[Family], *, report_alone: bool, exact: bool
    ) -> None:
        """Note what speaks against it."""
        self.kinds[kind] = None
        self.families.update(dict.fromkeys(families))
        self.rules[rule] = None
        self.sample = self.sample or sample
        self.report_alone = self.report_alone or report_alone
        self.exact = self.exact or exact


@dataclass
class PageEvidence:
    """All suspects of one page."""

    where: str
    hosts: dict[str, PageSuspect] = field(default_factory=dict)
    things: dict[tuple[Kind, str], PageSuspect] = field(default_factory=dict)

    def add_evidence_against_host(
        self,
        host: str,
        kind: Kind,
        rule: str,
        sample: str,
        *families: Family,
        report_alone: bool = False,
        exact: bool = False,
    ) -> None:
        """Note something about a foreign host.

        Evidence about one of its names counts for whoever registered it.
        """
        suspect = self.hosts.setdefault(get_registrable_domain(host), PageSuspect())
        suspect.add_evidence(kind, rule, sample, families, report_alone=report_alone, exact=exact)

    def add_evidence_without_host(
        self,
        kind: Kind,
        essence: str,
        rule: str,
        sample: str,
        *families: Family,
        report_alone: bool = True,
        exact: bool = False,
    ) -> None:
        """Note something about what has no host: ``essence`` is the same tomorrow and on another site."""
        suspect = self.things.setdefault((kind, essence), PageSuspect())
        suspect.add_evidence(kind, rule, sample, families, report_alone=report_alone, exact=exact)

    def iter_traces_of_suspects(self, *, is_orphan: bool) -> Iterator[Trace]:
        """Yield what is to be told.

        ``is_orphan``: nothing leads to the page, which speaks against what else is found on it.
        """
        for name, suspect in self.hosts.items():
            yield from self._iter_trace_of_suspect(
                name, min(suspect.kinds, key=_GRAVEST.index), suspect, name, is_orphan=is_orphan
            )
        for (kind, essence), suspect in self.things.items():
            yield from self._iter_trace_of_suspect(essence, kind, suspect, None, is_orphan=is_orphan)

    def _iter_trace_of_suspect(
        self, essence: str, kind: Kind, suspect: PageSuspect, target: str | None, *, is_orphan: bool
    ) -> Iterator[Trace]:
        if not suspect.families:
            return
        families = (*suspect.families, "orphan") if is_orphan else tuple(suspect.families)
        if suspect.exact or len(suspect.families) > 1 or suspect.report_alone:
            trace = build_masked_trace(
                kind,
                essence,
                where=self.where,
                sample=suspect.sample,
                families=families,
                rules=suspect.rules,
            )
            trace = make_trace_exact(trace) if suspect.exact else trace
            yield add_target_to_trace(trace, target) if target is not None else trace
