"""The last hunts on hosts, judged by the controls of the area ``compromise``, whether or not the host could be read now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from auditor.audit.controls import COMPROMISE, Catalogue
from auditor.audit.evaluate import MAX_VIOLATIONS, evaluate_control
from auditor.audit.reviews import answers
from auditor.looks.gathered import in_turn
from auditor.looks.traces import place
from auditor.models import Accepted, AcceptedTrace, Finding, Host, Subject, Trace, clock
from auditor.models.hunts import GROUPS, OUTSIDE, Hunt, Hunted

MOST_WEAK = 50
"""Traces too weak for an alarm that an audit carries of a host."""
_FIRST = ("kind", "where", "sample", "key")


@dataclass(frozen=True)
class Judged:
    """What the last hunts come to."""

    findings: tuple[Finding, ...]
    hunted: tuple[Hunted, ...]


def judge(
    catalogue: Catalogue, hosts: Sequence[Host], hunts: Iterable[Hunt], accepted: Iterable[Accepted], now: datetime
) -> Judged:
    """The findings on all of these hosts that were ever hunted on; a host that was not has none."""
    last = {hunt.host: hunt for hunt in hunts}
    by_host = {(one.site, one.key): one for one in accepted if one.holds(clock.day(now))}
    controls = [control for control in catalogue.controls if control.area == COMPROMISE]
    findings, hunted = [], []
    for host in hosts:
        hunt = last.get(host.name)
        if hunt is None:
            continue
        told = _hunted(hunt, by_host, now)
        hunted.append(told)
        context = {"hunt": _context(hunt, told), "now": int(now.timestamp())}
        subject = Subject(kind="host", id=host.name)
        findings += [evaluate_control(control, subject, host.name, context, {}) for control in controls]
    return Judged(tuple(findings), tuple(hunted))


def with_traces(findings: Iterable[Finding], hosts: Iterable[Host], hunts: Iterable[Hunt]) -> Iterator[Finding]:
    """Findings from facts, each file among their violations with what the last hunt saw in it: it is told once for what it is."""
    seen = {(hunt.host, one.where): one for hunt in hunts for one in hunt.traces if one.kind not in OUTSIDE}
    roots = {site.domain: site.document_root or "" for host in hosts for site in host.sites}
    for finding in findings:
        root = roots.get(finding.subject.id, "")
        told = [_trace_of(member, finding.host, root, seen) for member in finding.violations] if seen else []
        if any(one is not None for one in told):
            members = zip(finding.violations, told, strict=True)
            finding = replace(finding, violations=tuple(_with(member, one) for member, one in members))
        yield finding


def _trace_of(member: Any, host: str, root: str, seen: Mapping[tuple[str, str], Trace]) -> Trace | None:
    """What was seen in a file that is named by its path, or by that below its site's root."""
    path = member.get("path") if isinstance(member, Mapping) else f"{root}/{member}" if root else None
    return seen.get((host, place(path))) if isinstance(path, str) else None


def _with(member: Any, trace: Trace | None) -> dict[str, Any]:
    whole = dict(member) if isinstance(member, Mapping) else {"path": member}
    return {**whole, "trace": f"{trace.certainty}: {', '.join(trace.rules)}" if trace is not None else ""}


def _context(hunt: Hunt, told: Hunted) -> dict[str, Any]:
    """The ``hunt`` of control expressions."""
    accepted = {one.trace.key for one in told.accepted}
    there = [one for one in hunt.traces if one.key not in accepted]
    below = [one for one in there if one.kind not in OUTSIDE]
    alarming = [one for one in there if one.certainty != "weak"]
    return {
        **{
            group: [_violation(hunt.host, one) for one in _of_each_kind([one for one in alarming if one.kind in kinds])]
            for group, kinds in GROUPS.items()
        },
        "started": int(clock.read(hunt.started).timestamp()),
        "covered": hunt.whole,
        "outside": hunt.places is not None,
        "exact": [
            _violation(hunt.host, one) for one in _of_each_kind([one for one in below if one.certainty == "exact"])
        ],
        "strong": [
            _violation(hunt.host, one) for one in _of_each_kind([one for one in below if one.certainty == "strong"])
        ],
    }


def _of_each_kind(traces: Sequence[Trace]) -> Sequence[Trace]:
    """The traces; of more than a finding holds first one of each kind in turn, so that no kind keeps another out."""
    if len(traces) <= MAX_VIOLATIONS:
        return traces
    kinds = dict.fromkeys(one.kind for one in traces)
    return list(in_turn(iter([one for one in traces if one.kind == kind]) for kind in kinds))


def _violation(host: str, trace: Trace) -> dict[str, Any]:
    data = trace.model_dump(mode="json")
    return {**{name: data[name] for name in _FIRST}, **data, **answers(host, trace)}


def _hunted(hunt: Hunt, accepted: Mapping[tuple[str, str], Accepted], now: datetime) -> Hunted:
    told = {name: getattr(hunt, name) for name in Hunted.model_fields if name in Hunt.model_fields}
    return Hunted(
        **told,
        hunt=hunt.id,
        age_days=max(0, (now - clock.read(hunt.started)).days),
        weak=tuple(one for one in hunt.traces if one.certainty == "weak" and (hunt.host, one.key) not in accepted)[
            :MOST_WEAK
        ],
        accepted=tuple(
            AcceptedTrace(trace=one, by=accepted[hunt.host, one.key])
            for one in hunt.traces
            if (hunt.host, one.key) in accepted
        ),
    )
