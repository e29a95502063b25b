"""What intruders did to sites and hosts, apart from how these are configured.

An intrusion is an incident, never a piece of work. Pure.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.models import Finding, Run, Subject, clock
from auditor.models.incidents import OpenIncident
from auditor.system.groups import group_by
from auditor.text.translations import Words

_OF_TRACES = ("compromise.", "content.")
"""How the controls begin that hunts and reviews judge (``Catalogue.of_traces``), named here so that no catalogue is
loaded for it.
"""


@dataclass(frozen=True, slots=True)
class Intrusion:
    """The traces of intruders on one host or site, as far as hunts and reviews saw them."""

    subject: Subject
    host: str
    findings: tuple[Finding, ...]
    certain: int
    """Traces that nothing else can look like."""
    likely: int
    """Traces that two independent signs say."""
    incidents: tuple[OpenIncident, ...] | None
    """The incidents that are open on it; None: nobody looked into the case log."""


def is_intrusion(finding: Finding) -> bool:
    """Return whether a finding is about what an intruder did: traces of high confidence, that nobody accepted."""
    return finding.control.startswith(_OF_TRACES) and finding.is_open and bool(finding.violations)


def split_intrusions(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings about intruders, and all others."""
    pairs = [(is_intrusion(finding), finding) for finding in findings]
    return tuple(intruder_finding for theirs, intruder_finding in pairs if theirs), tuple(
        other_finding for theirs, other_finding in pairs if not theirs
    )


def list_certainty_of_each_intruder_trace(
    findings: Iterable[Finding], below_folder: str | None = None
) -> tuple[str, ...]:
    """Return how sure each trace of the findings about intruders is.

    With ``below_folder``: of those alone that lie in the files of this folder.
    """
    traces = _iter_traces_of_findings(finding for finding in findings if is_intrusion(finding))
    return tuple(
        _get_certainty_of_trace(trace)
        for trace in traces
        if below_folder is None or _is_trace_below_folder(trace, below_folder)
    )


def find_intrusions(run: Run) -> tuple[Intrusion, ...]:
    """Return what intruders did to each host and site of a run, the certain ones first."""
    domains_by_host = {host.name: [site.domain for site in host.sites] for host in run.hosts}
    theirs, _ = split_intrusions(run.findings)
    unsorted_intrusions = [
        _build_intrusion_of_subject(run, members, domains_by_host.get(members[0].host, ()))
        for members in group_by(theirs, lambda finding: (finding.subject.kind, finding.subject.id)).values()
    ]
    return tuple(
        sorted(unsorted_intrusions, key=lambda intrusion: (-intrusion.certain, -intrusion.likely, intrusion.subject.id))
    )


def _build_intrusion_of_subject(run: Run, findings: tuple[Finding, ...], domains: Iterable[str]) -> Intrusion:
    subject, host = findings[0].subject, findings[0].host
    names = (host, *domains) if subject.kind == "host" else (host, subject.id)
    traces = {
        str(trace.get("key", index)): _get_certainty_of_trace(trace)
        for index, trace in enumerate(_iter_traces_of_findings(findings))
    }
    return Intrusion(
        subject=subject,
        host=host,
        findings=findings,
        certain=sum(certainty == "exact" for certainty in traces.values()),
        likely=sum(certainty != "exact" for certainty in traces.values()),
        incidents=find_open_incidents(run, *names),
    )


def find_open_incidents(run: Run, *host_and_site_names: str) -> tuple[OpenIncident, ...] | None:
    """Return the incidents that are open on these hosts and sites; None: nobody looked into the case log."""
    return (
        None
        if run.incidents is None
        else tuple(incident for incident in run.incidents if incident.is_about_any_subject(*host_and_site_names))
    )


def describe_incidents(incidents: Sequence[OpenIncident] | None, words: Words) -> str:
    """Return which incidents are open on it in a sentence each, or that none is.

    Nothing is denied that nobody looked up.
    """
    if incidents is None:
        return words("intrusion.not_looked_up")
    if not incidents:
        return words("intrusion.unopened")
    sentences = (
        words(
            "intrusion.opened",
            id=incident.id,
            when=words.format_iso_moment(incident.detected),
            in_force=incident.in_force,
        )
        for incident in incidents
    )
    return " ".join(sentences)


def describe_traces_since_incidents(run: Run, incidents: Sequence[OpenIncident], words: Words) -> str:
    """Return whether the subjects of the incidents are free of traces of intruders since.

    They are free only where everything was looked at since.
    """
    hunts_by_host = {last_hunt.host: last_hunt for last_hunt in run.hunts}
    reviews_by_site = {review.site: review for review in run.reviews}
    for incident in incidents:
        since = clock.parse_iso_moment(incident.detected)
        for host in run.hosts:
            sites = [site.domain for site in host.sites if incident.is_about_any_subject(site.domain, host.name)]
            if not sites and not incident.is_about_any_subject(host.name):
                continue
            hunt = hunts_by_host.get(host.name)
            looks = [reviews_by_site.get(site) for site in sites]
            if hunt is None or not hunt.is_everything_seen_and_judged or clock.parse_iso_moment(hunt.started) <= since:
                return words("intrusion.not_seen_since")
            if any(look is not None and clock.parse_iso_moment(look.started) <= since for look in looks):
                return words("intrusion.not_seen_since")
    return words("intrusion.nothing_seen")


def describe_trace_counts(intrusion: Intrusion, words: Words) -> str:
    """Return how many traces there are, by how sure they are."""
    named_counts = (("certain", intrusion.certain), ("likely", intrusion.likely))
    return ", ".join(words(f"intrusion.{name}_n", n=count) for name, count in named_counts if count)


def build_next_command_for_intrusion(intrusion: Intrusion, inventory: str, words: Words) -> str:
    """Return the command that a person types next."""
    if intrusion.incidents:
        return shlex.join(["auditor", "incident", "next", intrusion.incidents[0].id, "-i", inventory])
    options = ["--who", words("incidents.on_duty"), "-i", inventory]
    return shlex.join(["auditor", "incident", "open", "--all-found", intrusion.subject.id, *options])


def build_command_to_open_incident(active_intrusions: Iterable[Intrusion], inventory: str, words: Words) -> str:
    """Return the command that opens one incident about all of which none is open.

    Empty for none, and for a single host.
    """
    hosts = dict.fromkeys(
        intrusion.host for intrusion in active_intrusions if intrusion.incidents is not None and not intrusion.incidents
    )
    options = ["--who", words("incidents.on_duty"), "-i", inventory]
    return shlex.join(["auditor", "incident", "open", "--all-found", *hosts, *options]) if len(hosts) > 1 else ""


def build_command_to_review_unseen_sites(run: Run, active_intrusions: Iterable[Intrusion]) -> str:
    """Return the command that looks at the sites on intruded hosts that nobody ever looked at; empty for none."""
    intruded_hosts, reviewed_sites = (
        {intrusion.host for intrusion in active_intrusions},
        {review.site for review in run.reviews},
    )
    sites = [site.domain for host in run.hosts if host.name in intruded_hosts for site in host.sites]
    unseen = [domain for domain in sites if domain not in reviewed_sites]
    return shlex.join(["auditor", "review", "--limit", ",".join(unseen), "-i", run.inventory]) if unseen else ""


def _iter_traces_of_findings(findings: Iterable[Finding]) -> Iterable[Mapping[str, Any]]:
    for finding in findings:
        for violation in finding.violations:
            yield violation if isinstance(violation, Mapping) else {}


def _is_trace_below_folder(trace: Mapping[str, Any], folder: str) -> bool:
    """Return whether the trace lies in that folder, or in the database of what is served from there.

    A place in the latter is ``/folder: table row``.
    """
    top, where = folder.rstrip("/"), str(trace.get("where", ""))
    return bool(top) and where.startswith((f"{top}/", f"{top}: "))


def _get_certainty_of_trace(trace: object) -> str:
    return str(trace.get("certainty", "")) if isinstance(trace, Mapping) else ""
