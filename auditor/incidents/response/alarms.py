"""Which findings of a run give the alarm: traces that hunts and reviews are sure of. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from auditor.audit.controls import COMPROMISE, CONTENT
from auditor.models import Finding, Host, Run
from auditor.models.reviews import TraceAcceptance

_AREAS = (f"{COMPROMISE}.", f"{CONTENT}.")


def find_open_trace_findings_on_hosts(run: Run, hosts: Collection[Host]) -> tuple[Finding, ...]:
    """Return the open findings on these hosts and their sites that hold at least one trace, in the order of the run."""
    names = {host.name for host in hosts}
    return tuple(
        finding
        for finding in run.findings
        if finding.is_open
        and finding.host in names
        and finding.control.startswith(_AREAS)
        and any(map(_is_trace, finding.violations))
    )


_ROOT = frozenset({"preload", "login", "kernel_module", "setuid"})
"""Kinds of traces that only root can leave, or that make root of whoever comes."""


def list_hosts_with_root_intruder(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the hosts on which an intruder was root, as traces say: nothing that such a host tells can be believed."""
    there = (
        finding.host
        for finding in findings
        for member in finding.violations
        if _is_trace(member) and _shows_intruder_with_root(member)
    )
    return tuple(dict.fromkeys(there))


def _shows_intruder_with_root(trace_data: Mapping[str, object]) -> bool:
    rules = trace_data.get("rules")
    return trace_data["kind"] in _ROOT or (isinstance(rules, Collection) and "second_root" in rules)


def drop_accepted_traces_from_run(run: Run, acceptances: Iterable[TraceAcceptance], today: date) -> Run:
    """Return a run without the traces that the office has accepted since.

    The audit that leaves them out is still to come.
    """
    accepted_keys = _collect_accepted_site_and_trace_keys(acceptances, today)
    hunts = tuple(
        hunt.model_copy(
            update={"weak": tuple(trace for trace in hunt.weak if (hunt.host, trace.key) not in accepted_keys)}
        )
        for hunt in run.hunts
    )
    return run.model_copy(
        update={"findings": tuple(_iter_findings_without_accepted_traces(run.findings, accepted_keys)), "hunts": hunts}
    )


def drop_accepted_traces_from_findings(
    findings: Iterable[Finding], acceptances: Iterable[TraceAcceptance], today: date
) -> tuple[Finding, ...]:
    """Return findings without the traces that the office has accepted since."""
    return tuple(
        _iter_findings_without_accepted_traces(findings, _collect_accepted_site_and_trace_keys(acceptances, today))
    )


def _collect_accepted_site_and_trace_keys(
    acceptances: Iterable[TraceAcceptance], today: date
) -> frozenset[tuple[str, str]]:
    return frozenset(
        (acceptance.site, acceptance.key) for acceptance in acceptances if acceptance.is_in_force_on_day(today)
    )


def _iter_findings_without_accepted_traces(
    findings: Iterable[Finding], accepted_keys: Collection[tuple[str, str]]
) -> Iterator[Finding]:
    for finding in findings:
        subject = finding.subject.id
        there = tuple(
            member
            for member in finding.violations
            if not (_is_trace(member) and (subject, member["key"]) in accepted_keys)
        )
        yield finding if len(there) == len(finding.violations) else replace(finding, violations=there)


def _is_trace(violation: object) -> bool:
    return isinstance(violation, Mapping) and "kind" in violation and "key" in violation
