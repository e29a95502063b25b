"""sudo: rules resolved to accounts, and the ways round a password or a log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.access import sudo
from ansible.module_utils.luytre_shared.access import sudo_policy
from ansible.module_utils.luytre_shared.files.ownership import PathTrust

from auditor.models import Status
from tests.unit.access import facts, finding, ids

ACCOUNTS = [
    {"name": "root", "uid": 0, "gid": 0},
    {"name": "an", "uid": 1001, "gid": 1001},
    {"name": "binh", "uid": 1002, "gid": 27},
    {"name": "chi", "uid": 1003, "gid": 1003},
]
GROUPS = [{"name": "sudo", "gid": 27, "members": ["an"]}, {"name": "web", "gid": 50, "members": ["chi"]}]


def rule(who: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "User_List": who,
        "Cmnd_Specs": [{"runasusers": [{"username": "ALL"}], "Commands": [{"command": "ALL"}], **more}],
    }


def free(policy: dict[str, Any]) -> list[str]:
    return [grant["account"] for grant in sudo_policy.list_sudo_grants(policy, ACCOUNTS, GROUPS) if grant["nopasswd"]]


def test_groups_are_resolved_by_member_and_primary_group() -> None:
    found = sudo_policy.list_sudo_grants({"User_Specs": [rule([{"usergroup": "sudo"}])]}, ACCOUNTS, GROUPS)
    assert [(grant["account"], grant["via"], grant["nopasswd"]) for grant in found] == [
        ("an", "group sudo", False),
        ("binh", "group sudo", False),
    ]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ([{"username": "an"}], ["an"]),
        ([{"userid": 1003}], ["chi"]),
        ([{"usergid": 50}], ["chi"]),
        ([{"username": "root"}], []),
        ([{"username": "nobody-here"}], []),
        ([{"username": "ALL"}, {"username": "binh", "negated": True}], ["ALL"]),
        ([{"usergroup": "sudo"}, {"username": "an", "negated": True}], ["binh"]),
    ],
)
def test_who_needs_no_password_by_tag(who: list[dict[str, Any]], expected: list[str]) -> None:
    assert free({"User_Specs": [rule(who, Options=[{"authenticate": False}])]}) == expected


@pytest.mark.parametrize(
    ("defaults", "expected"),
    [
        ([{"Options": [{"authenticate": False}]}], ["an", "binh"]),
        ([{"Binding": [{"username": "an"}], "Options": [{"authenticate": False}]}], ["an"]),
        ([{"Binding": [{"usergroup": "sudo"}], "Options": [{"authenticate": False}]}], ["an", "binh"]),
        ([{"Binding": [{"command": "/bin/ls"}], "Options": [{"authenticate": False}]}], ["an", "binh"]),
        ([{"Options": [{"authenticate": False}]}, {"Options": [{"authenticate": True}]}], []),
        ([{"Options": [{"env_reset": True}]}], []),
    ],
)
def test_who_needs_no_password_by_defaults(defaults: list[dict[str, Any]], expected: list[str]) -> None:
    assert free({"Defaults": defaults, "User_Specs": [rule([{"usergroup": "sudo"}])]}) == expected


def test_a_tag_beats_the_defaults() -> None:
    policy = {
        "Defaults": [{"Options": [{"authenticate": False}]}],
        "User_Specs": [rule([{"username": "an"}], Options=[{"authenticate": True}])],
    }
    assert free(policy) == []


@pytest.mark.parametrize(
    ("rule_part", "expected"),
    [
        ({}, True),
        ({"runasusers": [{"username": "ALL"}]}, True),
        ({"runasusers": [{"userid": 0}]}, True),
        ({"runasusers": [{"username": "www-data"}]}, False),
        ({"runasgroups": [{"usergroup": "adm"}]}, False),
    ],
)
def test_what_runs_as_root(rule_part: dict[str, Any], expected: bool) -> None:
    assert sudo_policy._is_rule_run_as_root(rule_part) is expected


def test_defaults_last_line_counts() -> None:
    policy = {
        "Defaults": [
            {"Options": [{"use_pty": True}, {"logfile": "/var/log/sudo.log"}]},
            {"Options": [{"logfile": "/dev/null"}]},
        ]
    }
    assert sudo.get_sudo_defaults_for_everybody(policy, False) == {"use_pty": True, "logfile": "", "remembered": 15.0}
    assert sudo.get_sudo_defaults_for_everybody({}, True) == {"use_pty": True, "logfile": "", "remembered": 15.0}


def test_exceptions_for_some() -> None:
    policy = {"Defaults": [{"Binding": [{"username": "an"}], "Options": [{"use_pty": False}, {"logfile": False}]}]}
    assert sudo.find_exceptions_to_sudo_defaults(policy) == [
        {"setting": "use_pty", "of": "an"},
        {"setting": "logfile", "of": "an"},
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Defaults:an env_keep += X, !use_pty\n", ["use_pty"]),
        ("Defaults env_reset, \\\n    ! use_pty, !logfile\n", ["use_pty", "logfile"]),
        ('Defaults logfile="/dev/null"\n', ["logfile"]),
        ("Defaults:an timestamp_timeout = -1\n", ["timestamp_timeout"]),
        ('Defaults timestamp_timeout="120.5"\n', ["timestamp_timeout"]),
        ("Defaults timestamp_timeout=15.5\n", ["timestamp_timeout"]),
        ("Defaults timestamp_timeout=15.0, passwd_timeout=30\n", []),
        ("# Defaults !use_pty\n%sudo ALL=(ALL) ALL\n", []),
    ],
)
def test_what_a_file_undoes(text: str, expected: list[str]) -> None:
    assert sudo.find_settings_switched_off(text) == expected


def test_targets_that_others_can_replace(tmp_path: Path) -> None:
    script = tmp_path / "sao-luu.sh"
    script.write_text("true\n")
    script.chmod(0o777)
    grants = [
        {
            "account": "an",
            "commands": ["ALL", f"{script} --nhanh", "/usr/bin/id", "!/bin/sh", "sudoedit /etc/hosts", "/x 'y"],
        }
    ]
    found = sudo.find_replaceable_sudo_commands(grants, PathTrust())
    assert [(entry["command"], entry["writable"]) for entry in found] == [(str(script), str(script))]


# --- findings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("control", ids("sudo"))
def test_a_hardened_host_passes(control: str) -> None:
    assert finding(control).status is Status.PASS


def test_only_the_automation_user_may_go_without() -> None:
    areas = facts()
    areas["sudo"]["grants"].append(
        {"account": "la", "via": "account", "commands": ["/bin/ls"], "runs_as_root": False, "nopasswd": True}
    )
    found = finding("sudo.nopasswd", areas)
    assert found.status is Status.PARTIAL
    assert [grant["account"] for grant in found.violations] == ["la"]


def test_files_that_others_own_or_links() -> None:
    areas = facts()
    areas["sudo"]["files"][0].update(closed=False)
    assert finding("sudo.file_modes", areas).status is Status.PARTIAL
    areas = facts()
    areas["sudo"]["files"][-1].update(kind="link", closed=True)
    assert finding("sudo.file_modes", areas).status is Status.PARTIAL
    areas = facts()
    areas["sudo"]["folder"].update(mode=0o755, closed=False)
    assert [one["path"] for one in finding("sudo.file_modes", areas).violations] == ["/etc/sudoers.d"]


def test_an_exception_counts() -> None:
    areas = facts()
    areas["sudo"]["exceptions"] = [{"setting": "use_pty", "of": "an"}]
    assert finding("sudo.use_pty", areas).status is Status.FAIL
    assert finding("sudo.logfile", areas).status is Status.PASS


def test_without_sudo_it_does_not_apply() -> None:
    areas = facts()
    areas["sudo"]["installed"] = False
    assert finding("sudo.nopasswd", areas).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    "value, minutes",
    [(5, 5.0), ("2.5", 2.5), (0, 0.0), (False, 0.0), (-1, -1.0), ("never", -1.0), (None, -1.0), (1e99, 1e6)],
)
def test_for_how_long_a_password_counts(value: object, minutes: float) -> None:
    assert (
        sudo.get_sudo_defaults_for_everybody({"Defaults": [{"Options": [{"timestamp_timeout": value}]}]}, True)[
            "remembered"
        ]
        == minutes
    )


@pytest.mark.parametrize("value, is_exception", [(15, False), (0, False), (16, True), (-1, True)])
def test_a_longer_time_for_some_is_an_exception(value: int, is_exception: bool) -> None:
    policy = {"Defaults": [{"Binding": [{"username": "an"}], "Options": [{"timestamp_timeout": value}]}]}
    assert bool(sudo.find_exceptions_to_sudo_defaults(policy)) is is_exception


@pytest.mark.parametrize(
    "minutes, status", [(15.0, Status.PASS), (0.0, Status.PASS), (30.0, Status.FAIL), (-1.0, Status.FAIL)]
)
def test_a_password_is_remembered_for_a_quarter_of_an_hour(minutes: float, status: Status) -> None:
    areas = facts()
    areas["sudo"]["defaults"]["remembered"] = minutes
    assert finding("sudo.remembered", areas).status is status
