"""What a run means for a pipeline: its exit code, and why. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from auditor.audit.controls import Catalogue
from auditor.models import ControlId, Finding, Model, Run, Severity, Status, Subject
from auditor.results.compare import compare_findings_by_control_and_subject

OPEN: Literal[1] = 1
NOT_EVALUATED: Literal[3] = 3


type Why = Literal["open", "new", "regressed", "worse", "waiver_expired"]


class FailureCause(Model):
    """A finding that makes a run fail."""

    control: ControlId
    subject: Subject
    severity: Severity
    why: Why = Field(
        description="open, without a baseline; new since it; passed in it; open in it, and more members violate now, "
        "or a trace that it did not have; "
        "a waiver that has expired"
    )


class RunVerdict(Model):
    """The meaning of a run for a pipeline."""

    code: Literal[0, 1, 3] = Field(description="the exit code: 1 causes to fail, 3 something was not evaluated")
    fail_on: Severity
    baseline: str | None = Field(description="the run that it was measured by")
    causes: tuple[FailureCause, ...]
    known: int = Field(description="findings that were open in the baseline already")
    not_evaluated: int


class Baseline(Model):
    """The findings that were known before, to measure a run by."""

    name: str
    findings: tuple[Finding, ...]


def judge_run_for_exit_code(
    run: Run, catalogue: Catalogue, fail_on: Severity, baseline: Baseline | None = None
) -> RunVerdict:
    """Return 1 when there is a cause to fail, else 3 when something that applies was not evaluated, else 0.

    A cause is a finding that is open, at or above ``fail_on``, and that no waiver covers. Measured by a baseline, what
    was open there already is not, unless more members of it violate now, or of what was looked at a trace that is new;
    what passed there is one whatever its severity, and so is an expired waiver.
    """
    of_papers, of_traces = catalogue.control_ids_judged_from_papers, catalogue.control_ids_judged_from_looks_and_hunts
    causes = tuple(
        _iter_failure_causes_against_baseline(baseline, run, of_papers, of_traces, fail_on)
        if baseline
        else _iter_failure_causes_by_severity(run, of_papers, fail_on)
    )
    worse = sum(cause.why == "worse" for cause in causes)
    unread = sum(finding.status is Status.NOT_EVALUATED for finding in run.findings)
    return RunVerdict(
        code=OPEN if causes else NOT_EVALUATED if unread else 0,
        fail_on=fail_on,
        baseline=baseline.name if baseline else None,
        causes=causes,
        known=compare_findings_by_control_and_subject(baseline.findings, run.findings).count_findings_with_change(
            "still"
        )
        - worse
        if baseline
        else 0,
        not_evaluated=unread,
    )


def build_baseline(run: Run, earlier: Iterable[tuple[str, Iterable[Finding]]]) -> Baseline | None:
    """Return the baseline that earlier runs make, newest first.

    For each of the run's findings the newest that came to a result.

    So a host that was down last night, or left out by a limit, is measured by the night before. Takes no more of
    ``earlier`` than it needs; None when there is none. What is not in ``run`` is left out.
    """
    here = {finding.key for finding in run.findings}
    missing_keys = {finding.key for finding in run.findings if finding.is_open}
    newest_findings: dict[object, Finding] = {}
    name = None
    for of, findings in earlier:
        name = name or of
        for finding in findings:
            what = finding.key
            before = newest_findings.get(what)
            if what in here and (before is None or before.status is Status.NOT_EVALUATED):
                newest_findings[what] = finding
                if finding.status is not Status.NOT_EVALUATED:
                    missing_keys.discard(what)
        if not missing_keys:
            break
    return Baseline(name=name, findings=tuple(newest_findings.values())) if name else None


def _iter_failure_causes_by_severity(
    run: Run, controls_of_papers: Collection[ControlId], fail_on: Severity
) -> Iterator[FailureCause]:
    for finding in run.findings:
        if finding.is_open and finding.severity.rank >= fail_on.rank:
            yield _make_failure_cause_of_finding(
                finding, "waiver_expired" if finding.control in controls_of_papers else "open"
            )


def _iter_failure_causes_against_baseline(
    baseline: Baseline,
    run: Run,
    controls_of_papers: Collection[ControlId],
    controls_of_traces: Collection[ControlId],
    fail_on: Severity,
) -> Iterator[FailureCause]:
    for finding in run.findings:
        if finding.control in controls_of_papers and finding.is_open:
            yield _make_failure_cause_of_finding(finding, "waiver_expired")
    changes = compare_findings_by_control_and_subject(baseline.findings, run.findings).changes
    for finding in changes.get("regressed", ()):
        if finding.control not in controls_of_papers:
            yield _make_failure_cause_of_finding(finding, "regressed")
    for finding in changes.get("new", ()):
        if finding.control not in controls_of_papers and finding.severity.rank >= fail_on.rank:
            yield _make_failure_cause_of_finding(finding, "new")
    members = {was.key: was.violations for was in baseline.findings}
    for finding in changes.get("still", ()):
        before = members[finding.key]
        has_keys = finding.control in controls_of_traces
        more = (
            bool(_list_keys_of_traces(finding.violations) - _list_keys_of_traces(before))
            if has_keys
            else len(finding.violations) > len(before)
        )
        if more and finding.control not in controls_of_papers and finding.severity.rank >= fail_on.rank:
            yield _make_failure_cause_of_finding(finding, "worse")


def _list_keys_of_traces(violations: Iterable[Any]) -> set[str]:
    """Return the keys of traces.

    Their number is bounded, so that one more of them need not make more.
    """
    return {str(violation["key"]) for violation in violations if isinstance(violation, Mapping) and "key" in violation}


def _make_failure_cause_of_finding(finding: Finding, why: Why) -> FailureCause:
    return FailureCause(control=finding.control, subject=finding.subject, severity=finding.severity, why=why)
