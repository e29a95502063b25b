from __future__ import annotations

import json

import pytest

from auditor.audit.assessors.facts import evaluate_host, make_not_evaluated_findings
from auditor.audit.controls import Catalogue, Control
from auditor.facts import HostFacts
from auditor.models import Finding, Host, Site, Status, Text
from tests.unit.facts.test_facts import SYSTEM

TEXT = {"vi": "x", "en": "x"}


def control(control_id: str = "system.x", **more: object) -> Control:
    texts = dict.fromkeys(("title", "problem", "rationale", "remedy"), TEXT)
    return Control.model_validate({"id": control_id, **texts, "severity": "high", "subject": "host", **more})


def judge(*controls: Control, host: Host | None = None, **system: object) -> tuple[Finding, ...]:
    areas = {"system": {"seconds": 0.1, "error": None, "data": {**SYSTEM, **system}}}
    areas["ssh"] = {"seconds": 0.1, "error": "sshd took longer than its time", "data": {}}
    facts = HostFacts.parse(json.dumps({"schema": 1, "collected_at": 5, "areas": areas}))
    return evaluate_host(Catalogue(controls=controls), host or Host(name="h", address="192.0.2.1"), facts)


@pytest.mark.parametrize(
    ("check", "status"),
    [
        ({"that": "system.uptime == 1"}, Status.PASS),
        ({"that": "system.uptime == 2"}, Status.FAIL),
        ({"test": {"path": "system.uptime", "op": "<=", "value": 4}}, Status.PASS),
        ({"test": {"path": "system.kernel", "op": "in", "value": ["6.12"]}}, Status.PASS),
        ({"violations": "system.machine_panels"}, Status.PASS),
        ({"violations": "['a']"}, Status.FAIL),
        ({"violations": "['a']", "among": "['a', 'b']"}, Status.PARTIAL),
        ({"violations": "['a', 'b']", "among": "['a', 'b']"}, Status.FAIL),
        ({"manual": True}, Status.MANUAL),
        ({"that": "true", "applies": "system.container"}, Status.NOT_APPLICABLE),
        ({"manual": True, "applies": "system.container"}, Status.NOT_APPLICABLE),
        ({"that": "ssh.installed"}, Status.NOT_EVALUATED),
        ({"that": "system.nothing"}, Status.NOT_EVALUATED),
        ({"that": "system.uptime"}, Status.NOT_EVALUATED),
        ({"that": "system.uptime < 'a'"}, Status.NOT_EVALUATED),
        ({"violations": "system.kernel"}, Status.NOT_EVALUATED),
        ({"that": "true", "applies": "ssh.installed"}, Status.NOT_EVALUATED),
    ],
)
def test_each_form_comes_to_its_status(check: dict[str, object], status: Status) -> None:
    (finding,) = judge(control(**check))
    assert finding.status is status
    if status in (Status.NOT_APPLICABLE, Status.NOT_EVALUATED, Status.MANUAL):
        assert finding.reason is not None


def test_the_reason_of_an_unread_area_is_its_error() -> None:
    (finding,) = judge(control(that="ssh.installed"))
    assert finding.reason is not None
    assert "longer than its time" in finding.reason.en


def test_what_a_host_does_not_tell_is_no_pass_and_the_reason_is_its_own() -> None:
    why = "apt-config was not run as root: /etc/apt/apt.conf can be changed by user www-data"
    uses = (
        {"that": "system.hostname == 'x'"},
        {"violations": "system.hostname | rejectattr('x', 'equalto', host.name)"},
    )
    for finding in judge(*(control(**use) for use in uses), untold={"hostname": why}):
        assert finding.status is Status.NOT_EVALUATED
        assert finding.reason is not None
        assert "/etc/apt/apt.conf can be changed by user www-data" in finding.reason.en
        assert "tài khoản www-data sửa được /etc/apt/apt.conf" in finding.reason.vi


def test_what_a_container_cannot_show_is_not_applicable_there_only() -> None:
    checked = control(that="system.uptime == 2", container=TEXT)
    assert judge(checked, container=True)[0].status is Status.NOT_APPLICABLE
    assert judge(checked)[0].status is Status.FAIL


def test_violations_are_the_evidence() -> None:
    (finding,) = judge(control(violations="system.machine_panels"), machine_panels=["Plesk"])
    assert finding.violations == ("Plesk",)


def test_a_site_is_never_judged_on_servers_that_could_not_be_read() -> None:
    host = Host(name="h", address="192.0.2.1", sites=(Site(domain="a.test", host="h"),))
    (finding,) = judge(control(subject="site", violations="site.vhosts"), host=host)
    assert finding.status is Status.NOT_EVALUATED
    assert finding.subject.id == "a.test"


def test_an_unreachable_host_and_its_sites_are_not_evaluated() -> None:
    host = Host(name="h", address="192.0.2.1", sites=(Site(domain="a.test", host="h"),))
    catalogue = Catalogue(controls=(control(that="true"), control("system.y", that="true", subject="site")))
    findings = make_not_evaluated_findings(catalogue, host, Text(vi="x", en="x"))
    assert [(f.subject.kind, f.status) for f in findings] == [
        ("host", Status.NOT_EVALUATED),
        ("site", Status.NOT_EVALUATED),
    ]


def test_the_same_facts_give_the_same_findings() -> None:
    checked = control(violations="['b', 'a']")
    assert judge(checked) == judge(checked)
