from __future__ import annotations

import json

from auditor import plan
from auditor.controls import Catalogue
from auditor.facts import HostFacts
from auditor.models import Finding, Host, Severity, Site, Status, Subject
from auditor.runner import Playbook, Task
from tests.unit.test_evaluate import TEXT, control
from tests.unit.test_facts import SYSTEM

HOST = Host(name="h", address="192.0.2.1", sites=(Site(domain="a.test", host="h"), Site(domain="b.test", host="h")))
FIX = {"touches": ["/etc/x"], "disruption": "restart", "danger": TEXT}
CATALOGUE = Catalogue(
    controls=(
        control("x.host", that="true", fix=FIX),
        control("x.site", that="true", subject="site", fix={"touches": ["/etc/y"]}),
        control("x.person", that="true"),
    )
)


def facts(**system: object) -> HostFacts:
    areas = {"system": {"seconds": 0.1, "error": None, "data": {**SYSTEM, **system}}}
    return HostFacts.parse(json.dumps({"schema": 1, "collected_at": 5, "areas": areas}))


def finding(control_id: str, kind: str, subject: str, status: Status = Status.FAIL) -> Finding:
    return Finding(
        control=control_id,
        subject=Subject.model_validate({"kind": kind, "id": subject}),
        host="h",
        status=status,
        severity=Severity.HIGH,
    )


def make(*findings: Finding, only_sites: frozenset[str] = frozenset(), known: HostFacts | None = None) -> plan.Plan:
    return plan.make(CATALOGUE, [HOST], {"h": known or facts()}, findings, only_sites=only_sites)


def test_only_open_findings_with_a_fix_are_planned() -> None:
    made = make(
        finding("x.host", "host", "h"),
        finding("x.site", "site", "a.test", Status.PARTIAL),
        finding("x.site", "site", "b.test", Status.PASS),
        finding("x.person", "host", "h"),
    )
    assert made.as_variables() == {"h": {"x.host": ["a.test", "b.test"], "x.site": ["a.test"]}}
    assert made.hosts[0].disruption == "restart"


def test_not_evaluated_is_never_planned() -> None:
    assert make(finding("x.host", "host", "h", Status.NOT_EVALUATED)).is_empty


def test_limit_to_a_site_leaves_its_host_alone() -> None:
    made = make(
        finding("x.host", "host", "h"),
        finding("x.site", "site", "a.test"),
        finding("x.site", "site", "b.test"),
        only_sites=frozenset({"b.test"}),
    )
    assert made.as_variables() == {"h": {"x.site": ["b.test"]}}


def test_an_unknown_system_or_a_panel_is_refused() -> None:
    odd = {"id": "gentoo", "version": "2", "codename": "", "name": "Gentoo"}
    assert make(finding("x.host", "host", "h"), known=facts(os=odd)).hosts[0].refused is not None
    assert make(finding("x.host", "host", "h"), known=facts(machine_panels=["Plesk"])).hosts[0].refused is not None
    assert plan.make(CATALOGUE, [HOST], {}, [finding("x.host", "host", "h")]).hosts[0].refused is not None


def test_a_preview_shows_the_diff_without_its_secrets() -> None:
    diff = {
        "before": "a: 1\npassword = old-secret\n",
        "after": "a: 2\npassword = hunter2x\ndefine( 'AUTH_KEY', 'k3y!k3y' );\n",
    }
    task = Task("h", "x | y", "x", "template", "changed", {"diff": [diff]})
    (shown,) = plan.preview(Playbook("successful", (task, Task("h", "z", "x", "copy", "ok", {}))))
    assert "+a: 2" in shown.diff
    assert "hunter2x" not in shown.diff
    assert "old-secret" not in shown.diff
    assert "k3y!k3y" not in shown.diff
