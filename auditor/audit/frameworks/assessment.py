"""What findings come to by clause, for a site, a host, a unit and a fleet. Pure.

The rule, and why an auditor can stand by it, is written in ``docs/en/frameworks.md``.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks.clauses import (
    Clause,
    ClauseStatus,
    Framework,
    list_controls_citing_clause,
    map_controls_by_cited_number,
)
from auditor.errors import InputError
from auditor.models import ControlId, Finding, Host, Run, Severity, Site, Status

Kind = Literal["host", "site"]
_BOTH_KINDS: frozenset[Kind] = frozenset({"host", "site"})
_HOST: frozenset[Kind] = frozenset({"host"})
DEFAULT_LEVEL = 2
"""The level of a host that serves no site."""


class Result(enum.StrEnum):
    """The result of a clause, best first."""

    NOT_APPLICABLE = "not_applicable"
    MET = "met"
    EQUIVALENT = "equivalent"
    NEEDS_CONFIRMATION = "needs_confirmation"
    NOT_EVALUATED = "not_evaluated"
    PARTLY = "partly"
    NOT_MET = "not_met"

    @property
    def rank(self) -> int:
        """Return the rank, 0 for the best; the worst of several is the one that counts."""
        return _RANK[self]


_RANK = {result: rank for rank, result in enumerate(Result)}
_SOMETHING_IN_PLACE = frozenset({Result.MET, Result.EQUIVALENT, Result.PARTLY})
_OPEN_RESULTS = frozenset({Result.PARTLY, Result.NOT_MET})
_DEFEATING_SEVERITIES = {
    Status.FAIL: frozenset({Severity.HIGH, Severity.CRITICAL}),
    Status.PARTIAL: frozenset({Severity.CRITICAL}),
}
"""Findings beside which no other control can make the clause partly met: one such hole undoes the requirement."""


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """One clause over one subject's findings."""

    clause: Clause
    result: Result
    shown_result: Result | None
    """What the controls alone show; None when no control concerns this subject. Differs from ``result`` where the
    controls show only a part of the clause and the rest needs a person's confirmation."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ClauseTotal:
    """One clause over several subjects: the worst result, and how many subjects have which."""

    clause: Clause
    result: Result
    counts: Mapping[Result, int]
    worst: tuple[str, ...]
    """The subjects with the worst result, in the order given."""
    open: Mapping[ControlId, int]
    """How many hosts or sites violate each control that is open anywhere; those under a waiver are not open."""
    shown_result: Result | None
    """The worst that the controls alone show; None when none concerns any subject."""


@dataclass(frozen=True, slots=True)
class SubjectAssessment:
    """A site with its host, or a host that serves none, by clause."""

    host: Host
    site: Site | None
    results: tuple[ClauseResult, ...]

    @property
    def name(self) -> str:
        """Return the site's domain, else the host's name."""
        return self.site.domain if self.site is not None else self.host.name

    @property
    def unit(self) -> str | None:
        """Return the unit that answers for it: the site's own, else its host's."""
        return (self.site.unit if self.site is not None else None) or self.host.unit


def convert_finding_to_clause_result(finding: Finding) -> Result:
    """Return what one finding says for the clauses that its control is cited under.

    A waiver or an attestation with a compensating measure is equivalent. Without one an attested finding is met, and a
    waived one says what it would without the waiver.
    """
    if finding.waiver is None and finding.attestation is None:
        return _RESULT_BY_STATUS[finding.status]
    paper = {"waived": finding.waiver, "attested": finding.attestation}.get(finding.bucket)
    if paper is not None and paper.compensating:
        return Result.EQUIVALENT
    return Result.MET if finding.bucket == "attested" else _RESULT_BY_STATUS[finding.status]


_RESULT_BY_STATUS = {
    Status.PASS: Result.MET,
    Status.PARTIAL: Result.PARTLY,
    Status.FAIL: Result.NOT_MET,
    Status.NOT_APPLICABLE: Result.NOT_APPLICABLE,
    Status.NOT_EVALUATED: Result.NOT_EVALUATED,
    Status.MANUAL: Result.NEEDS_CONFIRMATION,
}


def combine_findings_into_clause_result(findings: Iterable[Finding]) -> Result:
    """Return what several findings say together; nothing said is not evaluated."""
    words: set[Result] = set()
    for finding in findings:
        word = convert_finding_to_clause_result(finding)
        words.add(word)
        if word in _OPEN_RESULTS and finding.severity in _DEFEATING_SEVERITIES[finding.status]:
            return Result.NOT_MET
    if Result.NOT_MET in words:
        return Result.PARTLY if words & _SOMETHING_IN_PLACE else Result.NOT_MET
    return max(words, key=_RANK.__getitem__, default=Result.NOT_EVALUATED)


def conclude_clause(status: ClauseStatus, shown_result: Result | None) -> Result:
    """Return what the clause comes to, given how much of it the controls can show and what they showed."""
    match status:
        case "not_covered":
            return Result.NOT_EVALUATED
        case "manual":
            return Result.NEEDS_CONFIRMATION if shown_result is None else shown_result
        case "automated":
            return Result.NOT_APPLICABLE if shown_result is None else shown_result
        case "partial":
            return max(shown_result or Result.NOT_APPLICABLE, Result.NEEDS_CONFIRMATION, key=_RANK.__getitem__)


def assess_sites_and_hosts_of_run(
    framework: Framework,
    run: Run,
    catalogue: Catalogue,
    level: int | None = None,
    findings_by_host: FindingsByHost | None = None,
) -> Iterator[SubjectAssessment]:
    """Yield every site of the run, and every host without one, that the framework is about.

    Where the framework's levels are those of sites, each at the level it declares: some controls ask more of a higher
    one, so that findings cannot be read at another. Else at ``level``, or at all for None. ``findings_by_host`` are the
    run's findings as ``group_findings_by_host_and_subject`` gives them, for who assesses several frameworks. Raises
    InputError for a level of a framework with levels of sites.
    """
    if framework.site_levels and level is not None:
        raise InputError(
            "{framework} is assessed at the level that each site declares",
            mend="omit the level, or change the site's level in the inventory",
            framework=framework.id,
        )
    findings_by_host = findings_by_host or group_findings_by_host_and_subject(run)
    plans = _ClausePlansByLevel(framework, catalogue)
    for host, own, of_site in _iter_concerned_hosts_with_findings(framework, run, findings_by_host):
        for site in host.sites or (None,):
            if framework.site_levels:
                level = site.level if site else get_highest_site_level_of_host(host)
            if site is None:
                yield SubjectAssessment(host, None, tuple(_judge_clauses(plans.get_plan_of_level(level, _HOST), own)))
            else:
                of_both = {**own, **of_site[site.domain]}
                yield SubjectAssessment(
                    host, site, tuple(_judge_clauses(plans.get_plan_of_level(level, _BOTH_KINDS), of_both))
                )


def get_highest_site_level_of_host(host: Host) -> int:
    """Return the level that a host is held to: the highest of the sites that it serves."""
    return max((site.level for site in host.sites), default=DEFAULT_LEVEL)


@dataclass(frozen=True, slots=True)
class SelfCheckCoverage:
    """The part of a framework that controls show by themselves."""

    clauses: int
    """Clauses of which they show something, where that applies."""
    met: int
    """Those of which all that they show is met, or under a waiver with an equivalent measure."""


def measure_self_checked_clauses(clauses: Iterable[ClauseTotal]) -> SelfCheckCoverage:
    """Return how much of these clauses is checked without a person, and how much of that is met everywhere."""
    shown_results = [
        clause_total.shown_result
        for clause_total in clauses
        if clause_total.clause.status in ("automated", "partial")
        and clause_total.shown_result not in (None, Result.NOT_APPLICABLE)
    ]
    return SelfCheckCoverage(
        len(shown_results), sum(result in (Result.MET, Result.EQUIVALENT) for result in shown_results)
    )


def total_clauses_over_subjects(assessments: Iterable[SubjectAssessment]) -> tuple[ClauseTotal, ...]:
    """Return, by clause, the totals of several subjects together, of a unit or a fleet.

    A total is the worst result, and how many have which.

    Reads ``assessments`` once and keeps names and counts alone, so that ten thousand sites fit in memory.
    """
    tallies: dict[str, _ClauseTally] = {}
    for subject in assessments:
        for clause_result in subject.results:
            if clause_result.clause.number not in tallies:
                tallies[clause_result.clause.number] = _ClauseTally(clause_result.clause)
            tallies[clause_result.clause.number].add_subject_result(subject.name, clause_result)
    return tuple(clause.make_clause_total() for clause in tallies.values())


class _ClauseTally:
    """One clause's counts while they grow."""

    def __init__(self, clause: Clause) -> None:
        self._clause = clause
        self._names: dict[Result, list[str]] = defaultdict(list)
        self._open: dict[ControlId, set[str]] = defaultdict(set)
        self._shown: set[Result] = set()

    def add_subject_result(self, subject_name: str, clause_result: ClauseResult) -> None:
        self._names[clause_result.result].append(subject_name)
        if clause_result.shown_result is not None:
            self._shown.add(clause_result.shown_result)
        for finding in clause_result.findings:
            if finding.is_open:
                self._open[finding.control].add(finding.subject.id)

    def make_clause_total(self) -> ClauseTotal:
        worst = max(self._names, key=_RANK.__getitem__)
        shown_result = max(self._shown, key=_RANK.__getitem__, default=None)
        counts = {result: len(names) for result, names in self._names.items()}
        open_counts = {control: len(subjects) for control, subjects in self._open.items()}
        return ClauseTotal(self._clause, worst, counts, tuple(self._names[worst]), open_counts, shown_result)


type _Findings = Mapping[str, Sequence[Finding]]
type FindingsByHost = Mapping[str, Mapping[tuple[str, str], _Findings]]
type _Plan = Sequence[tuple[ClauseResult, tuple[ControlId, ...]]]
"""The clauses, each as it stands where no control says anything, with the controls that concern the subject."""


def _list_clauses_with_their_controls(
    framework: Framework, level: int | None, catalogue: Catalogue, kinds: frozenset[Kind]
) -> _Plan:
    controls_by_number = map_controls_by_cited_number(framework, catalogue)
    return [
        (
            ClauseResult(clause, conclude_clause(clause.status, None), None, ()),
            tuple(
                control.id
                for control in list_controls_citing_clause(clause, controls_by_number)
                if control.subject in kinds
            ),
        )
        for clause in framework.list_clauses_of_level(level)
    ]


class _ClausePlansByLevel:
    """The clauses and controls of each level for hosts and for sites, worked out once."""

    def __init__(self, framework: Framework, catalogue: Catalogue) -> None:
        self._framework, self._catalogue = framework, catalogue
        self._made: dict[tuple[int | None, frozenset[Kind]], _Plan] = {}

    def get_plan_of_level(self, level: int | None, kinds: frozenset[Kind]) -> _Plan:
        if (level, kinds) not in self._made:
            self._made[level, kinds] = _list_clauses_with_their_controls(self._framework, level, self._catalogue, kinds)
        return self._made[level, kinds]


def _judge_clauses(plan: _Plan, findings: _Findings) -> Iterator[ClauseResult]:
    for unshown, controls in plan:
        if not controls:
            yield unshown
            continue
        clause_findings = tuple(finding for control in controls for finding in findings.get(control, ()))
        shown_result = combine_findings_into_clause_result(clause_findings)
        if any(control not in findings for control in controls):
            shown_result = max(shown_result, Result.NOT_EVALUATED, key=_RANK.__getitem__)
        yield ClauseResult(
            unshown.clause, conclude_clause(unshown.clause.status, shown_result), shown_result, clause_findings
        )


def group_findings_by_host_and_subject(run: Run) -> FindingsByHost:
    """Return the run's findings by host, each host's by subject, each subject's by control."""
    findings_by_host: dict[str, dict[tuple[str, str], dict[str, list[Finding]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for finding in run.findings:
        findings_by_host[finding.host][finding.subject.kind, finding.subject.id][finding.control].append(finding)
    return findings_by_host


def _iter_concerned_hosts_with_findings(
    framework: Framework, run: Run, findings_by_host: FindingsByHost
) -> Iterator[tuple[Host, _Findings, Mapping[str, _Findings]]]:
    """Yield the hosts that the framework is about, with the findings of each host and of its sites by control."""
    systems = {outcome.host: outcome.os for outcome in run.outcomes}
    for host in run.hosts:
        system = systems.get(host.name)
        if framework.system is not None and system is not None and not system.startswith(framework.system):
            continue
        of = findings_by_host.get(host.name, {})
        yield (
            host,
            of.get(("host", host.name), {}),
            {site.domain: of.get(("site", site.domain), {}) for site in host.sites},
        )
