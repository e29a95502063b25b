"""What findings name is contained at once, as far as a person need not look at each.

What only an intruder put there, and what can be told from all else.

Changed files of an application are left, as the site would be gone with them, and so is whatever a trace does not tell
the whole place of, or does not tell from what is not the intruder's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from auditor.errors import InputError
from auditor.incidents.case import IncidentCase
from auditor.incidents.containment import RECREATABLE_MEANS, ActionRequest, Responder
from auditor.incidents.response import response_rules
from auditor.incidents.response.instructions import Instructions
from auditor.incidents.response.located_trace import LocatedTrace, parse_located_trace_of_violation
from auditor.models import Finding, Host, Run, Site, Trace, clock
from auditor.models.hunts import HuntSummary
from auditor.models.incidents import ContainedEvent
from auditor.models.response_actions import Means
from auditor.models.reviews import Kind

_ACTION_ORDER: tuple[Means, ...] = ("key", "account", "cron", "job", "unit", "process", "file", "path")
"""First who may come back, then what brings the rest back, and what runs before what it runs from."""


@dataclass(frozen=True)
class TraceResponse:
    """One thing that a finding names."""

    host: str
    kind: Kind
    where: str
    requests: tuple[ActionRequest, ...]
    """How it is contained; none: a person has to."""
    manual_action: tuple[Means, str] | None
    """How a person would, once it was looked at: the words of ``auditor incident contain`` or ``clean``; None.

    By no means.
    """
    steps: tuple[Instructions, ...] = ()
    """What a person does on the host where that is no way, or is refused."""
    afterwards: tuple[Instructions, ...] = ()
    """What a person does there with what is contained, once evidence of it was collected."""
    subject: str = ""
    """The host or site that it was seen on."""
    root: str = ""
    """The document root of that site; empty: not known, or it was seen on a host."""
    target: str = ""
    """The foreign name that it is about."""
    who: str = ""
    """The account whose it is; empty where the trace does not say."""
    key: str = field(default="", compare=False)
    """By which the office accepts it as its own."""


def build_responses(findings: Iterable[Finding], hosts: Iterable[Host] = ()) -> tuple[TraceResponse, ...]:
    """Return all that the findings name, each once, in their order.

    ``hosts``: those whose sites the places may lie in.
    """
    sites = {host.name: host.sites for host in hosts}
    candidates = [
        _build_response(finding, member, sites.get(finding.host, ()))
        for finding in findings
        for member in finding.violations
    ]
    return tuple(dict.fromkeys(candidate for candidate in candidates if candidate is not None))


def _build_response(finding: Finding, violation: Any, sites: Collection[Site]) -> TraceResponse | None:
    of = parse_located_trace_of_violation(finding.subject.id, violation, sites)
    if of is None:
        return None
    own = {f"{site.domain}{page}".rstrip("/") for site in sites for page in site.smoke_urls}
    automatic_actions = (
        (means, what)
        for means, what in response_rules.list_automatic_actions_on_trace(of)
        if not (means == "path" and what.rstrip("/") in own)
    )
    requests = tuple(ActionRequest(means, what, None) for means, what in automatic_actions)
    steps, root = (
        response_rules.list_manual_instructions_for_trace(of),
        of.root if finding.subject.kind == "site" else "",
    )
    return TraceResponse(
        finding.host,
        of.kind,
        of.where,
        requests,
        response_rules.choose_manual_action_on_trace(of),
        steps,
        response_rules.list_manual_followups_after_containment(of),
        finding.subject.id,
        root,
        of.target,
        of.who,
        str(violation.get("key", "")),
    )


def find_actionable_weak_traces_of_hunts(run: Run, hosts: Iterable[Host]) -> tuple[TraceResponse, ...]:
    """Return weak signs that the last hunts on these hosts saw, too little for an alarm.

    By such a sign somebody comes in, or an application runs it by itself.
    """
    sign_responses, by_name = [], {host.name: host for host in hosts}
    for hunt in run.hunts:
        host = by_name.get(hunt.host)
        for trace in hunt.weak if host is not None else ():
            of = parse_located_trace_of_violation(
                hunt.host, trace.model_dump(mode="json"), host.sites if host is not None else ()
            )
            manual_action = (
                _choose_manual_action_for_weak_trace(of, trace, host) if of is not None and host is not None else None
            )
            if of is not None and manual_action is not None:
                sign_responses.append(
                    TraceResponse(
                        hunt.host, of.kind, of.where, (), manual_action, subject=hunt.host, who=of.who, key=trace.key
                    )
                )
    return tuple(dict.fromkeys(sign_responses))


def _choose_manual_action_for_weak_trace(
    located_trace: LocatedTrace, trace: Trace, host: Host
) -> tuple[Means, str] | None:
    """Return how one is contained once it was looked at.

    A key is told by its fingerprint, and never the one that we come in by.
    """
    if located_trace.kind == "key":
        key = _KEY.search(trace.sample)
        return ("key", key[0]) if key is not None and located_trace.who != host.automation_user else None
    return response_rules.choose_manual_action_on_trace(located_trace) if _LOADING_RULES & located_trace.rules else None


_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_LOADING_RULES = frozenset({"loaded_unasked"})


def list_requests_in_force(
    case: IncidentCase, host: str, hunts_since: Iterable[HuntSummary] = ()
) -> frozenset[ActionRequest]:
    """Return what an incident is known to contain on a host already.

    What a hunt since then may have seen there again is left out.
    """
    confirmed_actions = [
        action for action in case.actions.values() if action.host == host and action.state == "confirmed"
    ]
    back = find_actions_on_things_since_recreated(case, hunts_since)
    return frozenset(
        ActionRequest(action.means, action.what, None)
        for action in confirmed_actions
        if action.until is None and action.number not in back
    )


def find_actions_on_things_since_recreated(case: IncidentCase, hunts: Iterable[HuntSummary]) -> frozenset[int]:
    """Return the numbers of what was taken away before a hunt on its host began.

    Where that sees the same, somebody has put it there anew.
    """
    hunt_starts = {hunt.host: clock.parse_iso_moment(hunt.started) for hunt in hunts}
    return frozenset(
        entry.deed.number
        for entry in case.entries
        if isinstance(entry.deed, ContainedEvent)
        and entry.deed.means in RECREATABLE_MEANS
        and entry.deed.state == "confirmed"
        and entry.deed.host in hunt_starts
        and clock.parse_iso_moment(entry.at) < hunt_starts[entry.deed.host]
    )


def contain_new_traces_on_host(
    responder: Responder, host: Host, responses: Sequence[TraceResponse], existing_requests: Collection[ActionRequest]
) -> Iterator[ContainedEvent | TraceResponse]:
    """Contain what is found on a host, but for what is ``existing_requests`` already, each as it is done.

    What has to be left to a person is told, too, and what the host refused.
    """
    yield from (manual_response for manual_response in responses if not manual_response.requests)
    response_by_request = {
        new_request: response
        for response in responses
        for new_request in response.requests
        if new_request not in existing_requests
    }
    for request in sorted(response_by_request, key=lambda next_request: _ACTION_ORDER.index(next_request.means)):
        try:
            came_to = responder.contain(host, request)
        except InputError:  # it must not be, or somebody else has begun to
            yield replace(response_by_request[request], steps=())
            continue
        yield came_to
        if came_to.state == "refused" and came_to.why not in _PROTECTION_REASONS:
            yield response_by_request[request]


_PROTECTION_REASONS = frozenset({"automation", "keeper", "last_admin", "our_key", "ours", "let_in"})
"""Refusals of what would shut us out: nobody is to do it by hand either."""
