"""The last scans of sites, judged by the controls of the area ``content``. Pure.

They are judged whether or not the site's host could be read.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditor.audit.assessors.assessment import Assessment, AuditInput
from auditor.audit.controls import CONTENT, Catalogue
from auditor.audit.evaluate import evaluate_control
from auditor.models import AcceptedTrace, Finding, Host, Scan, ScanSummary, Stop, Subject, Trace, TraceAcceptance, clock
from auditor.models.reviews import Certainty

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
    by_site = {
        (acceptance.site, acceptance.key): acceptance
        for acceptance in acceptances
        if acceptance.is_in_force_on_day(clock.convert_moment_to_vietnam_day(now))
    }
    controls = [control for control in catalogue.controls if control.area == CONTENT]
    findings, summaries = [], []
    for host in hosts:
        for site in host.sites:
            scan = last.get(site.domain)
            if scan is None:
                continue
            summary = _summarize_scan_of_site(scan, by_site, now)
            summaries.append(summary)
            context = {
                "site": {"review": _build_review_context_of_expressions(scan, summary)},
                "now": int(now.timestamp()),
            }
            subject = Subject(kind="site", id=site.domain)
            findings += [evaluate_control(control, subject, host.name, context, {}) for control in controls]
    return ReviewAssessment(tuple(findings), tuple(summaries))


def _summarize_scan_of_site(
    scan: Scan, acceptances: Mapping[tuple[str, str], TraceAcceptance], now: datetime
) -> ScanSummary:
    return ScanSummary(
        site=scan.site,
        look=scan.id,
        started=scan.started,
        age_days=max(0, (now - clock.parse_iso_moment(scan.started)).days),
        known=scan.known,
        fresh=scan.fresh,
        unread=scan.unread,
        withheld=scan.withheld,
        stopped=scan.stopped,
        engine=scan.engine,
        logs=scan.logs,
        weak=tuple(
            trace for trace in scan.traces if trace.certainty == "weak" and (scan.site, trace.key) not in acceptances
        )[:MAX_WEAK_TRACES],
        accepted=tuple(
            AcceptedTrace(trace=trace, by=acceptances[scan.site, trace.key])
            for trace in scan.traces
            if (scan.site, trace.key) in acceptances
        ),
    )


def _build_review_context_of_expressions(scan: Scan, summary: ScanSummary) -> dict[str, Any]:
    """Return the ``site.review`` of control expressions. What was not seen is not there, with the reason beside it."""
    accepted_keys = {acceptance.trace.key for acceptance in summary.accepted}
    review: dict[str, Any] = {"started": int(clock.parse_iso_moment(scan.started).timestamp())}
    unseen = _explain_why_absence_proves_nothing(scan)
    for certainty in _ALARMS:
        traces = [trace for trace in scan.traces if trace.certainty == certainty and trace.key not in accepted_keys]
        if traces or unseen is None:
            review[certainty] = [_make_violation_from_trace(scan.site, trace) for trace in traces]
        else:
            review[f"{certainty}_unread"] = unseen
    if unseen is None:
        review["covered"] = scan.fresh >= scan.known and not scan.unread
    else:
        review["covered_unread"] = unseen
    return review


def _explain_why_absence_proves_nothing(scan: Scan) -> dict[str, Any] | None:
    """Return why the absence of findings proves nothing.

    What intruders put into a site is often shown only to some of its visitors.
    """
    if scan.stopped is not None and scan.stopped.was_caused_by_site:
        return _describe_stop_of_scan(scan.stopped)
    if not scan.engine:
        return {"why": "review_engine"}
    if scan.missed:
        return {"why": "review_missed", "visitors": ", ".join(scan.missed)}
    return None


_ALARMS: tuple[Certainty, ...] = ("exact", "strong")


def _make_violation_from_trace(site: str, trace: Trace) -> dict[str, Any]:
    data = trace.model_dump(mode="json")
    return {**{name: data[name] for name in _FIRST}, **data, **build_commands_that_answer_trace(site, trace)}


_FIRST = ("kind", "where", "target", "sample", "key")
"""What tables show, which have room for these."""


def build_commands_that_answer_trace(subject: str, trace: Trace) -> dict[str, str]:
    """Return the commands that answer a trace.

    First the one that opens an incident and contains it, last the one that accepts it.
    """
    return {"respond": build_open_incident_command(subject), "accept": build_accept_trace_command(subject, trace)}


def build_open_incident_command(subject: str) -> str:
    """Return the command that opens an incident about all that was found on a site or host and contains it.

    The role is missing from it: a person has to give that.
    """
    return shlex.join(["auditor", "incident", "open", "--all-found", subject])


def build_accept_trace_command(subject: str, trace: Trace) -> str:
    """Return the command that accepts a trace, but for the reason and the roles, which a person has to give."""
    sure = [DESPITE] if trace.certainty != "weak" else []
    return shlex.join(["auditor", "baseline", "accept", subject, trace.key, *sure])


DESPITE = "--despite-high-confidence"
"""What a person says who accepts a trace that gives the alarm; a second office role has to agree."""


def _describe_stop_of_scan(stop: Stop) -> dict[str, Any]:
    return {"why": f"review_{stop.why}", "status": stop.status or "", "where": stop.where}
