"""What was planned and is not in force afterwards is told, with what a task said of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from rich.console import Console

from auditor.commands.hardening.flow import HardeningOutcome
from auditor.commands.output.hardenings import show_hardening
from auditor.fleet.runner import AnsibleTask, PlaybookRun
from auditor.hardening import unapplied_controls
from auditor.hardening.plan import ControlChange, HardeningPlan, HostPlan
from auditor.hardening.unapplied_controls import SkippedItem, translate_refusal_of_webroot_file
from auditor.models import Finding, Hardening, HostHardening, HostState, Status, Text
from tests.unit.hardening.test_plan import finding, run

PLAN = HardeningPlan(
    hosts=(
        HostPlan(
            host="h",
            changes=(
                ControlChange(control="x.host", disruption="none"),
                ControlChange(control="x.site", disruption="none", sites=("a.test",)),
                ControlChange(control="x.held", disruption="none", held=Text(vi="giữ", en="held")),
            ),
        ),
    )
)
SAID = "/srv/x: /srv above the root can be changed by everybody"


def told(*findings: Finding, left: tuple[SkippedItem, ...] = (), state: HostState = "confirmed") -> Hardening:
    begun = Hardening(
        id="r", inventory="i", started="s", seconds=1, hosts=(HostHardening(host="h", batch=1, state=state),)
    )
    return unapplied_controls.record_controls_not_in_force_afterwards(begun, PLAN, run(*findings), left)


def test_what_passes_is_done_and_what_was_not_planned_is_not_missed() -> None:
    made = told(
        finding("x.host", "host", "h", Status.PASS),
        finding("x.site", "site", "a.test", Status.NOT_APPLICABLE),
        finding("x.site", "site", "b.test"),
        finding("x.held", "host", "h"),
        finding("x.other", "host", "h"),
    )
    assert made.total_of_planned_changes_not_in_force == 0
    assert made.is_kept_and_fully_in_force


def test_what_is_still_open_or_could_not_be_looked_at_is_not_done() -> None:
    unread = replace(
        finding("x.host", "host", "h", Status.NOT_EVALUATED), reason=Text(vi="không đọc được", en="unread")
    )
    made = told(
        unread, finding("x.site", "site", "a.test", Status.PARTIAL), left=(SkippedItem("h", "x", "a.test", SAID),)
    )
    first, second = made.hosts[0].not_done
    assert (first.control, first.why.en) == ("x.host", "it could not be looked at again: unread")
    assert (second.subject.id, second.why.en) == ("a.test", f"left alone: {SAID}")
    assert second.why.vi == "để nguyên /srv/x: mọi tài khoản đều sửa được thư mục /srv phía trên"
    assert not made.is_kept_and_fully_in_force
    outcome = HardeningOutcome(run(), PLAN, made, run(), None)
    assert not outcome.is_sound
    assert json.loads(outcome.as_json())["not_done"] == 2


def test_without_a_word_of_its_own_the_audit_s_is_told() -> None:
    many = replace(finding("x.site", "site", "a.test"), violations=({}, {}))
    others = (
        SkippedItem("h", "x", "b.test", SAID),
        SkippedItem("h", "y", None, SAID),
        SkippedItem("g", "x", None, SAID),
    )
    (one,) = told(many, left=others).hosts[0].not_done
    assert one.why.en == "the audit afterwards still finds it open, in 2 places"


@pytest.mark.parametrize("state", ["reverted", "refused", "lost", "waiting"])
def test_of_a_host_that_kept_nothing_nothing_is_missed(state: HostState) -> None:
    assert told(finding("x.host", "host", "h"), state=state).total_of_planned_changes_not_in_force == 0


def test_what_tasks_let_be_is_heard_of_loops_and_of_single_tasks_whatever_hosts_say() -> None:
    item = {"item": {"domain": "a.test"}, "refused": [{"path": ".", "reason": "is a link"}]}
    odd = {"results": [item, "x", {"refused": "y"}, {"refused": [7]}, {"item": 3, "refused": [{}]}]}
    tasks = (
        AnsibleTask("h", "n", "web", "webroot_file", "ok", odd),
        AnsibleTask("h", "n", "logging", "webroot_file", "ok", {"refused": [{"path": "x", "reason": "y"}]}),
        AnsibleTask("h", "n", None, "webroot_file", "ok", {"refused": [{"path": "x", "reason": "y"}]}),
        AnsibleTask("h", "n", "web", "x", "ok", {"results": 3}),
    )
    assert unapplied_controls.collect_items_refused_by_tasks(PlaybookRun("successful", tasks)) == (
        SkippedItem("h", "web", "a.test", ".: is a link"),
        SkippedItem("h", "web", None, "None: None"),
        SkippedItem("h", "logging", None, "x: y"),
    )


@pytest.mark.parametrize(
    ("reason", "vi"),
    [
        ("is a link", "là một liên kết"),
        ("/a/b is served by a program of xa's", "hệ thống tệp /a/b do một chương trình của xa phục vụ"),
        ("has 2 hard links", "có 2 tên (liên kết cứng)"),
        ("root: a link or no folder on the way", "trên đường dẫn có liên kết, hoặc có chỗ không phải thư mục"),
        ("Permission denied", "Permission denied"),
    ],
)
def test_reasons_are_told_in_both_languages(reason: str, vi: str) -> None:
    assert translate_refusal_of_webroot_file(f"x: {reason}") == Text(vi=f"x: {vi}", en=f"x: {reason}")


def test_the_terminal_names_each_and_counts_them() -> None:
    console = Console(record=True, width=300)
    made = told(finding("x.site", "site", "a.test"), left=(SkippedItem("h", "x", None, SAID),))
    show_hardening(made, "en", console)
    shown = console.export_text()
    assert f"not made: x.site a.test: left alone: {SAID}" in shown
    assert "1 change was not made: the audit afterward does not find it in force" in shown
