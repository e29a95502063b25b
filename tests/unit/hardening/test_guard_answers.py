from __future__ import annotations

import json
from typing import Any

import pytest

from auditor.audit.controls import Catalogue
from auditor.commands.output import console
from auditor.commands.output.hardenings import show_drift
from auditor.fleet.runner import AnsibleTask, PlaybookRun
from auditor.hardening import drift, guard_answers, rollback
from auditor.models import Host, HostHardening, Inventory
from tests.unit.hardening.test_journal import hardening

HOSTILE: dict[str, Any] = {
    "paths": [{"path": "/srv/x" * 9000, "what": ["a"]}, 7, {"path": None}] * 300,
    "sysctls": "abc",
    "tables": {"a": 1},
    "count": "many",
    "left": [{"path": 1}],
    "packages": [1],
    "files": [{"x": "\x1b]0;t\x07[bold]"}] * 999,
}


def played(result: dict[str, Any], outcome: Any = "ok") -> PlaybookRun:
    return PlaybookRun("successful", (AnsibleTask("h", "t", "guard", "guard", outcome, result),))


def test_an_answer_is_bounded_whatever_it_holds(monkeypatch: Any) -> None:
    monkeypatch.setattr(drift, "play", lambda *_, **__: played(HOSTILE))
    known = Inventory(path="i", organisation=None, hosts=())
    (seen,) = drift.ask_hosts_for_drift(known, [Host(name="h", address="192.0.2.1")], [])
    assert len(seen.changes) <= 200 and all(len(change.what) <= 1000 for change in seen.changes)
    monkeypatch.setattr(rollback, "play", lambda *_, **__: played(HOSTILE))
    (step,) = rollback.undo_hardening(known, hardening("a", "confirmed"), [HostHardening(host="h")])
    assert step.undone is not None and len(step.undone.files) == 200


def test_a_refusal_is_no_answer() -> None:
    assert guard_answers.get_guard_response(played({"msg": "no"}, "failed"), "h") is None
    assert guard_answers.explain_missing_guard_response(played({"msg": "no"}, "failed"), "h") == "no"
    assert guard_answers.parse_sha256_digest({"digest": "A" * 64}, "digest") is None


def test_drift_is_told_with_the_controls_that_touch_it(monkeypatch: Any) -> None:
    touches = {
        "ssh.x": ("/etc/ssh/",),
        "kernel.y": ("sysctl:net.ipv4.conf.*.rp_filter",),
        "filesystem.z": ("modes:/opt/a",),
    }
    entry = HostHardening(host="h", state="confirmed", touches=touches)
    known = hardening("a").model_copy(update={"hosts": (entry,)})
    said = {
        "paths": [{"path": path, "what": "content"} for path in ("/etc/ssh/sshd_config", "/opt/a", "/etc/sshd")],
        "sysctls": ["net.ipv4.conf.all.rp_filter"],
        "count": 4,
    }
    monkeypatch.setattr(drift, "play", lambda *_, **__: played(said))
    inventory = Inventory(path="i", organisation=None, hosts=())
    (seen,) = drift.ask_hosts_for_drift(inventory, [Host(name="h", address="192.0.2.1")], [known])
    assert [change.controls for change in seen.changes] == [("ssh.x",), ("filesystem.z",), (), ("kernel.y",)]


def test_foreign_text_gives_a_terminal_no_orders() -> None:
    assert console.escape_markup("\x1b]0;t\x07[bold]\u202e") == "⟨U+001B⟩]0;t⟨U+0007⟩\\[bold]⟨U+202E⟩"


def test_what_is_not_kept_is_told_in_both_languages_and_bounded() -> None:
    said = {
        "notes": [{"path": "/var/www/a\x1b\n" + "b" * 9000, "why": "deep", "count": 7}, {"why": [], "count": -1}, 3]
        * 200
    }
    first, second, *_ = notes = guard_answers.describe_paths_not_in_rollback_point(said)
    assert first.en.startswith("the way back does not hold 7 entries in /var/www/a") and "nested too deep" in first.en
    assert first.vi.startswith("đường lui không giữ 7 mục trong /var/www/a") and "\n" not in first.vi
    assert "1 entry" in second.en and len(notes) <= 200 and max(len(note.en) for note in notes) < 400


def test_a_rollback_that_left_something_can_be_asked_for_again_by_its_name() -> None:
    known = hardening("a", "rolled_back", "reverted")
    hosts = [Host(name=entry.host, address="192.0.2.1") for entry in known.hosts]
    assert rollback.select_host_entries_that_can_be_undone(known, hosts, None) == ()
    assert [
        entry.state
        for entry in rollback.select_host_entries_that_can_be_undone(known, hosts, None, includes_rolled_back=True)
    ] == ["rolled_back"]
    assert rollback.select_host_entries_that_can_be_undone(known, hosts, "x.y", includes_rolled_back=True) == ()


def test_a_name_that_is_no_text_ends_nobody_s_run(monkeypatch: Any) -> None:
    odd = "/var/www/\udcff"
    said = {"paths": [{"path": odd, "what": "new"}], "files": [odd], "run": "r"}
    known = Inventory(path="i", organisation=None, hosts=())
    monkeypatch.setattr(drift, "play", lambda *_, **__: played(said))
    monkeypatch.setattr(rollback, "play", lambda *_, **__: played(said))
    told = (
        *drift.ask_hosts_for_drift(known, [Host(name="h", address="192.0.2.1")], []),
        *rollback.undo_hardening(known, hardening("a", "confirmed"), [HostHardening(host="h")]),
    )
    for one in told:
        written = json.dumps(one.model_dump(mode="json"), ensure_ascii=False).encode("utf-8")
        assert b"/var/www/\\\\udcff" in written


def test_drift_tells_what_lesser_users_keep_it_from_comparing(
    monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"run": "r", "paths": [], "count": 0, "notes": [{"path": "/var/www/a", "why": "many", "count": 9}]}
    monkeypatch.setattr(drift, "play", lambda *_, **__: played(said))
    inventory = Inventory(path="i", organisation=None, hosts=())
    (seen,) = drift.ask_hosts_for_drift(inventory, [Host(name="h", address="192.0.2.1")], [])
    assert [note.en for note in seen.notes] == ["not compared: 9 entries in /var/www/a: there are too many"]
    assert [note.vi for note in seen.notes] == ["không so sánh được 9 mục trong /var/www/a: có quá nhiều mục"]
    show_drift(seen, Catalogue(controls=()), "en")
    assert "not compared" in "".join(capsys.readouterr())


def test_what_is_not_yet_back_counts_before_problems() -> None:
    assert guard_answers.list_things_not_restored({"not_back": {"/etc/a": "Read-only"}, "problems": ["x"]}) == (
        "/etc/a: Read-only",
    )
    assert guard_answers.list_things_not_restored({"not_back": {}, "problems": ["x"]}) == ("x",)
    assert guard_answers.list_things_not_restored({"not_back": 7, "problems": None}) == ()


def test_what_a_way_back_left_to_others_is_named() -> None:
    said = {"left": [{"path": "/etc/cron.d/moi", "reason": "theirs"}], "aside": {"/etc/hosts": "/var/kept"}}
    assert guard_answers.list_paths_left_or_put_aside_by_rollback(said) == (
        "/etc/cron.d/moi (theirs)",
        "/etc/hosts -> /var/kept",
    )
    assert guard_answers.list_paths_left_or_put_aside_by_rollback({"left": "x", "aside": 1}) == ()
