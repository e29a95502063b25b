"""Why a change is held that would make another's file root's, and what accepting it does."""

from __future__ import annotations

from typing import Any

from auditor.facts._base import Doubt
from auditor.hardening.safety import untrusted_files
from auditor.models import Finding, Severity, Status, Subject


def finding(*members: dict[str, Any]) -> Finding:
    subject = Subject(kind="host", id="web1")
    return Finding(
        control="sudo.file_modes",
        subject=subject,
        host="web1",
        status=Status.FAIL,
        severity=Severity.HIGH,
        violations=members,
    )


def member(path: str, kind: str = "file", **doubt: Any) -> dict[str, Any]:
    told = {
        "place": path,
        "kind": "user",
        "name": "www-data",
        "movable": True,
        "beginning": ["một", "", "hai"],
    }
    return {"path": path, "kind": kind, "doubt": {**told, **doubt}}


def held(*members: dict[str, Any], accepted: bool = False) -> str:
    why = untrusted_files.explain_hold_for_untrusted_files(
        "sudo.file_modes",
        untrusted_files.find_untrusted_files([finding(*members)], "sudo.file_modes"),
        is_accepted=accepted,
    )
    return why.en if why else ""


def test_what_only_others_may_read_holds_nothing() -> None:
    assert held({"path": "/etc/sudoers.d/x", "doubt": None}, {"path": "/etc/sudoers.d/y"}) == ""


def test_who_wrote_what_and_how_to_have_it_moved_is_told() -> None:
    said = held(member("/etc/sudoers.d/x"))
    for part in ("/etc/sudoers.d/x", "user www-data", "một ⏎ hai", "--accept sudo.file_modes"):
        assert part in said
    assert held(member("/etc/sudoers.d/x"), accepted=True) == ""


def test_what_cannot_be_moved_is_held_whatever_is_accepted() -> None:
    assert "by hand" in held(member("/etc/sudoers", movable=False), accepted=True)


def test_a_folder_is_closed_and_lets_go_of_what_is_in_it() -> None:
    inner = member("/etc/nginx/x/a", place="/etc/nginx/x", movable=False)
    assert held(member("/etc/nginx/x", kind="dir"), inner, accepted=True) == ""
    assert "by hand" in held(inner, accepted=True)
    by_hand = member("/root/.ssh", kind="dir", movable=False)
    assert "by hand" in held(by_hand, accepted=True), "a folder that a person has to close"


def test_many_files_are_told_by_their_number() -> None:
    said = held(*(member(f"/etc/cron.d/{number}") for number in range(50)))
    assert "and 45 more" in said and len(said) < 2_000


def test_a_files_first_lines_arrive_without_secrets() -> None:
    raw = {"place": "/x", "kind": "group", "name": "adm", "movable": True}
    told = Doubt.model_validate({**raw, "beginning": ["[client]", "password=khong-doan-duoc"]})
    assert told.beginning[0] == "[client]" and "khong-doan-duoc" not in str(told)
    assert Doubt.model_validate({**raw, "beginning": []}).beginning == []
