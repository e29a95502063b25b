"""``junit.xml``: a test suite per host and site, for CI servers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from xml.etree import ElementTree

from auditor.audit.controls import Catalogue
from auditor.models import Finding, Lang, Run, clock
from auditor.results import exceptions
from auditor.results.summary import summarize_run
from auditor.text.sanitize import make_finite, make_one_line, make_visible
from auditor.text.translations import Words

MAX_DETAIL = 4000


def render(run: Run, catalogue: Catalogue, lang: Lang) -> bytes:
    """Open findings are failures, not evaluated ones errors, not applicable, waived and manual ones skipped."""
    summary = summarize_run(run)
    suites = [(f"host {make_one_line(host.host.name, 200)}", host.findings) for host in summary.hosts]
    suites += [(f"site {site.domain}", site.own) for site in summary.sites]
    tally = _tally(run.findings)
    del tally["skipped"]  # the schema has it for suites only
    root = ElementTree.Element("testsuites", {"name": "luytre", "time": f"{run.seconds:.3f}", **tally})
    for name, findings in suites:
        about = {"name": name, "timestamp": clock.format_stamp(run.started_at), "time": "0", **_tally(findings)}
        suite = ElementTree.SubElement(root, "testsuite", about)
        for finding in findings:
            suite.append(_case(finding, catalogue, lang, name))
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _tally(findings: Iterable[Finding]) -> dict[str, str]:
    outcomes = [_outcome(finding) for finding in findings]
    counts = {
        "failures": outcomes.count("failure"),
        "errors": outcomes.count("error"),
        "skipped": outcomes.count("skipped"),
    }
    return {"tests": str(len(outcomes)), **{name: str(count) for name, count in counts.items()}}


def _outcome(finding: Finding) -> str | None:
    match finding.bucket:
        case "pass":
            return None
        case "fail" | "partial":
            return "failure"
        case "not_evaluated":
            return "error"
        case "not_applicable" | "manual" | "waived" | "attested":
            return "skipped"


def _case(finding: Finding, catalogue: Catalogue, lang: Lang, suite: str) -> ElementTree.Element:
    control = catalogue[finding.control]
    case = ElementTree.Element("testcase", classname=suite, name=finding.control, time="0")
    outcome = _outcome(finding)
    if outcome is None:
        return case
    message = finding.reason.get(lang) if finding.reason else control.describe(finding.bucket).get(lang)
    message = exceptions.describe_paper(finding, Words(lang)) or message
    child = ElementTree.SubElement(case, outcome, message=make_one_line(message, 500))
    if outcome == "failure":
        child.set("message", make_one_line(f"[{finding.severity}] {message}", 500))
        child.set("type", finding.status)
        child.text = make_visible(evidence_text(finding), MAX_DETAIL)
    elif outcome == "error":
        child.set("type", finding.status)
    return case


def evidence_text(finding: Finding) -> str:
    """Return what the finding rests on, a value or violating member a line."""
    lines = [f"{item.path} = {_value(item.value)}" for item in finding.evidence]
    lines += [f"- {_value(member)}" for member in finding.violations]
    return "\n".join(lines)


def _value(value: object) -> str:
    return json.dumps(make_finite(value), ensure_ascii=False, default=str)[:MAX_DETAIL]
