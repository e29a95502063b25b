from __future__ import annotations

import datetime

import pytest

from auditor.audit import controls
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts
from auditor.hardening.audit_after import audit_after
from auditor.hardening.harden import Hardened
from auditor.hardening.plan import Plan
from auditor.indicators.indicator import Indicator
from auditor.models import Hardening, Host, HostHardening, HostOutcome, Inventory


@pytest.mark.parametrize(("imported", "status"), [(True, "not_evaluated"), (False, "not_applicable")])
def test_what_was_not_asked_while_a_host_was_settled_is_not_told_as_gone(
    monkeypatch: pytest.MonkeyPatch, imported: bool, status: str
) -> None:
    bad = Indicator("address", "203.0.113.9", "", "GREEN", datetime.date.today(), None, "C2", "list")
    monkeypatch.setattr("auditor.indicators.store.all_indicators", lambda: (bad,) if imported else ())
    control = next(one for one in controls.load().controls if one.id == "firewall.known_bad")
    host = Host(name="web1", address="192.0.2.1", sites=())
    made = Hardening(
        id="r",
        inventory="hosts.yml",
        started="2026-11-01T00:00:00+07:00",
        seconds=600,
        hosts=(HostHardening(host="web1"),),
    )
    hardened = Hardened(made, {"web1": HostFacts(1, {}, {}, {})}, {"web1": HostOutcome(host="web1", reached=True)})
    run = audit_after(
        Inventory(path="hosts.yml", organisation=None, hosts=(host,)),
        Catalogue(controls=(control,)),
        [host],
        Plan(hosts=()),
        hardened,
    )
    assert [finding.status for finding in run.findings] == [status]
