"""When what an incident is about was first seen: from then on deadlines count. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence

from auditor.incidents.response.alarms import alarms
from auditor.models import Finding, Host, Run, Status, clock
from auditor.models.hunts import Hunted


def first_seen(findings: Sequence[Finding], runs: Iterable[Run]) -> datetime.datetime | None:
    """Return when the earliest of these findings was first seen; None where no run has any of them.

    ``runs`` come newest first. A finding goes back to the oldest run in a row that has it open with one of the same traces; a run that
    did not look at its subject breaks no row. A trace that a hunt or a scan saw before the run counts from that hunt or scan.
    """
    watched = {finding.key: traces_of(finding) for finding in findings}
    earliest: datetime.datetime | None = None
    for run in runs:
        there = {finding.key: finding for finding in run.findings if finding.key in watched}
        for key, traces in list(watched.items()):
            finding = there.get(key)
            if finding is None or finding.status is Status.NOT_EVALUATED:
                continue
            if not finding.is_open or (traces and traces.isdisjoint(traces_of(finding))):
                del watched[key]
                continue
            moment = _seen_at(run, finding)
            earliest = moment if earliest is None else min(earliest, moment)
        if not watched:
            break
    return earliest


def clean_after(moment: datetime.datetime, run: Run, hosts: Collection[Host]) -> tuple[Hunted, ...]:
    """Return the last hunts on these hosts that came after a moment and saw no trace that gives the alarm."""
    alarming = {one.host for one in alarms(run, hosts)}
    return tuple(
        one
        for one in run.hunts
        if one.host in {host.name for host in hosts} - alarming and clock.read(one.started) > moment
    )


def traces_of(finding: Finding) -> frozenset[str]:
    """Return the keys of the traces that a finding rests on; none for one that rests on settings."""
    return frozenset(
        str(member["key"]) for member in finding.violations if isinstance(member, Mapping) and member.get("key")
    )


def _seen_at(run: Run, finding: Finding) -> datetime.datetime:
    """Return when the run's subject was looked at: by the hunt or the scan that the run carries along where the finding comes from one."""
    subject = finding.subject.id
    area = finding.control.partition(".")[0]
    carried = [hunted.started for hunted in run.hunts if hunted.host == subject] if area == "compromise" else []
    carried += [reviewed.started for reviewed in run.reviews if reviewed.site == subject] if area == "content" else []
    return min((run.began, *map(clock.read, carried)))
