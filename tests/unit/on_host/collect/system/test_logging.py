"""journald's settings in force, logrotate's files, rsyslog's targets, and what the controls make of them."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre.os import logrotate
from ansible.module_utils.luytre.system import logging

from auditor.models import Status
from tests.unit.areas import SITE, facts, finding
from tests.unit.modules import load

logrotate_keep = load("roles/logging/library/logrotate_keep.py")

NGINX = """/var/log/nginx/*.log {
	daily
	missingok
	rotate 14
	compress
	delaycompress
	notifempty
	create 0640 www-data adm
	sharedscripts
	prerotate
		if [ -d /etc/logrotate.d/httpd-prerotate ]; then \\
			run-parts /etc/logrotate.d/httpd-prerotate; \\
		fi \\
	endscript
	postrotate
		invoke-rc.d nginx rotate >/dev/null 2>&1
		rotate 1
	endscript
}
"""
RSYSLOG = """/var/log/syslog
/var/log/mail.log
/var/log/auth.log
{
	rotate 4
	weekly
	missingok
}
"""
DEFAULTS = {"period": "weekly", "rotate": 4}


def blocks(text: str) -> list[logrotate.LogrotateBlock]:
    found: list[logrotate.LogrotateBlock] = logrotate.parse_logrotate_blocks("x", text, DEFAULTS)
    return found


def kept(text: str, days: int = 92) -> str:
    after: str = logrotate_keep.keep(text, "x", days, DEFAULTS)
    assert logrotate_keep.keep(after, "x", days, DEFAULTS) == after
    return after


def test_debians_nginx() -> None:
    (block,) = blocks(NGINX)
    assert (block.kind, block.days_between_rotations, block.settings["rotate"], block.days_kept_for_sure) == (
        "web",
        1,
        14,
        14,
    )


def test_debians_rsyslog_names_its_files_on_lines_of_their_own() -> None:
    (block,) = blocks(RSYSLOG)
    assert block.paths == ["/var/log/syslog", "/var/log/mail.log", "/var/log/auth.log"]
    assert (block.kind, block.days_kept_for_sure) == ("system", 28)


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        ("", 28),
        ("daily", 4),
        ("monthly\nrotate 3", 90),
        ("rotate 0", 0),
        ("rotate -1", 36_500),
        ("daily\nrotate 90\nmaxage 7", 7),
        ("rotate 90\nsize 10M", 0),
        ("rotate 90\nsize 10M\ndaily", 90),
        ("daily\nrotate 90\nmaxsize 1M", 0),
        ("daily\nrotate 90\nmaxsize 500M", 90),
        ("daily\nrotate 90\nminsize 1M", 90),
        ("daily # rotate 90\nrotate 30", 30),
    ],
)
def test_days_that_a_line_is_kept_for_sure(lines: str, days: int) -> None:
    (block,) = blocks("/var/log/nginx/x.log {\n" + lines + "\n}\n")
    assert block.days_kept_for_sure == days


def test_only_what_decides_is_changed_and_scripts_are_not() -> None:
    after = kept(NGINX)
    assert after == NGINX.replace("\trotate 14", "\trotate 92")


def test_what_is_longer_or_is_not_ours_to_judge_stays() -> None:
    for text in (
        "/var/log/nginx/x.log {\n daily\n rotate 400\n}\n",
        "/var/log/dpkg.log {\n daily\n rotate 2\n}\n",
        "",
        "}{\n",
    ):
        assert kept(text) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" daily\n rotate 92\n maxage 7\n", " daily\n rotate 92\n maxage 92\n"),
        (" size 100k\n rotate 92\n", " minsize 100k\n rotate 92\n"),
        (" daily\n maxsize 1M\n", " daily\n minsize 1M\n\trotate 92\n"),
        ("", "\trotate 14\n"),
    ],
)
def test_what_cuts_the_time_short_is_put_right(before: str, after: str) -> None:
    head = "/var/log/apache2/*.log {\n"
    assert kept(head + before + "}\n") == head + after + "}\n"


def test_several_blocks_in_one_file() -> None:
    text = "/var/log/nginx/a.log {\n daily\n rotate 1\n}\n" + RSYSLOG
    assert [block.days_kept_for_sure for block in blocks(kept(text))] == [92, 98]


# --- journald ------------------------------------------------------------------------------------------


def test_the_last_value_wins_and_an_empty_one_is_the_default() -> None:
    settings = logging.parse_journald_settings(
        [
            "[Journal]\nStorage=persistent\n#Storage=none\nSystemMaxUse=1G\n",
            "[Other]\nStorage=none\n[Journal]\nStorage = volatile\n",
            "[Journal]\nSystemMaxUse=\n",
        ]
    )
    assert settings == {"Storage": "volatile"}


@pytest.mark.parametrize(
    ("settings", "text", "left_on"),
    [
        ({}, "[Journal]\n#Audit=no\n", False),  # Debian 12's own
        ({}, "[Journal]\n#Audit=yes\n", True),  # Debian 13's own
        ({}, "[Journal]\n", False),
        ({"Audit": "yes"}, "#Audit=no\n", True),
        ({"Audit": "off"}, "#Audit=yes\n", False),
    ],
)
def test_whether_the_kernels_audit_stays_on_when_journald_starts(
    settings: dict[str, str], text: str, left_on: bool
) -> None:
    assert logging.leaves_audit_on(settings, text) is left_on


@pytest.mark.parametrize("span", ["1month", "2day 30min", "1y", "90", "1w 2d", "3 weeks", "500ms", "2h30m"])
def test_time_spans_as_systemd_reads_them(span: str) -> None:
    said = subprocess.run(["systemd-analyze", "timespan", span], capture_output=True, text=True, check=True).stdout
    micro = next(int(line.split(":")[1]) for line in said.splitlines() if "μs" in line or "us:" in line)
    assert logging.parse_systemd_time_span(span) == micro // 1_000_000


@pytest.mark.parametrize(
    ("span", "seconds"), [("0", 0), ("infinity", 0), ("soon", None), ("3 parsecs", None), ("1 2 x", None)]
)
def test_odd_time_spans(span: str, seconds: int | None) -> None:
    assert logging.parse_systemd_time_span(span) == seconds


@pytest.mark.parametrize(
    ("text", "size"), [("16M", 16 << 20), ("1G", 1 << 30), ("512", 512), ("", 7), ("much", 7), ("1GB", 1 << 30)]
)
def test_sizes(text: str, size: int) -> None:
    assert logging.parse_systemd_size(text, 7) == size


@pytest.mark.parametrize(
    ("line", "targets"),
    [
        ("*.* @@log.tinh.test:514", ["log.tinh.test:514"]),
        ("*.* @(z9)192.0.2.7", ["192.0.2.7"]),
        ('auth,authpriv.* action(type="omfwd" target="log.tinh.test" port="6514")', ["log.tinh.test"]),
        ("# *.* @@log.tinh.test", []),
        ("*.* @127.0.0.1", []),
        ("*.* /var/log/syslog # @@x", []),
        ("$ActionFileDefaultTemplate RSYSLOG_TraditionalFileFormat", []),
    ],
)
def test_where_rsyslog_sends(line: str, targets: list[str]) -> None:
    assert logging.list_hosts_rsyslog_forwards_to(line) == targets


# --- what the controls make of it -------------------------------------------------------------------


def changed(**parts: Any) -> dict[str, Any]:
    areas = facts()
    for part, value in parts.items():
        areas["logging"][part] = {**areas["logging"][part], **value} if isinstance(value, dict) else value
    return areas


@pytest.mark.parametrize("control", ["persistent", "journald_size", "retention", "rotate", "modes"])
def test_a_hardened_server_passes(control: str) -> None:
    assert finding(f"logging.{control}").status is Status.PASS


def test_set_to_disk_but_not_there_fails() -> None:
    for how in ({"persistent": False}, {"on_disk": False}):
        assert finding("logging.persistent", changed(journald=how)).status is Status.FAIL


def rotation(keeps: int, kind: str = "web") -> dict[str, Any]:
    return {"file": "x", "line": 1, "paths": ["/x"], "kind": kind, "every": "daily", "count": 1, "keeps": keeps}


@pytest.mark.parametrize(
    ("keeps", "level", "status"),
    [(29, 1, Status.FAIL), (30, 2, Status.PASS), (89, 3, Status.FAIL), (90, 3, Status.PASS)],
)
def test_retention_goes_by_the_highest_level(keeps: int, level: int, status: Status) -> None:
    site = SITE.model_copy(update={"level": level})
    assert finding("logging.retention", changed(rotations=[rotation(keeps)]), site=site).status is status


def test_other_logs_may_be_short() -> None:
    assert finding("logging.retention", changed(rotations=[rotation(1, "other")])).status is Status.PASS


@pytest.mark.parametrize(
    ("seconds", "status"),
    [(0, Status.PASS), (31 * 86_400, Status.PASS), (172_800, Status.FAIL), (None, Status.NOT_EVALUATED)],
)
def test_a_journal_dropped_by_age(seconds: int | None, status: Status) -> None:
    assert finding("logging.retention", changed(journald={"max_retention": seconds})).status is status


@pytest.mark.parametrize(("recording", "audits"), [(False, True), (True, False), (True, True)])
def test_auditd_is_nothing_without_a_kernel_that_records_and_goes_on_to(recording: bool, audits: bool) -> None:
    areas = changed(journald={"audits": audits})
    areas["system"] = {**areas["system"], "container": False}
    running = {"installed": True, "enabled": True, "active": True, "rules": 9, "recording": recording}
    areas["logging"]["auditd"] = {**areas["logging"]["auditd"], **running}
    status = Status.PASS if recording and audits else Status.FAIL
    assert finding("logging.auditd", areas).status is status


def test_nothing_rotates() -> None:
    assert finding("logging.rotate", changed(rotating=False)).status is Status.FAIL
    assert finding("logging.rotate", changed(unrotated=["/var/log/nginx/x.log"])).status is Status.FAIL


def test_logs_that_were_not_all_looked_at_are_no_pass() -> None:
    areas = facts()
    areas["logging"].update(files=[], files_cut_short=True)
    assert finding("logging.modes", areas).status is Status.NOT_EVALUATED
    one = {
        "path": "/var/log/syslog",
        "owner": "root",
        "group": "adm",
        "mode": 0o644,
        "kind": "file",
        "others_write": False,
    }
    areas["logging"]["files"] = [{**one, "writers": []}]
    assert finding("logging.modes", areas).status is Status.FAIL


@pytest.mark.parametrize(("program", "commands"), [(None, []), ("/usr/sbin/logrotate", ["good"])])
def test_a_host_without_logrotate_is_not_brought_back_for_it(program: str | None, commands: list[str]) -> None:
    """Ansible ends a module that runs a program which is not there."""

    def run_command(argv: list[str]) -> tuple[int]:
        assert program is not None
        return (0 if argv[-1] == "good" else 1,)

    module = SimpleNamespace(get_bin_path=lambda *_, **__: program, run_command=run_command)
    assert [one[-1] for one in logrotate_keep.trials(module, ["good", "bad"])] == commands
