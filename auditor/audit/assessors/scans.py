"""The last scans of sites, judged by the controls of the area ``content``. Pure.

They are judged whether or not the site's host could be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from auditor.audit import manners
from auditor.audit.assessors.assessment import Assessment, AuditInput
from auditor.audit.assessors.traces import (
    Acceptances,
    count_days_since,
    list_accepted_traces,
    list_weak_traces,
    make_violation_from_trace,
    map_acceptances_in_force,
)
from auditor.audit.controls import CONTENT, Catalogue, Control
from auditor.audit.evaluate import evaluate_control
from auditor.models import Finding, Host, Scan, ScanSummary, Status, Subject, Text, TraceAcceptance, clock
from auditor.models.reviews import MANNERS, Certainty

MAX_WEAK_TRACES = 20
"""Traces too weak for an alarm that an audit carries of a site."""


@dataclass(frozen=True)
class ReviewAssessment:
    """The findings and summaries of the last scans."""

    findings: tuple[Finding, ...]
    reviews: tuple[ScanSummary, ...]


def assess_scans(audit_input: AuditInput, so_far: Assessment) -> Assessment:
    """Add the findings on the last scans of sites, and their summaries."""
    prior_state = audit_input.prior_state
    review_assessment = judge_sites_by_last_scans(
        audit_input.catalogue, audit_input.hosts, prior_state.scans, prior_state.acceptances, audit_input.started_at
    )
    return so_far.add(findings=review_assessment.findings, reviews=review_assessment.reviews)


def judge_sites_by_last_scans(
    catalogue: Catalogue,
    hosts: Sequence[Host],
    scans: Iterable[Scan],
    acceptances: Iterable[TraceAcceptance],
    now: datetime,
) -> ReviewAssessment:
    """Return the findings on all sites of these hosts that were ever scanned; a site that was not has none."""
    last = {scan.site: scan for scan in scans}
    by_site = map_acceptances_in_force(acceptances, now)
    controls = [control for control in catalogue.controls if control.area == CONTENT]
    findings, summaries = [], []
    for host in hosts:
        for site in host.sites:
            scan = last.get(site.domain)
            if scan is None:
                continue
            summary = _summarize_scan_of_site(scan, by_site, now)
            summaries.append(summary)
            subject = Subject(kind="site", id=site.domain)
            findings += [
                _judge_control_by_scan(control, subject, host.name, scan, summary, now) for control in controls
            ]
    return ReviewAssessment(tuple(findings), tuple(summaries))


def _judge_control_by_scan(
    control: Control, subject: Subject, host: str, scan: Scan, summary: ScanSummary, now: datetime
) -> Finding:
    """Return a control on a site. It passes only if the site was seen in every manner that it rests on."""
    gaps = manners.select_gaps(summary.manners, control.rests_on or MANNERS)
    context = {
        "site": {"review": _build_review_context_of_expressions(scan, summary, is_complete=not gaps)},
        "now": int(now.timestamp()),
    }
    finding = evaluate_control(control, subject, host, context, {})
    if gaps and finding.status in (Status.PASS, Status.NOT_EVALUATED):
        reason = Text.join(manners.describe_gaps(gaps))
        return replace(finding, status=Status.NOT_EVALUATED, reason=reason)
    return finding


def _summarize_scan_of_site(scan: Scan, acceptances: Acceptances, now: datetime) -> ScanSummary:
    return ScanSummary(
        site=scan.site,
        look=scan.id,
        started=scan.started,
        age_days=count_days_since(scan.started, now),
        known=scan.known,
        fresh=scan.fresh,
        unread=scan.unread,
        withheld=scan.withheld,
        stopped=scan.stopped,
        engine=scan.engine,
        manners=manners.list_manner_visits_of_scan(scan),
        logs=scan.logs,
        weak=list_weak_traces(scan.site, scan.traces, acceptances, MAX_WEAK_TRACES),
        accepted=list_accepted_traces(scan.site, scan.traces, acceptances),
    )


def _build_review_context_of_expressions(scan: Scan, summary: ScanSummary, *, is_complete: bool) -> dict[str, Any]:
    """Return the ``site.review`` of control expressions. What was not seen is not there.

    ``is_complete``: whether the absence of findings proves anything. What intruders put into a site is often shown
    only to some of its visitors.
    """
    accepted_keys = {acceptance.trace.key for acceptance in summary.accepted}
    review: dict[str, Any] = {"started": int(clock.parse_iso_moment(scan.started).timestamp())}
    for certainty in _ALARMS:
        traces = [trace for trace in scan.traces if trace.certainty == certainty and trace.key not in accepted_keys]
        if traces or is_complete:
            review[certainty] = [make_violation_from_trace(scan.site, trace, _FIRST) for trace in traces]
    if is_complete:
        review["covered"] = scan.fresh >= scan.known and not scan.unread
    return review


_ALARMS: tuple[Certainty, ...] = ("exact", "strong")


_FIRST = ("kind", "where", "target", "sample", "key")
"""What tables show, which have room for these."""
