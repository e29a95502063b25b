"""What a run comes to: per site, per host, for the fleet, and against an earlier run. Pure functions.

A site answers for its own findings and for its host's, which it shares with the other sites there. Fleet
totals count each finding once.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field

from auditor.models import Bucket, Finding, Host, HostOutcome, Model, Run, Severity, Site, Status, Text, Unit

if TYPE_CHECKING:
    from auditor.audit.controls import Catalogue, Control

SEVERITIES: tuple[Severity, ...] = tuple(sorted(Severity, key=lambda severity: -severity.rank))
"""Worst first."""

URGENT: frozenset[Severity] = frozenset({Severity.CRITICAL, Severity.HIGH})
"""What has to be done at once."""

_DAY = 86_400


class Counts(Model):
    """How many findings there are of each status, and how many open ones of each severity."""

    status: Mapping[Status, int]
    open: Mapping[Severity, int] = Field(description="without those that a waiver lets be")
    waived: int = Field(default=0, description="partial or fail, let be by a waiver for now")
    attested: int = Field(default=0, description="manual, and answered by a person")

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Self:
        """The counts of these findings."""
        status: Counter[Status] = Counter()
        severity: Counter[Severity] = Counter()
        apart: Counter[Bucket] = Counter()
        for finding in findings:
            status[finding.status] += 1
            if finding.is_open:
                severity[finding.severity] += 1
            elif finding.waiver is not None or finding.attestation is not None:
                apart[finding.bucket] += 1
        return cls(
            status={s: status[s] for s in Status},
            open={s: severity[s] for s in SEVERITIES},
            waived=apart["waived"],
            attested=apart["attested"],
        )

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            status={status: count + other.status[status] for status, count in self.status.items()},
            open={severity: count + other.open[severity] for severity, count in self.open.items()},
            waived=self.waived + other.waived,
            attested=self.attested + other.attested,
        )

    @property
    def total(self) -> int:
        """All findings."""
        return sum(self.status.values())

    @property
    def open_total(self) -> int:
        """Findings that somebody has to do something about."""
        return sum(self.open.values())

    @property
    def urgent(self) -> int:
        """Open findings that are critical or high."""
        return sum(self.open[severity] for severity in URGENT)

    @property
    def unanswered(self) -> int:
        """Manual findings that wait for a person."""
        return self.status[Status.MANUAL] - self.attested

    @property
    def not_evaluated(self) -> int:
        """Findings that came to no result."""
        return self.status[Status.NOT_EVALUATED]

    @property
    def evaluated(self) -> int:
        """Findings that came to a result: pass, partial or fail."""
        return self.status[Status.PASS] + self.status[Status.PARTIAL] + self.status[Status.FAIL]


Standing = Literal["urgent", "unread", "open", "unsure", "clean"]
"""How a site or host stands, what matters first first: something urgent is open; it could not be read; something
else is open; something could not be evaluated; nothing left to do."""

STANDINGS: tuple[Standing, ...] = ("urgent", "unread", "open", "unsure", "clean")


class HostSummary(Model):
    """A host with its own findings."""

    host: Host
    unit: Unit | None
    outcome: HostOutcome
    findings: tuple[Finding, ...]
    counts: Counts

    @property
    def reached(self) -> bool:
        """Whether the host could be read at all."""
        return self.outcome.reached

    @property
    def standing(self) -> Standing:
        """How the host stands."""
        return _standing(self.counts, self.reached)


class SiteSummary(Model):
    """A site with its own findings and those it shares with the other sites of its host."""

    site: Site
    unit: Unit | None
    host: HostSummary
    own: tuple[Finding, ...]
    own_counts: Counts
    counts: Counts = Field(description="own and shared")
    certificate_days: int | None = Field(description="until its certificate expires, negative after; None: not known")
    backup_days: int | None = Field(description="age of its newest backup; None: not known")

    @property
    def domain(self) -> str:
        """The site's domain."""
        return self.site.domain

    @property
    def shared(self) -> tuple[Finding, ...]:
        """The findings of its host."""
        return self.host.findings

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Own and shared."""
        return self.own + self.host.findings

    @property
    def standing(self) -> Standing:
        """How the site stands."""
        return _standing(self.counts, self.host.reached)


class FleetSummary(Model):
    """All sites and hosts of a run, what matters first first."""

    sites: tuple[SiteSummary, ...]
    hosts: tuple[HostSummary, ...]
    totals: Counts

    def site(self, domain: str) -> SiteSummary | None:
        """The site with that domain, or None."""
        return next((site for site in self.sites if site.domain == domain), None)

    @property
    def unread(self) -> tuple[HostSummary, ...]:
        """Hosts that could not be read at all."""
        return tuple(host for host in self.hosts if not host.reached)

    def standing(self, *standings: Standing) -> int:
        """How many sites (hosts, where there are no sites) stand so."""
        return sum(subject.standing in standings for subject in self.sites or self.hosts)


def fleet(run: Run) -> FleetSummary:
    """Everything that a run says, gathered per site and per host."""
    by_subject: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in run.findings:
        by_subject[finding.subject.kind, finding.subject.id].append(finding)
    outcomes = {outcome.host: outcome for outcome in run.outcomes}
    hosts = [_host(run, host, by_subject, outcomes.get(host.name)) for host in run.hosts]
    sites = [_site(run, site, host, by_subject) for host in hosts for site in host.host.sites]
    return FleetSummary(
        sites=tuple(sorted(sites, key=lambda site: (*_rank(site.standing, site.counts), site.domain))),
        hosts=tuple(sorted(hosts, key=lambda host: (*_rank(host.standing, host.counts), host.host.name))),
        totals=Counts.of(run.findings),
    )


def _host(
    run: Run, host: Host, by_subject: Mapping[tuple[str, str], Sequence[Finding]], outcome: HostOutcome | None
) -> HostSummary:
    findings = tuple(by_subject.get(("host", host.name), ()))
    unread = HostOutcome(
        host=host.name, reached=False, reason=Text(vi="lần rà soát này chưa đọc tới", en="not read in this audit")
    )
    return HostSummary(
        host=host,
        unit=_unit(run, host.unit),
        outcome=outcome or unread,
        findings=findings,
        counts=Counts.of(findings),
    )


def _site(
    run: Run, site: Site, host: HostSummary, by_subject: Mapping[tuple[str, str], Sequence[Finding]]
) -> SiteSummary:
    own = tuple(by_subject.get(("site", site.domain), ()))
    counts = Counts.of(own)
    now = datetime.datetime.fromisoformat(run.started).timestamp()
    return SiteSummary(
        site=site,
        unit=_unit(run, site.unit or host.host.unit),
        host=host,
        own=own,
        own_counts=counts,
        counts=counts + host.counts,
        certificate_days=_days(now, _moment(own, "site.certificate.not_after")),
        backup_days=_days(_moment(own, "site.backup.newest"), now),
    )


def _unit(run: Run, unit_id: str | None) -> Unit | None:
    return run.organisation.unit(unit_id) if run.organisation and unit_id else None


def _moment(findings: Iterable[Finding], path: str) -> int | None:
    """The epoch second that some control has read at this path of a site's facts."""
    for item in chain.from_iterable(finding.evidence for finding in findings):
        if item.path == path and isinstance(item.value, int) and item.value > 0:
            return item.value
    return None


def _days(start: float | None, end: float | None) -> int | None:
    """Whole days from start to end; less than a day late is -1."""
    return None if start is None or end is None else int((end - start) // _DAY)


def _standing(counts: Counts, reached: bool) -> Standing:
    if counts.urgent:
        return "urgent"
    if not reached or (counts.not_evaluated and not counts.evaluated):
        return "unread"
    if counts.open_total:
        return "open"
    return "unsure" if counts.not_evaluated or not counts.evaluated else "clean"


def _rank(standing: Standing, counts: Counts) -> tuple[int, ...]:
    return (STANDINGS.index(standing), *(-counts.open[severity] for severity in SEVERITIES), -counts.not_evaluated)


# --- in which order, and what is done once for many ---------------------------------------------------


def by_urgency(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first; a complete failure before a partial one; the order of the catalogue otherwise."""
    return tuple(sorted(findings, key=lambda finding: (-finding.severity.rank, finding.status is Status.PARTIAL)))


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One control that is open on one or more subjects: one piece of work."""

    control: Control
    severity: Severity
    findings: tuple[Finding, ...]
    domains: tuple[str, ...]
    """The sites that it touches."""
    hosts: tuple[str, ...]

    @property
    def automated(self) -> bool:
        """Whether harden does it."""
        return self.control.fix is not None


def work(run: Run, catalogue: Catalogue) -> tuple[WorkItem, ...]:
    """The open findings of a run by control: worst first, then what mends most sites at once."""
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in run.findings:
        if finding.is_open:
            grouped[finding.control].append(finding)
    hosted = {host.name: tuple(site.domain for site in host.sites) for host in run.hosts}
    items = [
        WorkItem(
            control=catalogue[control],
            severity=max((finding.severity for finding in findings), key=lambda severity: severity.rank),
            findings=tuple(findings),
            domains=tuple(dict.fromkeys(domain for finding in findings for domain in _touches(finding, hosted))),
            hosts=tuple(dict.fromkeys(finding.host for finding in findings)),
        )
        for control, findings in grouped.items()
    ]
    return tuple(sorted(items, key=lambda item: (-item.severity.rank, -len(item.domains), -len(item.findings))))


def _touches(finding: Finding, hosted: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return (finding.subject.id,) if finding.subject.kind == "site" else hosted.get(finding.host, ())


# --- before and after ---------------------------------------------------------------------------------

Change = Literal["fixed", "still", "regressed", "new", "waived", "unknown", "gone"]
"""What became of a control on a subject that was or is open: open → pass; open or waived → open; pass → open; not there
or not evaluated → open; open → waived; open → not evaluated (never counted as fixed); open → no longer applies."""


class Comparison(Model):
    """What changed between two runs, for the whole or for one subject."""

    before: Counts
    after: Counts
    changes: Mapping[Change, tuple[Finding, ...]] = Field(
        description="the later run's findings; the earlier's when gone"
    )
    unseen_before: int = Field(description="open now and not evaluated in the earlier run: no worse for that")
    unseen_after: int = Field(description="open then and not evaluated in the later run: no better for that")

    @property
    def open_before(self) -> int:
        """Open in the earlier run, of what the later one could evaluate; all of it when that was nothing."""
        return self.before.open_total - (self.unseen_after if self.after.evaluated else 0)

    @property
    def open_after(self) -> int:
        """Open in the later run, of what the earlier one could evaluate or did not know."""
        return self.after.open_total - self.unseen_before

    def count(self, change: Change) -> int:
        """How many changed so."""
        return len(self.changes.get(change, ()))


def compare(before: Iterable[Finding], after: Iterable[Finding]) -> Comparison:
    """What became of each finding, matched by control and subject."""
    before, after = tuple(before), tuple(after)
    earlier = {_key(finding): finding for finding in before}
    changes: dict[Change, list[Finding]] = defaultdict(list)
    unseen_before = unseen_after = 0
    for finding in after:
        was = earlier.pop(_key(finding), None)
        if was is not None:
            unseen_before += finding.is_open and was.status is Status.NOT_EVALUATED
            unseen_after += was.is_open and finding.status is Status.NOT_EVALUATED
        change = _change(was, finding)
        if change:
            changes[change].append(finding)
    changes["gone"] += [finding for finding in earlier.values() if finding.status.is_open]
    return Comparison(
        before=Counts.of(before),
        after=Counts.of(after),
        changes={change: tuple(findings) for change, findings in changes.items()},
        unseen_before=unseen_before,
        unseen_after=unseen_after,
    )


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.control, finding.subject.kind, finding.subject.id


def _change(before: Finding | None, after: Finding) -> Change | None:
    if after.is_open:
        if before is None or before.status not in (Status.PASS, Status.PARTIAL, Status.FAIL):
            return "new"
        return "still" if before.status.is_open else "regressed"
    if before is None or not before.status.is_open:
        return None
    if after.status is Status.PASS:
        return "fixed"
    if after.waiver is not None:
        return "waived" if before.waiver is None else None
    return "unknown" if after.status is Status.NOT_EVALUATED else "gone"


__all__ = [
    "SEVERITIES",
    "STANDINGS",
    "URGENT",
    "Change",
    "Comparison",
    "Counts",
    "FleetSummary",
    "HostSummary",
    "SiteSummary",
    "Standing",
    "WorkItem",
    "by_urgency",
    "compare",
    "fleet",
    "work",
]
