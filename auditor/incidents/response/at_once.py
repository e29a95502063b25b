"""What findings name is contained at once, as far as a person need not look at each: what only an intruder put there, and what can be told from all else.

Changed files of an application are left, as the site would be gone with them, and so is whatever a trace does not tell the whole place of, or does not
tell from what is not the intruder's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from auditor.errors import InputError
from auditor.incidents.case import Case
from auditor.incidents.containing import COMES_BACK, Containing, Wanted
from auditor.incidents.response import table
from auditor.incidents.response.manual import Manual
from auditor.incidents.response.seen import Seen, seen_in
from auditor.models import Finding, Host, Run, Site, Trace, clock
from auditor.models.hunts import Hunted
from auditor.models.incidents import Contained
from auditor.models.ranks import Means
from auditor.models.reviews import Kind

_ORDER: tuple[Means, ...] = ("key", "account", "cron", "job", "unit", "process", "file", "path")
"""First who may come back, then what brings the rest back, and what runs before what it runs from."""


@dataclass(frozen=True)
class Response:
    """One thing that a finding names."""

    host: str
    kind: Kind
    where: str
    wanted: tuple[Wanted, ...]
    """How it is contained; none: a person has to."""
    typed: tuple[Means, str] | None
    """How a person would, once it was looked at: the words of ``auditor incident contain`` or ``clean``; None: by no means."""
    steps: tuple[Manual, ...] = ()
    """What a person does on the host where that is no way, or is refused."""
    afterwards: tuple[Manual, ...] = ()
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


def responses_to(findings: Iterable[Finding], hosts: Iterable[Host] = ()) -> tuple[Response, ...]:
    """All that the findings name, each once, in their order; ``hosts``: those whose sites the places may lie in."""
    sites = {host.name: host.sites for host in hosts}
    found = [
        _response(finding, member, sites.get(finding.host, ())) for finding in findings for member in finding.violations
    ]
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _response(finding: Finding, member: Any, sites: Collection[Site]) -> Response | None:
    of = seen_in(finding.subject.id, member, sites)
    if of is None:
        return None
    own = {f"{site.domain}{page}".rstrip("/") for site in sites for page in site.smoke_urls}
    at_once = ((means, what) for means, what in table.at_once(of) if not (means == "path" and what.rstrip("/") in own))
    wanted = tuple(Wanted(means, what, None) for means, what in at_once)
    steps, root = table.by_hand(of), of.root if finding.subject.kind == "site" else ""
    return Response(
        finding.host,
        of.kind,
        of.where,
        wanted,
        table.typed(of),
        steps,
        table.afterwards(of),
        finding.subject.id,
        root,
        of.target,
        of.who,
        str(member.get("key", "")),
    )


def signs(run: Run, hosts: Iterable[Host]) -> tuple[Response, ...]:
    """Return what the last hunts on these hosts saw that is too little for an alarm, and that somebody comes in by or an application runs by itself."""
    found, by_name = [], {host.name: host for host in hosts}
    for hunt in run.hunts:
        host = by_name.get(hunt.host)
        for trace in hunt.weak if host is not None else ():
            of = seen_in(hunt.host, trace.model_dump(mode="json"), host.sites if host is not None else ())
            asked = _sign(of, trace, host) if of is not None and host is not None else None
            if of is not None and asked is not None:
                found.append(
                    Response(hunt.host, of.kind, of.where, (), asked, subject=hunt.host, who=of.who, key=trace.key)
                )
    return tuple(dict.fromkeys(found))


def _sign(of: Seen, trace: Trace, host: Host) -> tuple[Means, str] | None:
    """How one is contained once it was looked at. A key is told by its fingerprint, and never the one that we come in by."""
    if of.kind == "key":
        key = _KEY.search(trace.sample)
        return ("key", key[0]) if key is not None and of.who != host.automation_user else None
    return table.typed(of) if _LOADED & of.rules else None


_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_LOADED = frozenset({"loaded_unasked"})


def in_force_on(case: Case, host: str, hunts: Iterable[Hunted] = ()) -> frozenset[Wanted]:
    """What an incident is known to contain on a host already, as far as no hunt since then may have seen it there again."""
    there = [one for one in case.actions.values() if one.host == host and one.state == "confirmed"]
    back = back_again(case, hunts)
    return frozenset(Wanted(one.means, one.what, None) for one in there if one.until is None and one.number not in back)


def back_again(case: Case, hunts: Iterable[Hunted]) -> frozenset[int]:
    """The numbers of what was taken away before a hunt on its host began: where that sees the same, somebody has put it there anew."""
    began = {one.host: clock.read(one.started) for one in hunts}
    return frozenset(
        one.deed.number
        for one in case.entries
        if isinstance(one.deed, Contained)
        and one.deed.means in COMES_BACK
        and one.deed.state == "confirmed"
        and one.deed.host in began
        and clock.read(one.at) < began[one.deed.host]
    )


def contain_all(
    command: Containing, host: Host, found: Sequence[Response], there: Collection[Wanted]
) -> Iterator[Contained | Response]:
    """Contain what is found on a host, but for what is ``there`` already, each as it is done. What has to be left to a person is told, too, and what the host refused."""
    yield from (one for one in found if not one.wanted)
    todo = {wanted: one for one in found for wanted in one.wanted if wanted not in there}
    for wanted in sorted(todo, key=lambda wanted: _ORDER.index(wanted.means)):
        try:
            came_to = command.contain(host, wanted)
        except InputError:  # it must not be, or somebody else has begun to
            yield replace(todo[wanted], steps=())
            continue
        yield came_to
        if came_to.state == "refused" and came_to.why not in _KEPT_FROM_HARM:
            yield todo[wanted]


_KEPT_FROM_HARM = frozenset({"automation", "keeper", "last_admin", "our_key", "ours", "let_in"})
"""Refusals of what would shut us out: nobody is to do it by hand either."""
