"""The last hunts on hosts, judged by the controls of the area ``compromise``. Pure.

They are judged whether or not the host could be read now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from auditor.audit.assessors.assessment import Assessment, AuditInput
from auditor.audit.assessors.traces import (
    Acceptances,
    count_days_since,
    list_accepted_traces,
    list_weak_traces,
    make_violation_from_trace,
    map_acceptances_in_force,
)
from auditor.audit.controls import COMPROMISE, Catalogue
from auditor.audit.evaluate import MAX_VIOLATIONS, evaluate_control
from auditor.models import AcceptedTrace, Finding, Host, Subject, Trace, TraceAcceptance, clock
from auditor.models.hunts import GROUPS, OUTSIDE, Explained, Hunt, HuntSummary
from auditor.scans.dedup import interleave_iterators
from auditor.scans.traces import format_path_on_host

MAX_WEAK_TRACES = 50
"""Traces too weak for an alarm that an audit carries of a host."""
_FIRST = ("kind", "where", "sample", "key")


@dataclass(frozen=True)
class HuntAssessment:
    """The findings and summaries of the last hunts."""

    findings: tuple[Finding, ...]
    hunted: tuple[HuntSummary, ...]


def assess_hunts(audit_input: AuditInput, so_far: Assessment) -> Assessment:
    """Add the findings on the last hunts and their summaries, and to findings on files what the hunts saw in these."""
    prior_state, hosts = audit_input.prior_state, audit_input.hosts
    hunt_assessment = judge_hosts_by_last_hunts(
        audit_input.catalogue, hosts, prior_state.hunts, prior_state.acceptances, audit_input.started_at
    )
    findings = add_hunt_traces_to_violations(so_far.findings, hosts, prior_state.hunts)
    return replace(so_far, findings=tuple(findings)).add(
        findings=hunt_assessment.findings, hunts=hunt_assessment.hunted
    )


def judge_hosts_by_last_hunts(
    catalogue: Catalogue,
    hosts: Sequence[Host],
    hunts: Iterable[Hunt],
    acceptances: Iterable[TraceAcceptance],
    now: datetime,
) -> HuntAssessment:
    """Return the findings on all of these hosts that were ever hunted on; a host that was not has none."""
    last = {hunt.host: hunt for hunt in hunts}
    by_host = map_acceptances_in_force(acceptances, now)
    controls = [control for control in catalogue.controls if control.area == COMPROMISE]
    findings, summaries = [], []
    for host in hosts:
        hunt = last.get(host.name)
        if hunt is None:
            continue
        summary = _summarize_hunt(hunt, by_host, now)
        summaries.append(summary)
        context = {"hunt": _build_hunt_context_of_expressions(hunt, summary), "now": int(now.timestamp())}
        subject = Subject(kind="host", id=host.name)
        findings += [evaluate_control(control, subject, host.name, context, {}) for control in controls]
    return HuntAssessment(tuple(findings), tuple(summaries))


def add_hunt_traces_to_violations(
    findings: Iterable[Finding], hosts: Iterable[Host], hunts: Iterable[Hunt]
) -> Iterator[Finding]:
    """Add to each file among the violations of findings from facts what the last hunt saw in it.

    What a file is stands in one finding only.
    """
    traces_by_place = {
        (hunt.host, trace.where): trace for hunt in hunts for trace in hunt.traces if trace.kind not in OUTSIDE
    }
    roots = {site.domain: site.document_root or "" for host in hosts for site in host.sites}
    for finding in findings:
        root = roots.get(finding.subject.id, "")
        traces = (
            [
                _find_trace_of_violating_file(member, finding.host, root, traces_by_place)
                for member in finding.violations
            ]
            if traces_by_place
            else []
        )
        if any(found_trace is not None for found_trace in traces):
            members = zip(finding.violations, traces, strict=True)
            finding = replace(
                finding,
                violations=tuple(_add_trace_to_violation(member, member_trace) for member, member_trace in members),
            )
        yield finding


def _find_trace_of_violating_file(
    member: Any, host: str, root: str, traces_by_place: Mapping[tuple[str, str], Trace]
) -> Trace | None:
    """Return what was seen in a file that is named by its path, or by that below its site's root."""
    path = member.get("path") if isinstance(member, Mapping) else f"{root}/{member}" if root else None
    return traces_by_place.get((host, format_path_on_host(path))) if isinstance(path, str) else None


def _add_trace_to_violation(violation: Any, trace: Trace | None) -> dict[str, Any]:
    whole = dict(violation) if isinstance(violation, Mapping) else {"path": violation}
    return {**whole, "trace": f"{trace.certainty}: {', '.join(trace.rules)}" if trace is not None else ""}


def _build_hunt_context_of_expressions(hunt: Hunt, summary: HuntSummary) -> dict[str, Any]:
    """Return the ``hunt`` of control expressions."""
    accepted_keys = {acceptance.trace.key for acceptance in summary.accepted}
    there = [trace for trace in hunt.traces if trace.key not in accepted_keys]
    below = [trace for trace in there if trace.kind not in OUTSIDE]
    alarming_traces = [trace for trace in there if trace.certainty != "weak"]
    return {
        **{
            group: _make_violations_from_traces(hunt.host, [one for one in alarming_traces if one.kind in kinds])
            for group, kinds in GROUPS.items()
        },
        "started": int(clock.parse_iso_moment(hunt.started).timestamp()),
        "covered": hunt.is_everything_seen_and_judged,
        "outside": hunt.places is not None,
        "exact": _make_violations_from_traces(hunt.host, [one for one in below if one.certainty == "exact"]),
        "strong": _make_violations_from_traces(hunt.host, [one for one in below if one.certainty == "strong"]),
    }


def _make_violations_from_traces(host: str, traces: Sequence[Trace]) -> list[dict[str, Any]]:
    return [make_violation_from_trace(host, trace, _FIRST) for trace in _interleave_traces_by_kind(traces)]


def _interleave_traces_by_kind(traces: Sequence[Trace]) -> Sequence[Trace]:
    """Return the traces, one of each kind in turn first where a finding cannot hold them all.

    So no kind keeps another out.
    """
    if len(traces) <= MAX_VIOLATIONS:
        return traces
    kinds = dict.fromkeys(trace.kind for trace in traces)
    return list(
        interleave_iterators(iter([kind_trace for kind_trace in traces if kind_trace.kind == kind]) for kind in kinds)
    )


def _summarize_hunt(hunt: Hunt, acceptances: Acceptances, now: datetime) -> HuntSummary:
    values = {name: getattr(hunt, name) for name in HuntSummary.model_fields if name in Hunt.model_fields}
    accepted = list_accepted_traces(hunt.host, hunt.traces, acceptances)
    return HuntSummary(
        **values | {"explained": _count_accepted(hunt.explained, accepted)},
        hunt=hunt.id,
        age_days=count_days_since(hunt.started, now),
        weak=list_weak_traces(hunt.host, hunt.traces, acceptances, MAX_WEAK_TRACES),
        accepted=accepted,
    )


def _count_accepted(explained: Explained | None, accepted: Iterable[AcceptedTrace]) -> Explained | None:
    """Return the counts with what is accepted taken out of what nothing explains."""
    if explained is None:
        return None
    count = min(sum(1 for one in accepted if one.trace.kind != "missing"), explained.unexplained)
    return explained.model_copy(update={"accepted": count, "unexplained": explained.unexplained - count})
