"""What a run comes to: per site, per host and for the fleet. Pure functions.

A site answers for its own findings and for its host's, which it shares with the other sites there. Fleet
totals count each finding once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Literal, Self, get_args

from pydantic import Field

from auditor.models import Bucket, Finding, Host, HostOutcome, Model, Run, Severity, Site, Status, Subject, Unit
from auditor.models.incidents import OpenIncident
from auditor.results.intrusions import find_open_incidents, list_certainty_of_each_intruder_trace
from auditor.system.groups import group_by
from auditor.text.translations import make_text

SEVERITIES: tuple[Severity, ...] = tuple(sorted(Severity, key=lambda severity: -severity.rank))
"""Worst first."""

URGENT: frozenset[Severity] = frozenset({Severity.CRITICAL, Severity.HIGH})
"""What has to be done at once."""

_DAY = 86_400

type _BySubject = Mapping[tuple[Literal["host", "site"], str], tuple[Finding, ...]]


class FindingCounts(Model):
    """The number of findings of each status, and of open ones of each severity."""

    status: Mapping[Status, int]
    open: Mapping[Severity, int] = Field(description="without those that a waiver covers")
    waived: int = Field(default=0, description="partial or fail, covered by a waiver for now")
    attested: int = Field(default=0, description="manual, and answered by a person")

    @classmethod
    def from_findings(cls, findings: Iterable[Finding]) -> Self:
        """Return the counts of these findings."""
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

    def __add__(self, other: FindingCounts) -> FindingCounts:
        """Return the counts of both together."""
        return FindingCounts(
            status={status: count + other.status[status] for status, count in self.status.items()},
            open={severity: count + other.open[severity] for severity, count in self.open.items()},
            waived=self.waived + other.waived,
            attested=self.attested + other.attested,
        )

    @property
    def total(self) -> int:
        """Return all findings."""
        return sum(self.status.values())

    @property
    def open_total(self) -> int:
        """Return findings that somebody has to do something about."""
        return sum(self.open.values())

    @property
    def urgent(self) -> int:
        """Open findings that are critical or high."""
        return sum(self.open[severity] for severity in URGENT)

    @property
    def unanswered(self) -> int:
        """Return manual findings that wait for a person."""
        return self.status[Status.MANUAL] - self.attested

    @property
    def not_evaluated(self) -> int:
        """Return findings that came to no result."""
        return self.status[Status.NOT_EVALUATED]

    @property
    def evaluated(self) -> int:
        """Return findings that came to a result: pass, partial or fail."""
        return self.status[Status.PASS] + self.status[Status.PARTIAL] + self.status[Status.FAIL]


Posture = Literal[
    "intruded",
    "host_intruded",
    "suspected",
    "host_suspected",
    "incident",
    "host_incident",
    "urgent",
    "unread",
    "open",
    "unsure",
    "clean",
]
"""How a site or host stands, the worst to begin with: an intruder was there; probably was.

An incident on it is open, of which nothing is seen now; something urgent is open; it could not be read; something else
is open; something could not be evaluated; nothing left to do. Those with ``host_`` say of a site that its host stands
so, and not the site itself."""

POSTURES: tuple[Posture, ...] = get_args(Posture)
INTRUDED_POSTURES: tuple[Posture, ...] = ("intruded", "host_intruded", "suspected", "host_suspected")
"""Traces of an intruder were seen on it, or on its host."""
FOR_AN_INCIDENT: tuple[Posture, ...] = (*INTRUDED_POSTURES, "incident", "host_incident")
"""What an incident is for, and no configuration."""
_OF_ITS_HOST: Mapping[Posture, Posture] = {
    "intruded": "host_intruded",
    "suspected": "host_suspected",
    "incident": "host_incident",
}
"""What a site is that stands no worse than its host does."""


class HostSummary(Model):
    """A host with its own findings."""

    host: Host
    unit: Unit | None
    outcome: HostOutcome
    findings: tuple[Finding, ...]
    counts: FindingCounts
    incidents: tuple[OpenIncident, ...] = Field(default=(), description="that are open on it, or on a site of it")

    @property
    def subject(self) -> Subject:
        """Return the host as what findings are about."""
        return Subject(kind="host", id=self.host.name)

    @property
    def is_reached(self) -> bool:
        """Return whether the host could be read at all."""
        return self.outcome.reached

    @cached_property
    def posture(self) -> Posture:
        """Return how the host stands."""
        return _derive_posture_from_traces_and_incidents(
            list_certainty_of_each_intruder_trace(self.findings), self.incidents
        ) or _derive_posture_from_finding_counts(self.counts, self.is_reached)


class SiteSummary(Model):
    """A site with its own findings and those it shares with the other sites of its host."""

    site: Site
    unit: Unit | None
    host: HostSummary
    own: tuple[Finding, ...]
    own_counts: FindingCounts
    counts: FindingCounts = Field(description="own and shared")
    https: bool | None = Field(description="whether it answers on HTTPS; None: not known")
    certificate_days: int | None = Field(description="until its certificate expires, negative after; None: not known")
    backup_days: int | None = Field(description="age of its newest backup; None: not known")
    incidents: tuple[OpenIncident, ...] = Field(default=(), description="that are open on it, or on its host")

    @property
    def subject(self) -> Subject:
        """Return the site as what findings are about."""
        return Subject(kind="site", id=self.domain)

    @property
    def domain(self) -> str:
        """Return the site's domain."""
        return self.site.domain

    @property
    def findings_of_host(self) -> tuple[Finding, ...]:
        """Return the findings of its host."""
        return self.host.findings

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Return own and shared findings."""
        return self.own + self.host.findings

    @cached_property
    def posture(self) -> Posture:
        """Return how the site stands: by what is seen of it and lies in its own files, and else by its host."""
        root = self.site.document_root
        trace_certainties = (
            *list_certainty_of_each_intruder_trace(self.own),
            *(list_certainty_of_each_intruder_trace(self.findings_of_host, below_folder=root) if root else ()),
        )
        on_it = _derive_posture_from_traces_and_incidents(
            trace_certainties,
            [site_incident for site_incident in self.incidents if site_incident.is_about_any_subject(self.domain)],
        )
        on_host = _derive_posture_from_traces_and_incidents(
            list_certainty_of_each_intruder_trace(self.findings_of_host),
            [
                host_incident
                for host_incident in self.incidents
                if host_incident.is_about_any_subject(self.host.host.name)
            ],
        )
        candidates = [candidate for candidate in (on_it, _OF_ITS_HOST[on_host] if on_host else None) if candidate]
        return (
            min(candidates, key=POSTURES.index)
            if candidates
            else _derive_posture_from_finding_counts(self.counts, self.host.is_reached)
        )


class FleetSummary(Model):
    """All sites and hosts of a run, in the order in which they matter."""

    sites: tuple[SiteSummary, ...]
    hosts: tuple[HostSummary, ...]
    totals: FindingCounts

    def find_site_by_domain(self, domain: str) -> SiteSummary | None:
        """Return the site with that domain, or None."""
        return next((site for site in self.sites if site.domain == domain), None)

    @cached_property
    def sites_by_host(self) -> Mapping[str, tuple[SiteSummary, ...]]:
        """Return the sites of each host that serves some, by its name."""
        return group_by(self.sites, lambda site: site.host.host.name)

    @property
    def unread_hosts(self) -> tuple[HostSummary, ...]:
        """Return hosts that could not be read at all."""
        return tuple(host for host in self.hosts if not host.is_reached)

    def count_sites_or_hosts_in_postures(self, *postures: Posture) -> int:
        """Return how many sites (hosts, where there are no sites) stand so."""
        return sum(subject.posture in postures for subject in self.sites or self.hosts)


def summarize_run(run: Run) -> FleetSummary:
    """Return everything that a run says, gathered per site and per host."""
    by_subject = group_by(run.findings, lambda finding: (finding.subject.kind, finding.subject.id))
    outcomes = {outcome.host: outcome for outcome in run.outcomes}
    hosts = [_summarize_host(run, host, by_subject, outcomes.get(host.name)) for host in run.hosts]
    sites = [_summarize_site(run, site, host, by_subject) for host in hosts for site in host.host.sites]
    return FleetSummary(
        sites=tuple(
            sorted(sites, key=lambda site: (*_rank_by_posture_and_counts(site.posture, site.counts), site.domain))
        ),
        hosts=tuple(
            sorted(hosts, key=lambda host: (*_rank_by_posture_and_counts(host.posture, host.counts), host.host.name))
        ),
        totals=FindingCounts.from_findings(run.findings),
    )


def _summarize_host(run: Run, host: Host, by_subject: _BySubject, outcome: HostOutcome | None) -> HostSummary:
    findings = by_subject.get(("host", host.name), ())
    unread = HostOutcome(host=host.name, reached=False, reason=make_text("not read in this audit"))
    return HostSummary(
        host=host,
        unit=_find_unit_of_run_organisation(run, host.unit),
        outcome=outcome or unread,
        findings=findings,
        counts=FindingCounts.from_findings(findings),
        incidents=find_open_incidents(run, host.name, *(site.domain for site in host.sites)) or (),
    )


def _summarize_site(run: Run, site: Site, host: HostSummary, by_subject: _BySubject) -> SiteSummary:
    own = by_subject.get(("site", site.domain), ())
    counts = FindingCounts.from_findings(own)
    now = run.started_at.timestamp()
    return SiteSummary(
        site=site,
        unit=_find_unit_of_run_organisation(run, site.unit or host.host.unit),
        host=host,
        own=own,
        own_counts=counts,
        counts=counts + host.counts,
        https=_find_https_fact_in_evidence(own),
        certificate_days=_count_whole_days_between(
            now, _find_epoch_second_at_fact_path(own, "site.certificate.not_after")
        ),
        backup_days=_count_whole_days_between(_find_epoch_second_at_fact_path(own, "site.backup.newest"), now),
        incidents=find_open_incidents(run, site.domain, host.host.name) or (),
    )


def _find_unit_of_run_organisation(run: Run, unit_id: str | None) -> Unit | None:
    return run.organisation.find_unit_by_id(unit_id) if run.organisation and unit_id else None


def _find_epoch_second_at_fact_path(findings: Iterable[Finding], path: str) -> int | None:
    """Return the epoch second that some control has read at this path of a site's facts."""
    for item in chain.from_iterable(finding.evidence for finding in findings):
        if item.path == path and isinstance(item.value, int) and item.value > 0:
            return item.value
    return None


def _find_https_fact_in_evidence(findings: Iterable[Finding]) -> bool | None:
    for item in chain.from_iterable(finding.evidence for finding in findings):
        if item.path == "site.https" and isinstance(item.value, bool):
            return item.value
    return None


def _count_whole_days_between(start: float | None, end: float | None) -> int | None:
    """Return whole days from start to end; less than a day late is -1."""
    return None if start is None or end is None else int((end - start) // _DAY)


def _derive_posture_from_traces_and_incidents(
    traces: Sequence[str], incidents: Sequence[OpenIncident]
) -> Posture | None:
    """Return what of an intruder traces of these certainties, and incidents, say; None: nothing."""
    if traces:
        return "intruded" if "exact" in traces else "suspected"
    return "incident" if incidents else None


def _derive_posture_from_finding_counts(counts: FindingCounts, is_reached: bool) -> Posture:
    """Return how it stands by what there is to do."""
    if counts.urgent:
        return "urgent"
    if not is_reached or (counts.not_evaluated and not counts.evaluated):
        return "unread"
    if counts.open_total:
        return "open"
    return "unsure" if counts.not_evaluated or not counts.evaluated else "clean"


def _rank_by_posture_and_counts(posture: Posture, counts: FindingCounts) -> tuple[int, ...]:
    return (POSTURES.index(posture), *(-counts.open[severity] for severity in SEVERITIES), -counts.not_evaluated)


def sort_by_urgency(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings worst first, a complete failure before a partial one.

    They are in the order of the catalogue otherwise.
    """
    return tuple(sorted(findings, key=lambda finding: (-finding.severity.rank, finding.status is Status.PARTIAL)))


__all__ = [
    "FOR_AN_INCIDENT",
    "INTRUDED_POSTURES",
    "POSTURES",
    "SEVERITIES",
    "URGENT",
    "FindingCounts",
    "FleetSummary",
    "HostSummary",
    "Posture",
    "SiteSummary",
    "sort_by_urgency",
    "summarize_run",
]
