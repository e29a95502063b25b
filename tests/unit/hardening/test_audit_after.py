from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from auditor.audit import controls
from auditor.audit.assessors.assessment import AuditInput
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts
from auditor.hardening.audit_after import audit_hosts_after_hardening
from auditor.hardening.harden import HardeningResult
from auditor.hardening.plan import ControlChange, HardeningPlan, HostPlan
from auditor.indicators.indicator import Indicator
from auditor.models import Hardening, Host, HostHardening, HostOutcome, Inventory, Run, Status
from auditor.models.prior_state import NOTHING_KNOWN
from tests.unit.hardening.test_plan import finding
from tests.unit.hardening.test_plan import run as run_of


@pytest.mark.parametrize(("imported", "status"), [(True, "not_evaluated"), (False, "not_applicable")])
def test_what_was_not_asked_while_a_host_was_settled_is_not_told_as_gone(
    monkeypatch: pytest.MonkeyPatch, imported: bool, status: str
) -> None:
    bad = Indicator("address", "203.0.113.9", "", "GREEN", datetime.date.today(), None, "C2", "list")
    monkeypatch.setattr("auditor.indicators.store.load_indicators", lambda: (bad,) if imported else ())
    control = next(one for one in controls.load_catalogue().controls if one.id == "firewall.known_bad")
    host = Host(name="web1", address="192.0.2.1", sites=())
    made = Hardening(
        id="r",
        inventory="hosts.yml",
        started="2026-11-01T00:00:00+07:00",
        seconds=600,
        hosts=(HostHardening(host="web1"),),
    )
    hardened = HardeningResult(
        made, {"web1": HostFacts(1, {}, {}, {})}, {"web1": HostOutcome(host="web1", reached=True)}
    )
    run = audit_hosts_after_hardening(
        Inventory(path="hosts.yml", organisation=None, hosts=(host,)),
        NOTHING_KNOWN,
        Catalogue(controls=(control,)),
        [host],
        HardeningPlan(hosts=()),
        hardened,
    )
    assert [finding.status for finding in run.findings] == [status]


@pytest.mark.parametrize(("second", "calls"), [("pass", 1), ("not_evaluated", 1)])
def test_what_could_not_be_looked_at_in_time_is_read_once_more(
    monkeypatch: pytest.MonkeyPatch, second: str, calls: int
) -> None:
    """A hardening that changed nothing ended with 1, since reading an area afterwards ran out of its time."""
    host = Host(name="web1", address="192.0.2.1", sites=())
    entry = HostHardening(host="web1", batch=1, state="confirmed", controls=("x.host",))
    made = Hardening(id="r", inventory="hosts.yml", started="2026-11-01T00:00:00+07:00", seconds=600, hosts=(entry,))
    late, read = HostFacts(1, {}, {}, {}), HostFacts(1, {"system": {}}, {}, {})
    outcome = HostOutcome(host="web1", reached=True)
    asked: list[list[str]] = []

    def collect(_inventory: str, hosts: list[Host]) -> object:
        asked.append([one.name for one in hosts])
        return {"web1": read}, (outcome,)

    def judge(audit_input: AuditInput) -> Run:
        status = Status(second) if audit_input.facts["web1"] is read else Status.NOT_EVALUATED
        return run_of(replace(finding("x.host", "host", "web1", status), host="web1"))

    monkeypatch.setattr("auditor.hardening.audit_after.collect", collect)
    monkeypatch.setattr("auditor.hardening.audit_after.judge_collected_facts", judge)
    monkeypatch.setattr("auditor.hardening.audit_after.build_comparison_with_indicators", lambda *_: None)
    plan = HardeningPlan(hosts=(HostPlan(host="web1", changes=(ControlChange(control="x.host", disruption="none"),)),))
    inventory = Inventory(path="hosts.yml", organisation=None, hosts=(host,))
    after = audit_hosts_after_hardening(
        inventory,
        NOTHING_KNOWN,
        Catalogue(controls=()),
        [host],
        plan,
        HardeningResult(made, {"web1": late}, {"web1": outcome}),
    )
    assert asked == [["web1"]] * calls
    assert after.hardening is not None and after.hardening.is_kept_and_fully_in_force is (second == "pass")
