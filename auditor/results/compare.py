"""What changed from one run to a later one, per site and host. Pure.

Only what both runs hold is compared: a run with ``--limit`` says nothing about the hosts that it left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import Field

from auditor.models import Finding, Model, Run
from auditor.results.summary import Change, Comparison, FleetSummary, HostSummary, SiteSummary, compare, fleet

CHANGES: tuple[Change, ...] = get_args(Change)


class SubjectDifference(Model):
    """What changed on one site (its host's findings included) or host."""

    id: str
    host: str
    comparison: Comparison


class Difference(Model):
    """What changed between two runs."""

    totals: Comparison = Field(description="each finding once, of the hosts that both runs hold")
    sites: tuple[SubjectDifference, ...]
    hosts: tuple[SubjectDifference, ...]
    only_before: tuple[str, ...] = Field(description="sites and hosts that only the earlier run holds")
    only_after: tuple[str, ...] = Field(description="sites and hosts that only the later run holds")


def difference(before: Run, after: Run) -> Difference:
    """What changed; sites and hosts in the order in which they matter now."""
    earlier, later = fleet(before), fleet(after)
    was_hosts = {host.host.name: host for host in earlier.hosts}
    was_sites = {site.domain: site for site in earlier.sites}
    both = frozenset(was_hosts) & {host.host.name for host in later.hosts}
    return Difference(
        totals=compare(_of(before, both), _of(after, both)),
        sites=tuple(
            _subject(site.domain, site.host.host.name, was_sites[site.domain], site)
            for site in later.sites
            if site.domain in was_sites
        ),
        hosts=tuple(
            _subject(host.host.name, host.host.name, was_hosts[host.host.name], host)
            for host in later.hosts
            if host.host.name in both
        ),
        only_before=_names_missing(earlier, later),
        only_after=_names_missing(later, earlier),
    )


def as_data(before: Run, after: Run, found: Difference) -> dict[str, Any]:
    """The difference for a program."""
    return {
        "before": {"id": before.id, "started": before.started},
        "after": {"id": after.id, "started": after.started},
        "totals": _counted(found.totals),
        "sites": [_listed("site", site) for site in found.sites],
        "hosts": [_listed("host", host) for host in found.hosts],
        "only_before": list(found.only_before),
        "only_after": list(found.only_after),
    }


def _of(run: Run, hosts: frozenset[str]) -> Iterable[Finding]:
    return (finding for finding in run.findings if finding.host in hosts)


def _subject(name: str, host: str, was: SiteSummary | HostSummary, now: SiteSummary | HostSummary) -> SubjectDifference:
    return SubjectDifference(id=name, host=host, comparison=compare(was.findings, now.findings))


def _names_missing(here: FleetSummary, there: FleetSummary) -> tuple[str, ...]:
    known = {site.domain for site in there.sites} | {host.host.name for host in there.hosts}
    names = [*(site.domain for site in here.sites), *(host.host.name for host in here.hosts)]
    return tuple(sorted({name for name in names if name not in known}))


def _counted(comparison: Comparison) -> Mapping[str, int | None]:
    """``open_before`` and ``open_after`` are of what both runs evaluated; null where one evaluated nothing."""
    return {
        "open_before": comparison.open_before if comparison.before.evaluated else None,
        "open_after": comparison.open_after if comparison.after.evaluated else None,
        **{change: comparison.count(change) for change in CHANGES},
    }


def _listed(kind: str, subject: SubjectDifference) -> dict[str, Any]:
    return {
        kind: subject.id,
        "host": subject.host,
        "totals": _counted(subject.comparison),
        **{
            change: [
                {
                    "control": finding.control,
                    "subject": {"kind": finding.subject.kind, "id": finding.subject.id},
                    "severity": finding.severity.value,
                    "status": finding.status.value,
                }
                for finding in subject.comparison.changes.get(change, ())
            ]
            for change in CHANGES
        },
    }
