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
