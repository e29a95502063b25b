"""``oscal-ar.json``: OSCAL assessment results, for governance tools.

A finding for every control that applies somewhere; an observation for every subject where it is not met, came to
nothing, or waits for a person. Source: NIST, OSCAL 1.2 assessment results model.
"""

from __future__ import annotations

import datetime
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from auditor.audit.controls import Catalogue, Control
from auditor.models import Bucket, Finding, Lang, Run, Subject, clock
from auditor.report import evidence as shown
from auditor.results import exceptions
from auditor.results.by_control import group_by_control
from auditor.text.sanitize import escape_invisible_characters, escape_text_to_one_line
from auditor.text.translations import Words

VERSION = "1.2.3"
MAX_TEXT = 1000

_NAMESPACE = uuid.UUID("5b6bd4c1-6f0c-5d4f-9a53-9f5f8a0a3c11")
"""Of the identifiers made here: those of hosts and sites are the same in every run."""
_OBSERVED_BUCKETS: frozenset[Bucket] = frozenset({"fail", "partial", "waived", "not_evaluated", "manual", "attested"})
_OPEN_BUCKETS: frozenset[Bucket] = frozenset({"fail", "partial", "waived"})
_MET_BUCKETS: frozenset[Bucket] = frozenset({"pass", "attested"})
_MARKUP = re.compile(r"[\\`*_{}\[\]<>~^|&]")


def render_run_as_oscal_assessment_results(run: Run, catalogue: Catalogue, lang: Lang) -> bytes:
    """Return the document, with one result: this run."""
    words = Words(lang)
    by_control = group_by_control(finding for finding in run.findings if finding.bucket != "not_applicable")
    start_time = clock.parse_iso_moment(run.started)
    end_time = clock.format_iso_moment_in_utc(start_time + datetime.timedelta(seconds=run.seconds))
    title = _escape_markup_characters(words(f"report_of.{run.regime}"))
    plan = _make_uuid_from_names(run.version, "plan")
    result = {
        "uuid": _make_uuid_from_names(run.id, "result"),
        "title": title,
        "description": _escape_markup_characters(
            words("made_by", version=run.version, id=run.id, inventory=run.inventory)
        ),
        "start": clock.format_iso_moment_in_utc(start_time),
        "end": end_time,
        "local-definitions": {"inventory-items": list(_iter_oscal_subjects_of_run(run, words))},
        "reviewed-controls": {"control-selections": [_build_oscal_control_selection(by_control)]},
        "observations": [
            _build_oscal_observation(run, finding, words, end_time)
            for findings in by_control.values()
            for finding in findings
            if finding.bucket in _OBSERVED_BUCKETS
        ],
        "findings": [
            _build_oscal_finding_of_control(run, catalogue[control], of, words) for control, of in by_control.items()
        ],
    }
    document = {
        "assessment-results": {
            "uuid": _make_uuid_from_names(run.id, "document"),
            "metadata": {"title": title, "last-modified": end_time, "version": run.id, "oscal-version": VERSION},
            "import-ap": {"href": f"#{plan}"},
            "results": [{name: value for name, value in result.items() if value not in ([], {"inventory-items": []})}],
            "back-matter": {
                "resources": [{"uuid": plan, "title": _escape_markup_characters(f"{words('product')} {run.version}")}]
            },
        }
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _iter_oscal_subjects_of_run(run: Run, words: Words) -> Iterator[dict[str, Any]]:
    for host in run.hosts:
        yield _build_oscal_subject(Subject(kind="host", id=host.name), words("host"))
        for site in host.sites:
            yield _build_oscal_subject(Subject(kind="site", id=site.domain), words("site"))


def _build_oscal_subject(subject: Subject, kind_label: str) -> dict[str, Any]:
    return {
        "uuid": _make_uuid_of_subject(subject),
        "description": _escape_markup_characters(f"{kind_label} {escape_text_to_one_line(subject.id, 253)}"),
    }


def _build_oscal_control_selection(control_ids: Any) -> dict[str, Any]:
    return (
        {"include-controls": [{"control-id": control} for control in control_ids]}
        if control_ids
        else {"include-all": {}}
    )


def _build_oscal_observation(run: Run, finding: Finding, words: Words, collected_at: str) -> dict[str, Any]:
    evidence = [f"{row.path} = {row.value}" for row in shown.list_evidence(finding, words)]
    table = shown.build_violation_table(finding, words)
    evidence += [", ".join(row) for row in table.rows_shown_at_once] if table else []
    status = words(f"status.{finding.bucket}")
    reasons = [finding.reason.get(words.lang)] if finding.reason else []
    description = ": ".join(
        [
            status,
            *(
                escape_invisible_characters(reason, MAX_TEXT)
                for reason in (*reasons, exceptions.describe_waiver_or_attestation_of_finding(finding, words))
                if reason
            ),
        ]
    )
    observation = {
        "uuid": _make_uuid_from_names(run.id, finding.control, finding.subject.kind, finding.subject.id),
        "title": finding.control.replace("_", r"\_"),
        "description": _escape_markup_characters(description),
        "methods": ["TEST"],
        "types": ["finding"],
        "subjects": [{"subject-uuid": _make_uuid_of_subject(finding.subject), "type": "inventory-item"}],
        "collected": collected_at,
    }
    if evidence:
        observation["relevant-evidence"] = [
            {"description": _escape_markup_characters(escape_invisible_characters("\n".join(evidence), MAX_TEXT))}
        ]
    return observation


def _build_oscal_finding_of_control(
    run: Run, control: Control, findings: Sequence[Finding], words: Words
) -> dict[str, Any]:
    counts = Counter(finding.bucket for finding in findings)
    summary = "; ".join(f"{words(f'status.{bucket}')}: {number}" for bucket, number in counts.items())
    if counts.keys() & _OPEN_BUCKETS:
        status = {"state": "not-satisfied", "reason": "fail"}
    elif counts.keys() <= _MET_BUCKETS:
        status = {"state": "satisfied", "reason": "pass"}
    else:
        status = {
            "state": "not-satisfied",
            "reason": "other",
            "remarks": _escape_markup_characters(words("list.not_evaluated.note")),
        }
    title = control.problem if counts.keys() & _OPEN_BUCKETS else control.title
    related_observations = [
        {"observation-uuid": _make_uuid_from_names(run.id, finding.control, finding.subject.kind, finding.subject.id)}
        for finding in findings
        if finding.bucket in _OBSERVED_BUCKETS
    ]
    return {
        "uuid": _make_uuid_from_names(run.id, control.id),
        "title": _escape_markup_characters(title.get(words.lang)),
        "description": _escape_markup_characters(f"{control.rationale.get(words.lang)} {summary}"),
        "props": [{"name": "severity", "ns": "urn:luytre", "value": control.severity.value}],
        "target": {"type": "objective-id", "target-id": control.id, "status": status},
        **({"related-observations": related_observations} if related_observations else {}),
    }


def _make_uuid_of_subject(subject: Subject) -> str:
    return _make_uuid_from_names(subject.kind, subject.id)


def _make_uuid_from_names(*names: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\n".join(names)))


def _escape_markup_characters(text: str) -> str:
    """Return the text with nothing in it that reads as markup."""
    return _MARKUP.sub(lambda match: f"\\{match.group()}", text)
