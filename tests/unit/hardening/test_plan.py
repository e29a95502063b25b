from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from auditor.audit.controls import Catalogue
from auditor.commands.hardening.flow import HardeningOutcome
from auditor.facts import HostFacts
from auditor.fleet.runner import AnsibleTask, PlaybookRun
from auditor.hardening import plan
from auditor.hardening.steps import preview
from auditor.models import Finding, Host, HostOutcome, Organisation, Run, Severity, Site, Status, Subject, Text, Unit
from tests.unit.audit.test_evaluate import TEXT, control
from tests.unit.facts.test_facts import SYSTEM

STARTED = "2026-11-24T09:00:00+07:00"
COLLECTED = int(datetime.fromisoformat(STARTED).timestamp()) + 2
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
    return HostFacts.parse(json.dumps({"schema": 1, "collected_at": COLLECTED, "areas": areas}))


def finding(control_id: str, kind: str, subject: str, status: Status = Status.FAIL) -> Finding:
    return Finding(
        control=control_id,
        subject=Subject(kind=kind, id=subject),
        host="h",
        status=status,
        severity=Severity.HIGH,
    )


def run(*findings: Finding, host: Host = HOST, started: str = STARTED, organisation: Organisation | None = None) -> Run:
    return Run(
        id="r",
        started=started,
        seconds=3.0,
        version="0",
        inventory="i",
        hosts=(host,),
        outcomes=(),
        findings=findings,
        organisation=organisation,
    )


def make(
    *findings: Finding,
    only_sites: frozenset[str] = frozenset(),
    known: HostFacts | None = None,
    accepted: tuple[str, ...] = ("x.host",),
) -> plan.HardeningPlan:
    return plan.make_hardening_plan(
        CATALOGUE, run(*findings), {"h": known or facts()}, only_sites=only_sites, accepted_controls=frozenset(accepted)
    )


def test_only_open_findings_with_a_fix_are_planned() -> None:
    made = make(
        finding("x.host", "host", "h"),
        finding("x.site", "site", "a.test", Status.PARTIAL),
        finding("x.site", "site", "b.test", Status.PASS),
        finding("x.person", "host", "h"),
    )
    assert made.build_luytre_plan_variable() == {"h": {"x.host": ["a.test", "b.test"], "x.site": ["a.test"]}}
    assert made.hosts[0].worst_disruption == "restart"


def test_what_violates_is_named_on_its_host_and_on_the_sites_of_the_change_alone() -> None:
    accounts = replace(
        finding("x.host", "host", "h"), violations=({"user": "hanh", "host": "%"}, {"uid": 0, "name": "root\n2"}, 7)
    )
    tried = replace(accounts, violations=("/wp-config.php.bak", {"user": "", "host": "localhost"}, "hmac-sha1"))
    sites = [
        replace(finding("x.site", "site", domain), violations=({"path": f"/srv/{domain}", "mode": 511},))
        for domain in ("a.test", "b.test")
    ]
    host, site = make(accounts, *sites).hosts[0].changes
    assert (host.found, host.found_total) == (("hanh@%", "root⏎2"), 2)
    assert make(tried).hosts[0].changes[0].found == ("''@localhost", "hmac-sha1"), "a path that was tried is no file"
    assert (site.found, site.found_total) == (("/srv/a.test", "/srv/b.test"), 2)
    many = replace(accounts, violations=tuple(f"n{number}" for number in range(150)))
    assert len(make(many).hosts[0].changes[0].found) == plan.MAX_FOUND


def test_not_evaluated_is_never_planned() -> None:
    assert make(finding("x.host", "host", "h", Status.NOT_EVALUATED)).has_no_changes_to_make


def test_limit_to_a_site_leaves_its_host_alone() -> None:
    made = make(
        finding("x.host", "host", "h"),
        finding("x.site", "site", "a.test"),
        finding("x.site", "site", "b.test"),
        only_sites=frozenset({"b.test"}),
    )
    assert made.build_luytre_plan_variable() == {"h": {"x.site": ["b.test"]}}


def test_an_unknown_system_or_a_panel_is_refused() -> None:
    odd = {"id": "gentoo", "version": "2", "codename": "", "name": "Gentoo"}
    assert make(finding("x.host", "host", "h"), known=facts(os=odd)).hosts[0].refused is not None
    assert make(finding("x.host", "host", "h"), known=facts(machine_panels=["Plesk"])).hosts[0].refused is not None


def test_a_host_that_could_not_be_read_says_why() -> None:
    gone = HostOutcome(host="h", reached=False, reason=Text(vi="cổng SSH từ chối", en="the SSH port refuses"))
    made = plan.make_hardening_plan(CATALOGUE, run().model_copy(update={"outcomes": (gone,)}), {})
    assert made.has_unread_host and made.has_no_changes_to_make
    assert "cổng SSH từ chối" in made.model_dump_json() and "the SSH port refuses" in made.model_dump_json()
    areas = {"system": {"seconds": 0.1, "error": "timed out", "data": None}}
    half = HostFacts.parse(json.dumps({"schema": 1, "collected_at": COLLECTED, "areas": areas}))
    (host,) = make(finding("x.host", "host", "h"), known=half).hosts
    assert host.unread and host.refused is not None and host.refused.en.endswith("timed out")
    assert not make(finding("x.host", "host", "h"), known=facts(machine_panels=["Plesk"])).has_unread_host


def test_danger_is_accepted_by_name_on_the_command_line_or_in_the_inventory() -> None:
    found = finding("x.host", "host", "h"), finding("x.site", "site", "a.test")
    made = make(*found, accepted=())
    assert made.build_luytre_plan_variable() == {"h": {"x.site": ["a.test"]}}
    (held,) = made.hosts[0].held_changes
    assert held.held is not None
    assert "--accept x.host" in held.held.en
    assert made.hosts[0].worst_disruption == "none"
    assert made.total_of_held_changes == 1
    assert not make(*found, accepted=("x.host",)).total_of_held_changes
    accepting = HOST.model_copy(update={"accept": ("x.host",)})
    assert not plan.make_hardening_plan(CATALOGUE, run(*found, host=accepting), {"h": facts()}).total_of_held_changes


def test_all_held_is_nothing_to_do() -> None:
    assert make(finding("x.host", "host", "h"), accepted=()).has_no_changes_to_make


def in_window(window: str, accepted: tuple[str, ...] = (), accept: tuple[str, ...] = ()) -> plan.HardeningPlan:
    organisation = Organisation(
        name="UBND tỉnh Thử",
        units=(
            Unit(id="tinh", name="UBND tỉnh Thử", windows=(window,)),
            Unit(id="xa", name="UBND xã Thử", parent="tinh"),
        ),
    )
    host = HOST.model_copy(update={"unit": "xa", "accept": accept})
    found = finding("x.host", "host", "h"), finding("x.site", "site", "a.test")
    known = run(*found, host=host, organisation=organisation)
    return plan.make_hardening_plan(CATALOGUE, known, {"h": facts()}, accepted_controls=frozenset(accepted))


def test_outside_of_the_window_of_the_unit_above_everything_is_held() -> None:
    made = in_window("tue 09:01-10:00", accept=("x.host",))
    assert made.has_no_changes_to_make
    reasons = {change.control: change.held for change in made.hosts[0].changes}
    assert all(why is not None and "24 Nov 2026, 09:01" in why.en for why in reasons.values())
    assert made.total_of_held_changes == 2


def test_inside_the_window_only_danger_is_held() -> None:
    assert in_window("tue 09:00-10:00").build_luytre_plan_variable() == {"h": {"x.site": ["a.test"]}}


def test_a_control_named_for_this_run_is_made_outside_of_the_window_too() -> None:
    assert in_window("sun 00:00-05:00", accepted=("x.host",)).build_luytre_plan_variable() == {
        "h": {"x.host": ["a.test", "b.test"]}
    }


def test_a_refused_host_is_no_success_and_a_held_change_is_one() -> None:
    held = make(finding("x.host", "host", "h"), accepted=())
    odd = make(finding("x.host", "host", "h"), known=facts(machine_panels=["Plesk"]))
    assert HardeningOutcome(run(), held, None, run(), None).is_sound
    assert not HardeningOutcome(run(), odd, None, run(), None).is_sound


def test_a_host_cannot_keep_a_preview_busy() -> None:
    sides = {"before": "a\nb\n" * 500_000, "after": "b\na\n" * 500_000}
    task = AnsibleTask(host="h", name="x", role=None, action="copy", outcome="changed", result={"diff": sides})
    (shown,) = preview.list_changing_tasks_of_check_run(PlaybookRun(status="successful", tasks=(task,)))
    assert 0 < len(shown.diff) <= preview.MAX_DIFF


@pytest.mark.parametrize(
    "odd", [{"results": 7}, {"results": None}, {"results": [7]}, {"diff": 7}, {"diff": {"before": 7}}]
)
def test_a_preview_takes_whatever_a_host_answers(odd: dict[str, Any]) -> None:
    (shown,) = preview.list_changing_tasks_of_check_run(
        PlaybookRun("successful", (AnsibleTask("h", "x", "x", "copy", "changed", odd),))
    )
    assert len(shown.diff) < 100


def test_a_preview_shows_the_diff_without_its_secrets() -> None:
    diff = {
        "before": "a: 1\npassword = old-secret\n",
        "after": "a: 2\npassword = hunter2x\ndefine( 'AUTH_KEY', 'k3y!k3y' );\n",
    }
    task = AnsibleTask("h", "x | y", "x", "template", "changed", {"diff": [diff]})
    (shown,) = preview.list_changing_tasks_of_check_run(
        PlaybookRun("successful", (task, AnsibleTask("h", "z", "x", "copy", "ok", {})))
    )
    assert "+a: 2" in shown.diff
    assert "hunter2x" not in shown.diff
    assert "old-secret" not in shown.diff
    assert "k3y!k3y" not in shown.diff


def test_a_preview_of_a_file_with_secrets_shows_no_line_that_stays() -> None:
    sides = {"before": "unknown form\nmode: a\n", "after": "unknown form\nmode: b\n"}
    for diff in (
        {**sides, "before_header": "/srv/a/.env", "after_header": "/srv/a/.env"},
        {"prepared": "--- /srv/a/.env\n+++ /srv/a/.env\n@@ -1 +1 @@\n unknown form\n-mode: a\n+mode: b\n"},
    ):
        task = AnsibleTask("h", "x", "x", "copy", "changed", {"diff": diff})
        (shown,) = preview.list_changing_tasks_of_check_run(PlaybookRun("successful", (task,)))
        assert "unknown form" not in shown.diff
        assert "+mode: b" in shown.diff


def test_a_secret_by_what_stands_around_it_is_none_less_in_a_diff_that_leaves_that_out() -> None:
    block = "users: |\n  # kept by hand\n  # since 2019\n  a: b\n"
    before = "password: |\n  one\n  two\n  three\n  of no form\n" + block
    task = AnsibleTask(
        "h", "x", "x", "copy", "changed", {"diff": {"before": before, "after": before.replace("no form", "form")}}
    )
    (shown,) = preview.list_changing_tasks_of_check_run(PlaybookRun("successful", (task,)))
    assert shown.diff.count("@@") == 2
    assert "of no form" not in shown.diff and "of form" not in shown.diff and "three" not in shown.diff
    assert " users: |" in shown.diff


FOUND = Catalogue(controls=(control("x.host", that="true", fix={"touches": ["/etc/x", "found:/opt/"]}),))


def touched(*paths: str) -> plan.ControlChange:
    found = replace(finding("x.host", "host", "h"), violations=tuple({"path": path} for path in paths))
    (change,) = plan.make_hardening_plan(FOUND, run(found), {"h": facts()}).hosts[0].changes
    return change


def test_paths_that_the_host_names_are_kept_too() -> None:
    change = touched("/opt/đồng bộ/a.sh", "/opt/b")
    assert change.touches == ("/etc/x", "modes:/opt/đồng bộ/a.sh", "modes:/opt/b")
    assert change.held is None


@pytest.mark.parametrize("path", ["/opt/{{ 1 }}", "/opt/a\nb", "/opt/../etc/x", "/srv/a", "opt/a", "/opt/{# #}"])
def test_a_path_that_could_mean_something_else_holds_the_change(path: str) -> None:
    change = touched("/opt/b", path)
    assert change.held is not None
    assert change.touches == ()


def test_plans_together_hold_what_any_of_them_would_change() -> None:
    def host(name: str, *changes: plan.ControlChange) -> plan.HardeningPlan:
        return plan.HardeningPlan(hosts=(plan.HostPlan(host=name, changes=changes),))

    held = touched("/opt/c").model_copy(update={"control": "tls.redirect", "held": Text(vi="không", en="no")})
    both = plan.merge_changes_to_be_made_of_plans(
        [
            host("web1", touched("/opt/a").model_copy(update={"sites": ("a.test",)})),
            host("web1", touched("/opt/b").model_copy(update={"sites": ("b.test", "a.test")}), held),
            host("web2", touched("/opt/d").model_copy(update={"sites": ()})),
        ]
    )
    control = touched().control
    assert both.build_luytre_plan_variable() == {"web1": {control: ["a.test", "b.test"]}, "web2": {control: []}}
    assert both.hosts[0].changes[0].touches == ("/etc/x", "modes:/opt/a", "modes:/opt/b")
