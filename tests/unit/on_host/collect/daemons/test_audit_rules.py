"""What the loaded rules of the kernel's audit log record of a web server, and where its log ends."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.module_utils.luytre.daemons import audit_rules
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader

RULES = """\
-w /etc/passwd -p wa -k identity
-w /etc/nginx/ -p rwxa -k web
-a always,exit -S all -F dir=/etc/ssh -F perm=wa -F key=sshd
-w /etc/shadow -p r -k read
-a never,exit -S all -F path=/etc/group -F perm=wa
-a always,exit -F arch=b64 -S adjtimex,settimeofday,clock_settime -F key=time
-a always,exit -F arch=b32 -S stime,settimeofday,adjtimex,clock_settime,clock_settime64 -F key=time
-a always,exit -S init_module,delete_module -F key=modules
-a always,exit -S finit_module -F auid>=1000 -F key=modules
-a always,exit -F arch=b64 -S execve,execveat -F uid=33 -F key=web_exec
-a always,exit -F arch=b32 -S execve,execveat -F uid=33 -F key=web_exec
""".splitlines()


def test_what_rules_record() -> None:
    paths = ["/etc/passwd", "/etc/nginx", "/etc/ssh/sshd_config", "/etc/shadow", "/etc/group"]
    found = audit_rules.build_web_server_audit_profile(RULES, paths, [("www-data", 33), ("tin", 1001)])
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


def test_a_folder_is_named_as_one_and_is_recorded_by_rules_that_name_it_either_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(audit_rules, "CONFIGURATION", (str(tmp_path), "/etc/hostname"))
    assert [path for path in audit_rules._list_paths_to_watch() if path.startswith(str(tmp_path))] == [f"{tmp_path}/"]
    for rule in (f"-w {tmp_path} -p wa", f"-w {tmp_path}/ -p wa", f"-w {tmp_path.parent} -p wa"):
        assert audit_rules.build_web_server_audit_profile([rule], [f"{tmp_path}/"], [])[0]["recorded"] is True


def test_starts_of_tools_that_are_there_are_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Bare(AreaReader):
        def find_program(self, _program: str) -> None:
            return None

    (tmp_path / "kmod").touch()
    monkeypatch.setattr(audit_rules, "TOOLS", (str(tmp_path / "kmod"), str(tmp_path / "setfacl")))
    monkeypatch.setattr(audit_rules, "DISTRIBUTION_SETID", ())
    _daemon, _profile, people, _untold = audit_rules.collect_auditd_facts(
        Bare({}, 60), {"enabled": False, "active": False}
    )
    assert [one["value"] for one in people if one["kind"] == "program"] == [str(tmp_path / "kmod")]


def test_a_rule_for_every_program_records_each_account() -> None:
    found = audit_rules.build_web_server_audit_profile(
        ["-a always,exit -S execve,execveat -F key=x"], [], [("tin", 1001)]
    )
    assert found[-1] == {"kind": "account", "value": "tin", "recorded": True}


@pytest.mark.parametrize(
    "rules",
    [
        [
            "-a always,exit -F arch=b64 -S execve,execveat -F uid=1001 -F key=x"
        ],  # a 32-bit program starts others unheard
        ["-a always,exit -S execve -F uid=1001 -F key=x"],  # by a descriptor
        [
            "-a always,exit -S execve,execveat -F euid=1001 -F key=x"
        ],  # a set-uid program is root's by the end of the call
        ["-a always,exit -S execve,execveat -C uid!=euid -F key=x"],
        ["-a always,exit -S execve,execveat -F uid=1001 -F exit=-EACCES -F key=x"],
    ],
)
def test_a_rule_that_misses_some_programs_records_no_account(rules: list[str]) -> None:
    assert not audit_rules.build_web_server_audit_profile(rules, [], [("tin", 1001)])[-1]["recorded"]


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
    assert audit_rules.compute_max_audit_log_bytes(settings) == most


PEOPLE = "-a always,exit -S {} -F auid>={} -F auid!=-1 -F key=people"


@pytest.mark.parametrize(
    ("rules", "recorded"),
    [
        ([PEOPLE.format(",".join(audit_rules.DELETIONS), 1000)], True),
        (["-a always,exit -S " + ",".join(audit_rules.DELETIONS)], True),  # everybody's
        (["-a always,exit -F arch=b64 -S " + ",".join(audit_rules.DELETIONS)], False),  # a 32-bit program's are missing
        ([PEOPLE.format(",".join(audit_rules.DELETIONS), 2000)], False),  # not everybody who logs in
        ([PEOPLE.format(",".join(audit_rules.DELETIONS[1:]), 1000)], False),
        ([PEOPLE.format(",".join(audit_rules.DELETIONS), 1000) + " -F exit=-EACCES"], False),  # what failed alone
    ],
)
def test_what_people_delete_is_recorded_by_whoever_logged_in(rules: list[str], recorded: bool) -> None:
    found = audit_rules.build_logged_in_people_audit_profile(
        ["-w /var/log/wtmp -p wa -k logins", *rules], ["/var/log/wtmp", "/run/faillock"]
    )
    assert {one["value"]: one["recorded"] for one in found} == {
        "/var/log/wtmp": True,
        "/run/faillock": False,
        ",".join(audit_rules.RIGHTS): False,
        ",".join(audit_rules.DELETIONS): recorded,
        ",".join(audit_rules.MOUNTS): False,
        ",".join(audit_rules.REFUSED_CALLS): False,
    }


def test_some_calls_have_another_name_for_32_bit_programs() -> None:
    def recorded(calls: str) -> bool:
        found = audit_rules.build_logged_in_people_audit_profile([PEOPLE.format(calls, 1000)], [])
        return bool(next(one["recorded"] for one in found if one["value"] == "mount,umount2"))

    assert not recorded("mount,umount2")
    assert recorded("mount,umount,umount2")


@pytest.mark.parametrize(("ends", "recorded"), [(["-EACCES", "-EPERM"], True), (["-EACCES"], False), ([""], True)])
def test_what_people_may_not_open_is_recorded_by_both_refusals(ends: list[str], recorded: bool) -> None:
    calls = ",".join([*audit_rules.REFUSED_CALLS, "ftruncate64", "truncate64"])
    rules = [PEOPLE.format(calls, 1000) + f" -F exit={end}" * bool(end) for end in ends]
    assert audit_rules.build_logged_in_people_audit_profile(rules, [])[-1] == {
        "kind": "refused",
        "value": ",".join(audit_rules.REFUSED_CALLS),
        "recorded": recorded,
    }


def test_rules_for_people_alone_record_nothing_of_services() -> None:
    found = audit_rules.build_web_server_audit_profile(
        [PEOPLE.format("adjtimex,settimeofday,clock_settime", 1000)], [], []
    )
    assert not any(one["recorded"] for one in found)


def test_the_role_writes_the_names_that_are_looked_for() -> None:
    values = yaml.safe_load((Path(__file__).parents[5] / "roles/logging/vars/main.yml").read_text("utf-8"))
    assert values["logging_calls_of_32_bits"] == audit_rules.OF_32_BITS


STARTED = "-a always,exit -S all -F path=/usr/bin/sudo -F perm=x -F auid>=1000 -F auid!=-1 -F key=lent_rights"


@pytest.mark.parametrize(
    ("rule", "recorded"),
    [
        (STARTED, True),
        ("-w /usr/bin/sudo -p x -k sudo", True),
        ("-a always,exit -S all -F dir=/usr/bin -F perm=x -F key=x", True),
        (STARTED.replace("perm=x", "perm=wa"), False),
        (STARTED.replace("1000", "2000"), False),
        (STARTED + " -F exit=-EACCES", False),
        (STARTED.replace("sudo", "sud"), False),
    ],
)
def test_a_program_that_lends_rights_is_recorded_when_people_start_it(rule: str, recorded: bool) -> None:
    found = audit_rules.build_logged_in_people_audit_profile([rule], [], ["/usr/bin/sudo"])
    assert found[-1] == {"kind": "program", "value": "/usr/bin/sudo", "recorded": recorded}


def test_programs_lend_rights_by_their_mode_and_links_to_them_do_not(tmp_path: Path) -> None:
    for name, mode in (("su", 0o4755), ("chage", 0o2755), ("true", 0o755)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    (tmp_path / "link").symlink_to("su")
    (tmp_path / "folder").mkdir(mode=0o2755)
    named = [f"{tmp_path}/{name}" for name in ("su", "chage", "true", "link", "folder", "none")]
    assert audit_rules.select_setid_programs(named) == [f"{tmp_path}/chage", f"{tmp_path}/su"]


AS_LISTED = """\
-a always,exit -F arch=b64 -S adjtimex,settimeofday,clock_settime -F key=time
-a always,exit -F arch=b32 -S stime,settimeofday,adjtimex,clock_settime,clock_settime64 -F key=time
-a always,exit -F arch=b64 -S init_module,delete_module,finit_module -F key=modules
-a always,exit -F arch=b32 -S init_module,delete_module,finit_module -F key=modules
-a always,exit -F arch=b64 -S execve,execveat -F uid=33 -F key=web_exec
-a always,exit -F arch=b32 -S execve,execveat -F uid=33 -F key=web_exec
-a always,exit -F arch=b64 -S chmod,fchmod,chown,fchown,lchown,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,fchownat,fchmodat -F auid>=1000 -F auid!=-1 -F key=people
-a always,exit -F arch=b32 -S chmod,lchown,fchmod,fchown,chown,lchown32,fchown32,chown32,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,fchownat,fchmodat -F auid>=1000 -F auid!=-1 -F key=people
-a always,exit -F arch=b64 -S rename,rmdir,unlink,unlinkat,renameat,renameat2 -F auid>=1000 -F auid!=-1 -F key=people
-a always,exit -F arch=b32 -S unlink,rename,rmdir,unlinkat,renameat,renameat2 -F auid>=1000 -F auid!=-1 -F key=people
-a always,exit -F arch=b64 -S mount,umount2 -F auid>=1000 -F auid!=-1 -F key=people
-a always,exit -F arch=b32 -S mount,umount,umount2 -F auid>=1000 -F auid!=-1 -F key=people
-a always,exit -F arch=b64 -S open,truncate,ftruncate,creat,openat,openat2 -F exit=-EACCES -F auid>=1000 -F auid!=-1 -F key=refused
-a always,exit -F arch=b32 -S open,creat,truncate,ftruncate,truncate64,ftruncate64,openat,openat2 -F exit=-EACCES -F auid>=1000 -F auid!=-1 -F key=refused
-a always,exit -F arch=b64 -S open,truncate,ftruncate,creat,openat,openat2 -F exit=-EPERM -F auid>=1000 -F auid!=-1 -F key=refused
-a always,exit -F arch=b32 -S open,creat,truncate,ftruncate,truncate64,ftruncate64,openat,openat2 -F exit=-EPERM -F auid>=1000 -F auid!=-1 -F key=refused
-a always,exit -S all -F path=/usr/bin/sudo -F perm=x -F auid>=1000 -F auid!=-1 -F key=lent_rights
""".splitlines()
"""The role's rules, as auditctl on Debian 12 tells that they are loaded."""


def test_what_the_role_loads_is_recorded() -> None:
    found = audit_rules.build_web_server_audit_profile(
        AS_LISTED, [], [("www-data", 33)]
    ) + audit_rules.build_logged_in_people_audit_profile(AS_LISTED, [], ["/usr/bin/sudo"])
    assert [one["value"] for one in found if not one["recorded"]] == []
    for missing in range(len(AS_LISTED)):
        fewer = AS_LISTED[:missing] + AS_LISTED[missing + 1 :]
        found = audit_rules.build_web_server_audit_profile(
            fewer, [], [("www-data", 33)]
        ) + audit_rules.build_logged_in_people_audit_profile(fewer, [], ["/usr/bin/sudo"])
        assert len([one for one in found if not one["recorded"]]) == 1, AS_LISTED[missing]


def test_what_a_first_login_and_a_first_change_of_a_password_make_is_watched_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Bare(AreaReader):
        def find_program(self, _program: str) -> None:
            return None

    monkeypatch.setattr("os.path.lexists", lambda _path: False)
    _daemon, profile, people, _untold = audit_rules.collect_auditd_facts(
        Bare({}, 60), {"enabled": False, "active": False}
    )
    assert "/etc/security/opasswd" in [one["value"] for one in profile]
    assert "/run/faillock" in [one["value"] for one in people]
    assert "/var/lib/wtmpdb" not in [one["value"] for one in people]
