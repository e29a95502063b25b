"""What the loaded rules of the kernel's audit log record of a web server, and where its log ends."""

from __future__ import annotations

import pytest
from ansible.module_utils.luytre import _audit

RULES = """\
-w /etc/passwd -p wa -k identity
-w /etc/nginx/ -p rwxa -k web
-a always,exit -S all -F dir=/etc/ssh -F perm=wa -F key=sshd
-w /etc/shadow -p r -k read
-a never,exit -S all -F path=/etc/group -F perm=wa
-a always,exit -F arch=b64 -S adjtimex,settimeofday,clock_settime -F key=time
-a always,exit -F arch=b64 -S init_module,delete_module -F key=modules
-a always,exit -F arch=b64 -S finit_module -F auid>=1000 -F key=modules
-a always,exit -F arch=b64 -S execve -F euid=33 -F key=web_exec
""".splitlines()


def test_what_rules_record() -> None:
    paths = ["/etc/passwd", "/etc/nginx", "/etc/ssh/sshd_config", "/etc/shadow", "/etc/group"]
    found = _audit.profile(RULES, paths, [("www-data", 33), ("tin", 1001)])
    assert {one["value"]: one["recorded"] for one in found} == {
        "/etc/passwd": True,
        "/etc/nginx": True,
        "/etc/ssh/sshd_config": True,
        "/etc/shadow": False,
        "/etc/group": False,
        "adjtimex,clock_settime,settimeofday": True,
        "delete_module,finit_module,init_module": False,
        "www-data": True,
        "tin": False,
    }


def test_a_rule_for_every_program_records_each_account() -> None:
    found = _audit.profile(["-a always,exit -F arch=b64 -S execve,execveat -F key=x"], [], [("tin", 1001)])
    assert found[-1] == {"kind": "account", "value": "tin", "recorded": True}


@pytest.mark.parametrize(
    ("settings", "most"),
    [
        ({}, 40 << 20),
        ({"max_log_file": "8", "num_logs": "5", "max_log_file_action": "rotate"}, 40 << 20),
        ({"max_log_file_action": "keep_logs"}, None),
        ({"num_logs": "0"}, None),
        ({"max_log_file": "9999999999999999"}, 1 << 50),
        ({"max_log_file": "many"}, None),
    ],
)
def test_the_most_that_logs_come_to(settings: dict[str, str], most: int | None) -> None:
    assert _audit.log_bytes(settings) == most


PEOPLE = "-a always,exit -F arch=b64 -S {} -F auid>={} -F auid!=-1 -F key=people"


@pytest.mark.parametrize(
    ("rules", "recorded"),
    [
        ([PEOPLE.format(",".join(_audit.DELETIONS), 1000)], True),
        (["-a always,exit -F arch=b64 -S " + ",".join(_audit.DELETIONS)], True),  # everybody's
        ([PEOPLE.format(",".join(_audit.DELETIONS), 2000)], False),  # not everybody who logs in
        ([PEOPLE.format(",".join(_audit.DELETIONS[1:]), 1000)], False),
        ([PEOPLE.format(",".join(_audit.DELETIONS), 1000) + " -F exit=-EACCES"], False),  # what failed alone
    ],
)
def test_what_people_delete_is_recorded_by_whoever_logged_in(rules: list[str], recorded: bool) -> None:
    found = _audit.people(["-w /var/log/wtmp -p wa -k logins", *rules], ["/var/log/wtmp", "/run/faillock"])
    assert {one["value"]: one["recorded"] for one in found} == {
        "/var/log/wtmp": True,
        "/run/faillock": False,
        ",".join(_audit.RIGHTS): False,
        ",".join(_audit.DELETIONS): recorded,
    }


def test_rules_for_people_alone_record_nothing_of_services() -> None:
    found = _audit.profile([PEOPLE.format("adjtimex,settimeofday,clock_settime", 1000)], [], [])
    assert not any(one["recorded"] for one in found)
