"""``junit.xml``: a test suite per host and site, for CI servers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from xml.etree import ElementTree

from auditor.audit.controls import Catalogue
from auditor.models import Finding, Lang, Run, clock
from auditor.results import exceptions
from auditor.results.summary import summarize_run
from auditor.text.sanitize import escape_invisible_characters, escape_text_to_one_line, replace_non_finite_numbers
from auditor.text.translations import Words

MAX_DETAIL = 4000


def render_findings_as_junit_xml(run: Run, catalogue: Catalogue, lang: Lang) -> bytes:
    """Open findings are failures, not evaluated ones errors, not applicable, waived and manual ones skipped."""
    summary = summarize_run(run)
    suites = [(f"host {escape_text_to_one_line(host.host.name, 200)}", host.findings) for host in summary.hosts]
    suites += [(f"site {site.domain}", site.own) for site in summary.sites]
    tally = _count_junit_outcomes(run.findings)
    del tally["skipped"]  # the schema has it for suites only
    root = ElementTree.Element("testsuites", {"name": "luytre", "time": f"{run.seconds:.3f}", **tally})
    for name, findings in suites:
        about = {
            "name": name,
            "timestamp": clock.format_iso_moment(run.started_at),
            "time": "0",
            **_count_junit_outcomes(findings),
        }
        suite = ElementTree.SubElement(root, "testsuite", about)
        for finding in findings:
            suite.append(_build_junit_test_case(finding, catalogue, lang, name))
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _count_junit_outcomes(findings: Iterable[Finding]) -> dict[str, str]:
    outcomes = [_get_junit_outcome_of_finding(finding) for finding in findings]
    counts = {
        "failures": outcomes.count("failure"),
        "errors": outcomes.count("error"),
        "skipped": outcomes.count("skipped"),
    }
    return {"tests": str(len(outcomes)), **{name: str(count) for name, count in counts.items()}}


def _get_junit_outcome_of_finding(finding: Finding) -> str | None:
    match finding.bucket:
        case "pass":
            return None
        case "fail" | "partial":
            return "failure"
        case "not_evaluated":
            return "error"
        case "not_applicable" | "manual" | "waived" | "attested":
            return "skipped"


def _build_junit_test_case(finding: Finding, catalogue: Catalogue, lang: Lang, suite: str) -> ElementTree.Element:
    control = catalogue[finding.control]
    case = ElementTree.Element("testcase", classname=suite, name=finding.control, time="0")
    outcome = _get_junit_outcome_of_finding(finding)
    if outcome is None:
        return case
    message = (
        finding.reason.get(lang)
        if finding.reason
        else control.get_problem_or_title_for_bucket(finding.bucket).get(lang)
    )
    message = exceptions.describe_waiver_or_attestation_of_finding(finding, Words(lang)) or message
    child = ElementTree.SubElement(case, outcome, message=escape_text_to_one_line(message, 500))
    if outcome == "failure":
        child.set("message", escape_text_to_one_line(f"[{finding.severity}] {message}", 500))
        child.set("type", finding.status)
        child.text = escape_invisible_characters(format_evidence_of_finding_as_lines(finding), MAX_DETAIL)
    elif outcome == "error":
        child.set("type", finding.status)
    return case


def format_evidence_of_finding_as_lines(finding: Finding) -> str:
    """Return what the finding rests on, a value or violating member a line."""
    lines = [f"{item.path} = {_dump_value_as_short_json(item.value)}" for item in finding.evidence]
    lines += [f"- {_dump_value_as_short_json(member)}" for member in finding.violations]
    return "\n".join(lines)


def _dump_value_as_short_json(value: object) -> str:
    return json.dumps(replace_non_finite_numbers(value), ensure_ascii=False, default=str)[:MAX_DETAIL]
