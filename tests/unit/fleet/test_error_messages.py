from __future__ import annotations

import re

import pytest

from auditor.fleet.error_messages import (
    explain_ansible_or_ssh_message,
    explain_missing_fact_area,
    explain_rollback_with_suspect_controls,
)
from auditor.fleet.in_ansible import bounds
from auditor.models import Text


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            "Failed to connect to the host via ssh: root@192.0.2.1: Permission denied (publickey,password).",
            "refused our SSH key",
        ),
        (
            "@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@ ... Host key verification failed.",
            "differs from the recorded one",
        ),
        ("ssh: connect to host 192.0.2.1 port 22: Connection timed out", "could not be reached"),
        ("ssh: connect to host 192.0.2.1 port 22: No route to host", "could not be reached"),
        ("ssh: connect to host 192.0.2.1 port 22: Connection refused", "is sshd running"),
        (
            "'/usr/bin/apt-get -y -o DPkg::Lock::Timeout=60 install 'nftables'' failed: E: Could not get lock "
            "/var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)",
            "is installing or removing software",
        ),
        ("Failed to lock apt for exclusive operation: Failed to lock directory", "is installing or removing software"),
        (
            "software is being installed or removed on this host (unattended-upgr, process 812)",
            "is installing or removing software",
        ),
        (
            "'/usr/bin/apt-get -y -o DPkg::Lock::Timeout=60 install 'nftables'' failed: E: Failed to fetch http://m.test/x",
            "E: Failed to fetch",
        ),
        ("Host key for 192.0.2.1 was revoked by /k", "differs from the recorded one"),
        (
            "No ED25519 host key is known for 192.0.2.1 and you have requested strict checking.\r\n"
            "Host key verification failed.",
            "no key of the host is recorded yet",
        ),
        ("Host key verification failed.", "no key of the host is recorded yet"),
        ("Timeout (12s) waiting for privilege escalation prompt: ", "sudo takes too long on the host"),
        ("Timeout (12s) waiting for become success or become password prompt.", "sudo takes too long on the host"),
        (
            "Failed to connect to the host via ssh: kex_exchange_identification: Connection closed by remote host",
            "may be blocking this address temporarily",
        ),
        (
            "kex_exchange_identification: banner line 0: Not allowed at this time",
            "may be blocking this address temporarily",
        ),
        ("ModuleNotFoundError: No module named 'json'", "Python 3 is not complete"),
        ('Task failed: Data could not be sent to remote host "192.0.2.1".', "could not be reached"),
        ("Missing sudo password", "may not use sudo without a password"),
        ("Incorrect sudo password", "sudo refused the password"),
        ("sorry, user a may not run sudo on web1.", "may not use sudo"),
        ("/bin/sh: 1: /usr/bin/python3: not found", "no Python 3: run 'apt-get install python3'"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        (
            "Could not replace file: /root/.ansible/tmp/x to /etc/login.defs: [Errno 1] Operation not permitted: "
            "b'/etc/.ansible_tmpx' -> b'/etc/login.defs'",
            "unlock it by 'chattr -ia' (/etc/login.defs)",
        ),
        ("[Errno 28] No space left on device: '/tmp/luytre-a1b2c3d4/local/x'", "of this machine, not the host's"),
        (
            "Error was: [Errno 30] Read-only file system: b'/etc/.ansible_tmpxyz'",
            "mount it writable again (/etc/.ansible_tmpxyz)",
        ),
        ("another run is in progress on this host: 20261124T101500Z-7f3a", "wait until it has ended"),
        ("ssh: Could not resolve hostname nowhere: Name or service not known", "does not resolve"),
    ],
)
def test_known_troubles_become_a_sentence(message: str, words: str) -> None:
    assert words in explain_ansible_or_ssh_message(message).en
    assert explain_ansible_or_ssh_message(message).vi != explain_ansible_or_ssh_message(message).en


def test_an_unknown_one_is_quoted_on_one_line_and_bounded() -> None:
    text = explain_ansible_or_ssh_message("odd\nthing " * 500).en
    assert "odd thing" in text
    assert "\n" not in text
    assert len(text) < 400


@pytest.mark.parametrize("words", [bounds.TOO_MUCH, bounds.TOO_LONG])
def test_a_host_that_was_cut_off_is_told_from_others_whatever_it_said_before(words: str) -> None:
    said = f"Data could not be sent: Connection refused {'Host key for ' * 400_000}\n{words}\r\n"
    assert "cut off" in explain_ansible_or_ssh_message(said).en


def test_a_long_message_costs_no_more_than_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(re, "search", lambda _pattern, text: read.append(len(text)))
    explain_ansible_or_ssh_message("Host key for interpreter /usr/bin/python3 " * 500_000)
    assert max(read) < 10_000


def test_a_program_that_was_not_run_names_file_and_account_in_both_languages() -> None:
    said = explain_missing_fact_area("nginx was not run as root: /srv/a b/x can be changed by user www-data")
    assert said.en == "nginx was not run as root, for /srv/a b/x can be changed by user www-data"
    assert said.vi == "không chạy nginx bằng quyền root, vì tài khoản www-data sửa được /srv/a b/x"
    assert "nhóm adm" in explain_missing_fact_area("sshd was not run as root: /x can be changed by group adm").vi
    assert (
        "mất quá nhiều thời gian"
        in explain_missing_fact_area("the patterns of /etc/apache2/x.conf cost too much time").vi
    )
    assert (
        "không phải vị trí do gói"
        in explain_missing_fact_area("/www/sbin/nginx runs, which is not where a package puts it").vi
    )
    assert "mọi tài khoản" in explain_missing_fact_area("sshd was not run as root: /x can be changed by everybody").vi
    assert explain_missing_fact_area("ss took longer than its time").vi == "ss took longer than its time"


WHY = Text(vi="trang không trả lời", en="the site does not answer")
MADE = ("apache.traces", "nginx.timeouts", "ssh.macs", "tls.ciphers", "tls.protocols")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (("nginx.service", "unknown directive in /etc/nginx/conf.d/x.conf:3", "nginx.timeouts"), "(nginx.timeouts)"),
        (("apache2.service", "SSL routines::ee key too small", None), "(tls.ciphers, tls.protocols)"),
        (("ssh.service", "Bad SSH2 mac spec", "pam.never_made"), "(ssh.macs)"),
        (("cups.service", "no printer", None), "cups.service: no printer"),
    ],
)
def test_a_way_back_names_the_daemons_own_line_and_the_control(said: tuple[str, str, str | None], named: str) -> None:
    blamed = explain_rollback_with_suspect_controls(WHY, [said], MADE, MADE).en
    assert blamed.startswith(f"the site does not answer; {said[0]}: {said[1]}")
    assert blamed.endswith(named)


def test_where_no_daemon_stopped_the_suspects_are_few() -> None:
    suspects = [f"nginx.c{number}" for number in range(12)]
    assert explain_rollback_with_suspect_controls(WHY, (), suspects, suspects).en.endswith(
        "(after applying nginx.c0, nginx.c1, nginx.c2, nginx.c3, nginx.c4 +7)"
    )
