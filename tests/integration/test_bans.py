"""Who tries passwords on a real host is shut out, the management never is, and a rollback gives all back."""

from __future__ import annotations

import http.client
import ssl
import subprocess
from collections.abc import Callable, Iterator

import pytest

from auditor import lab
from tests.lab import ways
from tests.lab.fixtures import Ended
from tests.lab.guarded import Host
from tests.lab.waiting import until

HOST, SITE = "web1", "antruc.test"
TRIES = 8
FORM = "application/x-www-form-urlencoded"
STATE = "dpkg-query -W fail2ban nftables python3-systemd 2>&1; ls /etc/fail2ban /var/lib/fail2ban 2>&1; systemctl is-active fail2ban"


@pytest.fixture
def stranger() -> Iterator[str]:
    with ways.another_address() as address:
        yield address


def login(source: str) -> int | None:
    """What a wrong password for the site's administration is answered with from an address; None when nothing is."""
    address = str(lab.load_lab_spec().hosts[HOST].address)
    context = ssl.create_default_context(cafile=str(lab.get_lab_state_in_use().ca_certificate_file))
    context.check_hostname = False  # it is asked by its address, and named in the request
    connection = http.client.HTTPSConnection(address, timeout=20, source_address=(source, 0), context=context)
    try:
        connection.request("POST", "/wp-login.php", "log=quantri&pwd=sai", {"Host": SITE, "Content-Type": FORM})
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def knock(source: str) -> str:
    """What sshd says to an account that is not there, from an address."""
    options = ["-F", "/dev/null", "-b", source, "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]
    options += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
    address = lab.load_lab_spec().hosts[HOST].address
    command = ["timeout", "10", "ssh", *options, f"tin@{address}", "true"]  # shut out in the middle, it would wait
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_wrong_logins_are_shut_out_and_the_management_is_not(
    fresh: Callable[..., None], playbook: Callable[..., Ended], stranger: str
) -> None:
    fresh(HOST)
    there, ours = Host(HOST), str(lab.load_lab_spec().network.controller)
    before = there.sh(STATE)
    accepted = ("-e", '{"luytre_accept": ["bans.ssh", "bans.cms"]}')
    done = playbook("playbooks/harden.yml", "--limit", HOST, "--tags", "bans", *accepted)
    assert done.code == 0, done.out + done.err

    for _ in range(TRIES):
        knock(stranger), knock(ours)
        login(stranger), login(ours)
    until(lambda: "refused" in knock(stranger), "SSH does not refuse")
    until(lambda: login(stranger) is None, "the site does not refuse")
    assert login(ours) == 200
    assert "Permission denied" in knock(ours)
    shut_out = there.sh("fail2ban-client banned")
    assert shut_out.count(stranger) == 2
    assert ours not in shut_out

    undone = there.guard("rollback", run=there.guard("status")["run"])
    assert [one for one in undone["left"] if "fail2ban" in one["path"]] == []
    assert there.sh(STATE) == before
    assert "f2b" not in there.sh("nft list tables")
    assert login(stranger) == 200
    assert "Permission denied" in knock(stranger)
