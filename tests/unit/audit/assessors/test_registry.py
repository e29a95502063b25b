"""The list of assessors: whatever is in it, and that alone, makes the findings and fields of a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditor.audit import judgement as audit
from auditor.audit.assessors import registry
from auditor.audit.assessors.assessment import Assessment, AuditInput
from auditor.audit.assessors.facts import assess_facts
from auditor.audit.controls import INDICATORS, Catalogue
from auditor.facts import HostFacts
from auditor.models import Host, HostOutcome, Inventory, OnlyHere, Status
from auditor.models.prior_state import NOTHING_KNOWN
from tests.unit.audit.test_evaluate import control

HOST = Host(name="web1", address="192.0.2.1")
INPUT = AuditInput(
    inventory=Inventory(path="/i", organisation=None, hosts=(HOST,)),
    prior_state=NOTHING_KNOWN,
    catalogue=Catalogue(controls=(control(that="indicators.compared"),)),
    hosts=(HOST,),
    facts={"web1": HostFacts(1, {}, {}, {})},
    outcomes=(HostOutcome(host="web1", reached=True),),
    started_at=datetime(2026, 11, 24, tzinfo=UTC),
)


def assess_almanac(audit_input: AuditInput, so_far: Assessment) -> Assessment:
    """An area that control expressions read, from something that is opened for it."""
    audit_input.resources.callback(CLOSED.append, "almanac")
    return so_far.add(areas={INDICATORS: lambda host, _facts, _context: {"compared": host == HOST}})


BEFORE = registry.ASSESSORS.index(assess_facts)
CLOSED: list[str] = []
LONE = OnlyHere(site="xa.test", what="plugin", name="x", kind=None, among=3)


def assess_lone_plugins(_input: AuditInput, so_far: Assessment) -> Assessment:
    """A finding on what others added, and a field of the run."""
    return so_far.add(findings=so_far.findings, only_here=(LONE,))


def test_one_line_in_the_list_adds_a_capability(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [finding.status for finding in audit.judge_collected_facts(INPUT).findings] == [Status.FAIL]
    monkeypatch.setattr(
        registry,
        "ASSESSORS",
        (*registry.ASSESSORS[:BEFORE], assess_almanac, *registry.ASSESSORS[BEFORE:], assess_lone_plugins),
    )
    run = audit.judge_collected_facts(INPUT)
    assert [finding.status for finding in run.findings] == [Status.PASS, Status.PASS]
    assert (run.only_here, CLOSED) == ((LONE,), ["almanac"])


def test_a_run_has_nothing_that_no_assessor_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ASSESSORS", (lambda given, so_far: so_far.add(outcomes=given.outcomes),))
    assert audit.judge_collected_facts(INPUT).findings == ()


def test_areas_come_before_what_is_judged_with_them() -> None:
    names = [assess.__name__ for assess in registry.ASSESSORS]
    assert {"assess_vulnerabilities", "assess_indicators"} == set(names[:BEFORE])
    assert names[BEFORE + 1] == "assess_exceptions", "scans and hunts cannot be waived"


def test_what_was_opened_is_closed_when_an_assessor_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_input: AuditInput, _so_far: Assessment) -> Assessment:
        raise RuntimeError

    CLOSED.clear()
    monkeypatch.setattr(registry, "ASSESSORS", (assess_almanac, fail))
    with pytest.raises(RuntimeError):
        audit.judge_collected_facts(replace(INPUT))
    assert CLOSED == ["almanac"]
