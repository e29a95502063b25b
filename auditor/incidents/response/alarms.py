"""Which findings of a run give the alarm: traces that hunts and reviews are sure of. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from auditor.audit.controls import COMPROMISE, CONTENT
from auditor.models import Finding, Host, Run
from auditor.models.reviews import Accepted

_AREAS = (f"{COMPROMISE}.", f"{CONTENT}.")


def alarms(run: Run, hosts: Collection[Host]) -> tuple[Finding, ...]:
    """Return the open findings on these hosts and their sites that hold at least one trace, in the order of the run."""
    names = {host.name for host in hosts}
    return tuple(
        one
        for one in run.findings
        if one.is_open and one.host in names and one.control.startswith(_AREAS) and any(map(_is_trace, one.violations))
    )


_ROOT = frozenset({"preload", "login", "kernel_module", "setuid"})
"""Kinds of traces that only root can leave, or that make root of whoever comes."""


def root_taken(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the hosts on which an intruder was root, as traces say: nothing that such a host tells can be believed."""
    there = (one.host for one in findings for each in one.violations if _is_trace(each) and _is_of_root(each))
    return tuple(dict.fromkeys(there))


def _is_of_root(member: Mapping[str, object]) -> bool:
    rules = member.get("rules")
    return member["kind"] in _ROOT or (isinstance(rules, Collection) and "second_root" in rules)


def run_without_accepted(run: Run, accepted: Iterable[Accepted], today: date) -> Run:
    """Return a run without the traces that the office has accepted since: the audit that leaves them out is still to come."""
    known = _keys(accepted, today)
    hunts = tuple(
        one.model_copy(update={"weak": tuple(each for each in one.weak if (one.host, each.key) not in known)})
        for one in run.hunts
    )
    return run.model_copy(update={"findings": tuple(_without(run.findings, known)), "hunts": hunts})


def without_accepted(findings: Iterable[Finding], accepted: Iterable[Accepted], today: date) -> tuple[Finding, ...]:
    """Return findings without the traces that the office has accepted since."""
    return tuple(_without(findings, _keys(accepted, today)))


def _keys(accepted: Iterable[Accepted], today: date) -> frozenset[tuple[str, str]]:
    return frozenset((one.site, one.key) for one in accepted if one.holds(today))


def _without(findings: Iterable[Finding], known: Collection[tuple[str, str]]) -> Iterator[Finding]:
    for one in findings:
        subject = one.subject.id
        there = tuple(each for each in one.violations if not (_is_trace(each) and (subject, each["key"]) in known))
        yield one if len(there) == len(one.violations) else replace(one, violations=there)


def _is_trace(member: object) -> bool:
    return isinstance(member, Mapping) and "kind" in member and "key" in member
