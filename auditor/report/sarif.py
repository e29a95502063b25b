"""``findings.sarif``: SARIF 2.1.0, for code scanning services.

A result for every finding that is open (kind ``fail``), came to nothing (``open``) or waits for a person (``review``).
What a waiver covers, or a person attests to, is suppressed with that as its justification.
Source: OASIS, Static Analysis Results Interchange Format 2.1.0, errata 01.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from auditor.audit.controls import Catalogue, Control
from auditor.models import Bucket, Finding, Lang, Run, Severity, Subject, clock
from auditor.report import evidence
from auditor.results import exceptions
from auditor.text.sanitize import escape_invisible_characters, escape_text_to_one_line
from auditor.text.translations import Words

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MAX_MESSAGE = 1000

_LEVEL = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_SCORE = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
"""``security-severity``, by which GitHub ranks: above 9.0 critical, from 7.0 high, from 4.0 medium."""
_KIND: Mapping[Bucket, str] = {
    "fail": "fail",
    "partial": "fail",
    "waived": "fail",
    "not_evaluated": "open",
    "manual": "review",
    "attested": "review",
}
_FLEET = "FLEET"


def render_findings_as_sarif(
    run: Run, catalogue: Catalogue, lang: Lang, baseline: Iterable[Finding] | None = None
) -> bytes:
    """Return the log.

    With ``baseline``, what was known before, each result says whether it is new, the same, or gone.
    """
    words = Words(lang)
    start_time = clock.parse_iso_moment(run.started)
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": words("product"),
                        "version": run.version,
                        "language": lang,
                        "rules": [_build_sarif_rule_of_control(control, words) for control in catalogue.controls],
                    }
                },
                "language": lang,
                "automationDetails": {
                    "id": f"luytre/{run.id}",
                    "description": {"text": _escape_sarif_links_and_placeholders(words(f"report_of.{run.regime}"))},
                },
                "invocations": [
                    {
                        "executionSuccessful": all(outcome.reached for outcome in run.outcomes),
                        "startTimeUtc": clock.format_iso_moment_in_utc(start_time),
                        "endTimeUtc": clock.format_iso_moment_in_utc(
                            start_time + datetime.timedelta(seconds=run.seconds)
                        ),
                        "toolExecutionNotifications": list(_iter_sarif_notifications_of_unread_hosts(run, lang)),
                    }
                ],
                "originalUriBaseIds": {
                    _FLEET: {"description": {"text": _escape_sarif_links_and_placeholders(words("all_sites"))}}
                },
                "results": list(_iter_sarif_results(run, catalogue, words, baseline)),
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def make_fingerprint_of_control_on_subject(control: str, subject: Subject) -> str:
    """Return what tells a result from others and stays the same from run to run."""
    return hashlib.sha256(f"{control}\n{subject.kind}\n{subject.id}".encode()).hexdigest()


# --- rules --------------------------------------------------------------------------------------------


def _build_sarif_rule_of_control(control: Control, words: Words) -> dict[str, Any]:
    lang = words.lang
    advice = [f"{words('fix')}: {control.remedy.get(lang)}"]
    if control.fix and control.fix.danger:
        advice.append(f"{words('danger')}: {control.fix.danger.get(lang)}")
    advice += [
        f"{framework}: {clauses}"
        for framework, clauses in evidence.list_frameworks_with_clauses(control.references, words)
    ]
    return {
        "id": control.id,
        "shortDescription": {"text": control.title.get(lang)},
        "fullDescription": {"text": control.rationale.get(lang)},
        "help": {"text": "\n".join([control.rationale.get(lang), *advice])},
        "defaultConfiguration": {"level": _LEVEL[control.severity]},
        "properties": {"tags": ["security", control.area], "security-severity": _SCORE[control.severity]},
    }


# --- results ------------------------------------------------------------------------------------------


def _iter_sarif_results(
    run: Run, catalogue: Catalogue, words: Words, baseline: Iterable[Finding] | None
) -> Iterator[dict[str, Any]]:
    index = {control.id: position for position, control in enumerate(catalogue.controls)}
    earlier = None if baseline is None else {f.key: f for f in baseline if f.bucket in _KIND}
    for finding in run.findings:
        if finding.bucket not in _KIND:
            continue
        result = _build_sarif_result_of_finding(finding, catalogue, words, index)
        if earlier is not None:
            result["baselineState"] = _get_sarif_baseline_state(earlier.pop(finding.key, None), finding)
        yield result
    for absent_finding in (earlier or {}).values():
        if absent_finding.control in index:
            yield {**_build_sarif_result_of_finding(absent_finding, catalogue, words, index), "baselineState": "absent"}


def _get_sarif_baseline_state(before: Finding | None, now: Finding) -> str:
    if before is None or _KIND[before.bucket] != _KIND[now.bucket]:
        return "new"
    return "unchanged" if (before.bucket, before.violations) == (now.bucket, now.violations) else "updated"


def _build_sarif_result_of_finding(
    finding: Finding, catalogue: Catalogue, words: Words, rule_index_by_control: Mapping[str, int]
) -> dict[str, Any]:
    kind = _KIND[finding.bucket]
    mark = make_fingerprint_of_control_on_subject(finding.control, finding.subject)
    return {
        "ruleId": finding.control,
        "ruleIndex": rule_index_by_control[finding.control],
        "kind": kind,
        "level": _LEVEL[finding.severity] if kind == "fail" else "none",
        "message": {
            "text": _escape_sarif_links_and_placeholders(_describe_finding_with_evidence(finding, catalogue, words))
        },
        "locations": [_build_sarif_location_of_subject(finding.subject, finding.host)],
        "fingerprints": {"luytre/1": mark},
        "partialFingerprints": {"primaryLocationLineHash": f"{mark[:16]}:1"},
        "properties": {"status": finding.status.value, "severity": finding.severity.value},
        **(
            {"suppressions": [_build_sarif_suppression_by_waiver(finding, words)]}
            if finding.bucket in ("waived", "attested")
            else {}
        ),
    }


def _build_sarif_suppression_by_waiver(finding: Finding, words: Words) -> dict[str, str]:
    return {
        "kind": "external",
        "status": "accepted",
        "justification": _escape_sarif_links_and_placeholders(
            exceptions.describe_waiver_or_attestation_of_finding(finding, words)
        ),
    }


def _describe_finding_with_evidence(finding: Finding, catalogue: Catalogue, words: Words) -> str:
    text = catalogue.get_problem_or_title_of_finding(finding).get(words.lang)
    if not finding.status.is_open:
        text = f"{words(f'status.{finding.status.value}')}: {text}"
    if finding.reason:
        return f"{text}\n{escape_invisible_characters(finding.reason.get(words.lang), MAX_MESSAGE)}"
    lines = [f"{row.path} = {row.value}" for row in evidence.list_evidence(finding, words)]
    table = evidence.build_violation_table(finding, words)
    lines += [", ".join(row) for row in table.rows_shown_at_once] if table else []
    return escape_invisible_characters("\n".join([text, *lines]), MAX_MESSAGE)


def _build_sarif_location_of_subject(subject: Subject, host: str) -> dict[str, Any]:
    """Return the logical place; and a made-up file of it, without which services refuse a result."""
    name = escape_text_to_one_line(subject.id, 253)
    logical = {"name": name, "kind": subject.kind, "fullyQualifiedName": name}
    if subject.kind == "site":
        logical["fullyQualifiedName"] = f"{escape_text_to_one_line(host, 253)}/{name}"
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": f"{subject.kind}s/{quote(name, safe='')}", "uriBaseId": _FLEET}
        },
        "logicalLocations": [logical],
    }


def _iter_sarif_notifications_of_unread_hosts(run: Run, lang: Lang) -> Iterator[dict[str, Any]]:
    """Yield hosts, and areas of hosts, that could not be read."""
    for outcome in run.outcomes:
        place = [_build_sarif_location_of_subject(Subject(kind="host", id=outcome.host), outcome.host)]
        if not outcome.reached and outcome.reason:
            why = f"{outcome.host}: {outcome.reason.get(lang)}"
            yield {
                "level": "error",
                "message": {
                    "text": _escape_sarif_links_and_placeholders(escape_invisible_characters(why, MAX_MESSAGE))
                },
                "locations": place,
            }
        for area, error in outcome.area_errors.items():
            why = f"{outcome.host}: {area}: {error}"
            yield {
                "level": "warning",
                "message": {
                    "text": _escape_sarif_links_and_placeholders(escape_invisible_characters(why, MAX_MESSAGE))
                },
                "locations": place,
            }


_LITERAL = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]", "{": "{{", "}": "}}"})


def _escape_sarif_links_and_placeholders(text: str) -> str:
    """Return the text with nothing in it that reads as a link or a placeholder (SARIF 3.11.5, 3.11.6)."""
    return text.translate(_LITERAL)
