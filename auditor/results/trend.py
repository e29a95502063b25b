"""How a fleet stood over time: a point a run, completed by what was known then of the hosts that the run left out.

Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from auditor.models import Model, Run, Severity, clock
from auditor.models.clock import format_month
from auditor.results.summary import SEVERITIES, FindingCounts, summarize_run
from auditor.system.groups import group_by


class HostPoint(Model):
    """The findings of a run on one host, its sites included."""

    open: Mapping[Severity, int]
    own: int = Field(description="open findings of the host itself")
    evaluated: int
    waived: int
    reached: bool
    sites: Mapping[str, int] = Field(description="open findings per site, its host's included")


class TrendPoint(Model):
    """One run as a point in time."""

    run_id: str
    started: str = Field(description="ISO 8601 with offset")
    open: Mapping[Severity, int]
    evaluated: int = Field(description="findings that came to pass, partial or fail")
    sites: Mapping[str, int] = Field(description="open findings per site, its host's included")
    waived: int = Field(default=0, description="findings that a waiver covers, counted in none of the others")
    unread: int = Field(default=0, description="hosts that could not be read: their findings are in none of the others")
    hosts: Mapping[str, HostPoint] = Field(default={}, description="empty: kept before hosts were told apart")
    left_out: tuple[str, ...] | None = Field(default=None, description="hosts not in the run; None: not known")
    earlier: int = Field(default=0, description="hosts whose findings are those of an earlier run")
    unknown: int = Field(default=0, description="hosts left out of the run that no earlier one has")


def make_trend_point(run: Run) -> TrendPoint:
    """Return a run as a point in time."""
    summary = summarize_run(run)
    by_host = group_by(run.findings, lambda finding: finding.host)
    sites: dict[str, dict[str, int]] = defaultdict(dict)
    for site in summary.sites:
        sites[site.host.host.name][site.domain] = site.counts.open_total
    hosts = {}
    for host in summary.hosts:
        counts = FindingCounts.from_findings(by_host.get(host.host.name, ()))
        hosts[host.host.name] = HostPoint(
            open=counts.open,
            own=host.counts.open_total,
            evaluated=counts.evaluated,
            waived=counts.waived,
            reached=host.is_reached,
            sites=sites[host.host.name],
        )
    left_out = None if run.left_out is None else tuple(omission.host for omission in run.left_out)
    return _sum_host_points_into_trend_point(run.id, run.started, hosts, left_out)


def _sum_host_points_into_trend_point(
    run_id: str, started_at: str, hosts: Mapping[str, HostPoint], left_out: tuple[str, ...] | None
) -> TrendPoint:
    open_counts: Counter[Severity] = Counter()
    for host in hosts.values():
        open_counts.update(host.open)
    return TrendPoint(
        run_id=run_id,
        started=started_at,
        open={severity: open_counts[severity] for severity in SEVERITIES},
        evaluated=sum(host.evaluated for host in hosts.values()),
        sites={domain: number for host in hosts.values() for domain, number in host.sites.items()},
        waived=sum(host.waived for host in hosts.values()),
        unread=sum(not host.reached for host in hosts.values()),
        hosts=hosts,
        left_out=left_out,
    )


def complete_trend_point_from_earlier_ones(point: TrendPoint, earlier: Iterable[TrendPoint]) -> TrendPoint:
    """Return the state of the fleet at a point.

    What its run left out as the newest of ``earlier`` (newest first) that has it.

    Where it is not known what the run left out, that is what other runs of its month have.
    """
    if not point.hosts:
        return point
    left_out_hosts = None if point.left_out is None else frozenset(point.left_out)
    older_points: dict[str, HostPoint] = {}
    for older in earlier:
        if left_out_hosts == older_points.keys() or (
            left_out_hosts is None and format_month(older.started) != format_month(point.started)
        ):
            break
        for name, host in older.hosts.items():
            if name not in point.hosts and (left_out_hosts is None or name in left_out_hosts):
                older_points.setdefault(name, host)
    if not older_points and not left_out_hosts:
        return point
    whole = _sum_host_points_into_trend_point(
        point.run_id, point.started, {**older_points, **point.hosts}, point.left_out
    )
    return whole.model_copy(
        update={"earlier": len(older_points), "unknown": len((left_out_hosts or frozenset()) - older_points.keys())}
    )


def select_trend_points_until_run(points: Sequence[TrendPoint], run: Run) -> tuple[TrendPoint, ...]:
    """Return the points up to a run, its own last; ``points`` are oldest first, as this is."""
    own = next((point for point in points if point.run_id == run.id), None) or make_trend_point(run)
    before = (point for point in points if point is not own and clock.parse_iso_moment(point.started) <= run.started_at)
    return (*before, own)


def select_last_trend_point_of_each_month(points: Iterable[TrendPoint]) -> tuple[TrendPoint, ...]:
    """Return the last point of each month, by Vietnam's clock; ``points`` and these are oldest first."""
    return tuple({format_month(point.started): point for point in points}.values())
