"""When what an incident is about was first seen: from then on deadlines count. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence

from auditor.incidents.response.alarms import find_open_trace_findings_on_hosts
from auditor.models import Finding, Host, Run, Status, clock
from auditor.models.hunts import HuntSummary


def find_first_detection(findings: Sequence[Finding], runs: Iterable[Run]) -> datetime.datetime | None:
    """Return when the earliest of these findings was first seen; None where no run has any of them.

    ``runs`` come newest first. A finding goes back to the oldest run in a row that has it open with one of the same
    traces; a run that did not look at its subject breaks no row. A trace that a hunt or a scan saw before the run
    counts from that hunt or scan.
    """
    keys_by_finding = {finding.key: collect_trace_keys(finding) for finding in findings}
    earliest: datetime.datetime | None = None
    for run in runs:
        there = {finding.key: finding for finding in run.findings if finding.key in keys_by_finding}
        for key, traces in list(keys_by_finding.items()):
            finding = there.get(key)
            if finding is None or finding.status is Status.NOT_EVALUATED:
                continue
            if not finding.is_open or (traces and traces.isdisjoint(collect_trace_keys(finding))):
                del keys_by_finding[key]
                continue
            moment = _find_scan_time_of_finding_subject(run, finding)
            earliest = moment if earliest is None else min(earliest, moment)
        if not keys_by_finding:
            break
    return earliest


def find_last_hunts_without_alarm_since(
    moment: datetime.datetime, run: Run, hosts: Collection[Host]
) -> tuple[HuntSummary, ...]:
    """Return the last hunts on these hosts that came after a moment and saw no trace that gives the alarm."""
    alarming_hosts = {finding.host for finding in find_open_trace_findings_on_hosts(run, hosts)}
    return tuple(
        hunt
        for hunt in run.hunts
        if hunt.host in {host.name for host in hosts} - alarming_hosts and clock.parse_iso_moment(hunt.started) > moment
    )


def collect_trace_keys(finding: Finding) -> frozenset[str]:
    """Return the keys of the traces that a finding rests on; none for one that rests on settings."""
    return frozenset(
        str(member["key"]) for member in finding.violations if isinstance(member, Mapping) and member.get("key")
    )


def _find_scan_time_of_finding_subject(run: Run, finding: Finding) -> datetime.datetime:
    """Return when the run's subject was looked at.

    By the hunt or the scan that the run carries along where the finding comes from one.
    """
    subject = finding.subject.id
    area = finding.control.partition(".")[0]
    scan_times = [hunt.started for hunt in run.hunts if hunt.host == subject] if area == "compromise" else []
    scan_times += [review.started for review in run.reviews if review.site == subject] if area == "content" else []
    return min((run.started_at, *map(clock.parse_iso_moment, scan_times)))
