"""What intruders did to sites and hosts, apart from how these are configured: an intrusion is an incident, never a piece of work. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.models import Finding, Run, Subject, clock
from auditor.models.incidents import OpenIncident
from auditor.system.grouped import grouped
from auditor.text.words import Words

_OF_TRACES = ("compromise.", "content.")
"""How the controls begin that hunts and reviews judge (``Catalogue.of_traces``), named here so that no catalogue is loaded for it."""


@dataclass(frozen=True, slots=True)
class Intrusion:
    """What intruders did to one host or site, as far as hunts and reviews saw it."""

    subject: Subject
    host: str
    findings: tuple[Finding, ...]
    certain: int
    """Traces that nothing else can look like."""
    likely: int
    """Traces that two independent signs say."""
    incidents: tuple[OpenIncident, ...] | None
    """The incidents that are open on it; None: nobody looked into the case log."""

    @property
    def traces(self) -> int:
        """All of them."""
        return self.certain + self.likely


def is_intrusion(finding: Finding) -> bool:
    """Return whether a finding is about what an intruder did: traces of high confidence, that nobody accepted."""
    return finding.control.startswith(_OF_TRACES) and finding.is_open and bool(finding.violations)


def apart(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings about intruders, and all others."""
    known = [(is_intrusion(finding), finding) for finding in findings]
    return tuple(one for theirs, one in known if theirs), tuple(one for theirs, one in known if not theirs)


def certainties(findings: Iterable[Finding], below: str | None = None) -> tuple[str, ...]:
    """Return how sure each trace of the findings about intruders is; ``below``: of those alone that lie in the files of this folder."""
    traces = _traces(one for one in findings if is_intrusion(one))
    return tuple(_certainty(one) for one in traces if below is None or _lies_below(one, below))


def intrusions(run: Run) -> tuple[Intrusion, ...]:
    """Return what intruders did to each host and site of a run, the certain ones first."""
    served = {host.name: [site.domain for site in host.sites] for host in run.hosts}
    theirs, _ = apart(run.findings)
    found = [
        _intrusion(run, members, served.get(members[0].host, ()))
        for members in grouped(theirs, lambda one: (one.subject.kind, one.subject.id)).values()
    ]
    return tuple(sorted(found, key=lambda one: (-one.certain, -one.likely, one.subject.id)))


def _intrusion(run: Run, findings: tuple[Finding, ...], served: Iterable[str]) -> Intrusion:
    subject, host = findings[0].subject, findings[0].host
    names = (host, *served) if subject.kind == "host" else (host, subject.id)
    traces = {str(one.get("key", index)): _certainty(one) for index, one in enumerate(_traces(findings))}
    return Intrusion(
        subject=subject,
        host=host,
        findings=findings,
        certain=sum(certainty == "exact" for certainty in traces.values()),
        likely=sum(certainty != "exact" for certainty in traces.values()),
        incidents=open_on(run, *names),
    )


def open_on(run: Run, *names: str) -> tuple[OpenIncident, ...] | None:
    """Return the incidents that are open on these hosts and sites; None: nobody looked into the case log."""
    return None if run.incidents is None else tuple(one for one in run.incidents if one.covers(*names))


def state(incidents: Sequence[OpenIncident] | None, words: Words) -> str:
    """Return which incidents are open on it in a sentence each, or that none is; nothing is denied that nobody looked up."""
    if incidents is None:
        return words("intrusion.not_looked_up")
    if not incidents:
        return words("intrusion.unopened")
    told = (
        words("intrusion.opened", id=one.id, when=words.moment(one.detected), in_force=one.in_force)
        for one in incidents
    )
    return " ".join(told)


def seen_since(run: Run, incidents: Sequence[OpenIncident], words: Words) -> str:
    """Return that nothing of intruders is seen any more, where everything that the incidents are about was looked at since, or that it was not."""
    hunted = {one.host: one for one in run.hunts}
    reviewed = {one.site: one for one in run.reviews}
    for incident in incidents:
        since = clock.read(incident.detected)
        for host in run.hosts:
            sites = [site.domain for site in host.sites if incident.covers(site.domain, host.name)]
            if not sites and not incident.covers(host.name):
                continue
            hunt = hunted.get(host.name)
            looks = [reviewed.get(site) for site in sites]
            if hunt is None or not hunt.whole or clock.read(hunt.started) <= since:
                return words("intrusion.not_seen_since")
            if any(look is not None and clock.read(look.started) <= since for look in looks):
                return words("intrusion.not_seen_since")
    return words("intrusion.nothing_seen")


def counted(one: Intrusion, words: Words) -> str:
    """Return how many traces there are, by how sure they are."""
    some = (("certain", one.certain), ("likely", one.likely))
    return ", ".join(words(f"intrusion.{name}_n", n=count) for name, count in some if count)


def next_step(one: Intrusion, inventory: str, words: Words) -> str:
    """Return the command that a person types next."""
    if one.incidents:
        return shlex.join(["auditor", "incident", "next", one.incidents[0].id, "-i", inventory])
    given = ["--who", words("incidents.on_duty"), "-i", inventory]
    return shlex.join(["auditor", "incident", "open", "--all-found", one.subject.id, *given])


def open_all(found: Iterable[Intrusion], inventory: str, words: Words) -> str:
    """Return the command that opens one incident about all of which none is open; empty for none, and for a single host."""
    hosts = dict.fromkeys(one.host for one in found if one.incidents is not None and not one.incidents)
    given = ["--who", words("incidents.on_duty"), "-i", inventory]
    return shlex.join(["auditor", "incident", "open", "--all-found", *hosts, *given]) if len(hosts) > 1 else ""


def review_sites(run: Run, found: Iterable[Intrusion]) -> str:
    """Return the command that looks at the sites on intruded hosts that nobody ever looked at; empty for none."""
    intruded, reviewed = {one.host for one in found}, {one.site for one in run.reviews}
    sites = [site.domain for host in run.hosts if host.name in intruded for site in host.sites]
    unseen = [domain for domain in sites if domain not in reviewed]
    return shlex.join(["auditor", "review", "--limit", ",".join(unseen), "-i", run.inventory]) if unseen else ""


def _traces(findings: Iterable[Finding]) -> Iterable[Mapping[str, Any]]:
    for finding in findings:
        for one in finding.violations:
            yield one if isinstance(one, Mapping) else {}


def _lies_below(trace: Mapping[str, Any], folder: str) -> bool:
    """Return whether its place is in that folder, or the database of what is served from there (``/folder: table row``)."""
    top, where = folder.rstrip("/"), str(trace.get("where", ""))
    return bool(top) and where.startswith((f"{top}/", f"{top}: "))


def _certainty(violation: object) -> str:
    return str(violation.get("certainty", "")) if isinstance(violation, Mapping) else ""
