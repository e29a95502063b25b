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
from auditor.text.sanitize import make_one_line, make_visible
from auditor.text.translations import Words

VERSION = "1.2.3"
MAX_TEXT = 1000

_NAMESPACE = uuid.UUID("5b6bd4c1-6f0c-5d4f-9a53-9f5f8a0a3c11")
"""Of the identifiers made here: those of hosts and sites are the same in every run."""
_OBSERVED_BUCKETS: frozenset[Bucket] = frozenset({"fail", "partial", "waived", "not_evaluated", "manual", "attested"})
_OPEN_BUCKETS: frozenset[Bucket] = frozenset({"fail", "partial", "waived"})
_MET_BUCKETS: frozenset[Bucket] = frozenset({"pass", "attested"})
_MARKUP = re.compile(r"[\\`*_{}\[\]<>~^|&]")


def render(run: Run, catalogue: Catalogue, lang: Lang) -> bytes:
    """Return the document, with one result: this run."""
    words = Words(lang)
    by_control = group_by_control(finding for finding in run.findings if finding.bucket != "not_applicable")
    start_time = clock.read(run.started)
    end_time = clock.format_utc_stamp(start_time + datetime.timedelta(seconds=run.seconds))
    title = _markup(words(f"report_of.{run.regime}"))
    plan = _id(run.version, "plan")
    result = {
        "uuid": _id(run.id, "result"),
        "title": title,
        "description": _markup(words("made_by", version=run.version, id=run.id, inventory=run.inventory)),
        "start": clock.format_utc_stamp(start_time),
        "end": end_time,
        "local-definitions": {"inventory-items": list(_subjects(run, words))},
        "reviewed-controls": {"control-selections": [_selection(by_control)]},
        "observations": [
            _build_observation(run, finding, words, end_time)
            for findings in by_control.values()
            for finding in findings
            if finding.bucket in _OBSERVED_BUCKETS
        ],
        "findings": [_build_finding(run, catalogue[control], of, words) for control, of in by_control.items()],
    }
    document = {
        "assessment-results": {
            "uuid": _id(run.id, "document"),
            "metadata": {"title": title, "last-modified": end_time, "version": run.id, "oscal-version": VERSION},
            "import-ap": {"href": f"#{plan}"},
            "results": [{name: value for name, value in result.items() if value not in ([], {"inventory-items": []})}],
            "back-matter": {"resources": [{"uuid": plan, "title": _markup(f"{words('product')} {run.version}")}]},
        }
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _subjects(run: Run, words: Words) -> Iterator[dict[str, Any]]:
    for host in run.hosts:
        yield _subject(Subject(kind="host", id=host.name), words("host"))
        for site in host.sites:
            yield _subject(Subject(kind="site", id=site.domain), words("site"))


def _subject(subject: Subject, kind: str) -> dict[str, Any]:
    return {"uuid": _of(subject), "description": _markup(f"{kind} {make_one_line(subject.id, 253)}")}


def _selection(controls: Any) -> dict[str, Any]:
    return {"include-controls": [{"control-id": control} for control in controls]} if controls else {"include-all": {}}


def _build_observation(run: Run, finding: Finding, words: Words, collected_at: str) -> dict[str, Any]:
    evidence = [f"{row.path} = {row.value}" for row in shown.list_evidence(finding, words)]
    table = shown.build_violation_table(finding, words)
    evidence += [", ".join(row) for row in table.first] if table else []
    status = words(f"status.{finding.bucket}")
    reasons = [finding.reason.get(words.lang)] if finding.reason else []
    description = ": ".join(
        [
            status,
            *(
                make_visible(reason, MAX_TEXT)
                for reason in (*reasons, exceptions.describe_paper(finding, words))
                if reason
            ),
        ]
    )
    observation = {
        "uuid": _id(run.id, finding.control, finding.subject.kind, finding.subject.id),
        "title": finding.control.replace("_", r"\_"),
        "description": _markup(description),
        "methods": ["TEST"],
        "types": ["finding"],
        "subjects": [{"subject-uuid": _of(finding.subject), "type": "inventory-item"}],
        "collected": collected_at,
    }
    if evidence:
        observation["relevant-evidence"] = [{"description": _markup(make_visible("\n".join(evidence), MAX_TEXT))}]
    return observation


def _build_finding(run: Run, control: Control, findings: Sequence[Finding], words: Words) -> dict[str, Any]:
    counts = Counter(finding.bucket for finding in findings)
    summary = "; ".join(f"{words(f'status.{bucket}')}: {number}" for bucket, number in counts.items())
    if counts.keys() & _OPEN_BUCKETS:
        status = {"state": "not-satisfied", "reason": "fail"}
    elif counts.keys() <= _MET_BUCKETS:
        status = {"state": "satisfied", "reason": "pass"}
    else:
        status = {"state": "not-satisfied", "reason": "other", "remarks": _markup(words("list.not_evaluated.note"))}
    title = control.problem if counts.keys() & _OPEN_BUCKETS else control.title
    related_observations = [
        {"observation-uuid": _id(run.id, finding.control, finding.subject.kind, finding.subject.id)}
        for finding in findings
        if finding.bucket in _OBSERVED_BUCKETS
    ]
    return {
        "uuid": _id(run.id, control.id),
        "title": _markup(title.get(words.lang)),
        "description": _markup(f"{control.rationale.get(words.lang)} {summary}"),
        "props": [{"name": "severity", "ns": "urn:luytre", "value": control.severity.value}],
        "target": {"type": "objective-id", "target-id": control.id, "status": status},
        **({"related-observations": related_observations} if related_observations else {}),
    }


def _of(subject: Subject) -> str:
    return _id(subject.kind, subject.id)


def _id(*names: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\n".join(names)))


def _markup(text: str) -> str:
    """Return the text with nothing in it that reads as markup."""
    return _MARKUP.sub(lambda match: f"\\{match.group()}", text)
