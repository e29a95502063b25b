"""What sshd on the converged host really does."""

from __future__ import annotations

import pytest
from testinfra.host import Host

DROPIN = "/etc/ssh/sshd_config.d/00-luytre.conf"


def settings(host: Host, connection: str = "") -> list[str]:
    """The lines of ``sshd -T``, for a connection when one is given."""
    with host.sudo():
        told = host.run("/usr/sbin/sshd -T " + (f"-C {connection}" if connection else ""))
    assert told.rc == 0, told.stderr
    return str(told.stdout).splitlines()


@pytest.mark.parametrize(
    "line",
    [
        "passwordauthentication no",
        "kbdinteractiveauthentication no",
        "permitemptypasswords no",
        "maxauthtries 4",
        "logingracetime 60",
        "maxstartups 10:30:60",
        "x11forwarding no",
        "allowagentforwarding no",
        "allowtcpforwarding no",
        "loglevel VERBOSE",
        "permituserenvironment no",
        "strictmodes yes",
    ],
)
def test_in_force_for_everybody(host: Host, line: str) -> None:
    assert line in settings(host)


def test_no_weak_algorithm(host: Host) -> None:
    told = dict(line.split(" ", 1) for line in settings(host) if " " in line)
    offered = ",".join(told[key] for key in ("ciphers", "kexalgorithms", "macs"))
    assert "chacha20-poly1305@openssh.com" in offered
    assert not [weak for weak in ("cbc", "sha1", "md5", "umac-64") if weak in offered]


def test_the_exception_for_root_is_closed(host: Host) -> None:
    told = settings(host, "user=root,host=x,addr=192.0.2.7")
    assert "permitrootlogin without-password" in told or "permitrootlogin no" in told
    assert "maxauthtries 4" in told


def test_the_rest_of_the_configuration_still_counts(host: Host) -> None:
    assert any(line.startswith("subsystem sftp ") for line in settings(host))


def test_the_file_is_roots(host: Host) -> None:
    file = host.file(DROPIN)
    assert (file.user, file.group, file.mode) == ("root", "root", 0o600)


def test_the_daemon_runs_and_lets_us_in(host: Host) -> None:
    assert host.service("ssh").is_running
    assert host.user().name == "luytre"
