"""Servers set up as nobody here expects, and admins who do things in no order: no way in is lost, and back means back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from auditor.system import resources
from tests.lab import ways
from tests.lab.fixtures import INVENTORY, Ended
from tests.lab.guarded import Host
from tests.lab.running import running
from tests.lab.waiting import until

HOST = "web3"
SFTP_PORT = 2200
SFTP = ways.Way("second daemon", "nopbai", "password", port=SFTP_PORT)
RESTART = f"""systemctl restart sftp.service
for i in $(seq 100); do ss -Hltn 'sport = :{SFTP_PORT}' | grep -q . && break; sleep 0.1; done
"""
BY_SOCKET = f"""set -eu
useradd -m -s /bin/bash nopbai; echo 'nopbai:{ways.PASSWORD}' | chpasswd
printf 'Include /etc/ssh/sshd_config.d/*.conf\\nPort {SFTP_PORT}\\nUsePAM yes\\nPasswordAuthentication yes\\nPidFile /run/sftp.pid\\n' > /etc/ssh/sftp
printf '[Service]\\nExecStart=/usr/sbin/sshd -D -f /etc/ssh/sftp\\nRuntimeDirectory=sshd\\nRuntimeDirectoryPreserve=yes\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/sftp.service
systemctl daemon-reload; systemctl start sftp.service
systemctl disable --quiet --now ssh.service 2>/dev/null; systemctl enable --quiet --now ssh.socket
{RESTART}
adduser --quiet --system --shell /bin/bash --group kho
echo '5 3 * * * root su - kho -c true' > /etc/cron.d/kho
adduser --quiet --system --shell /bin/bash --group cu
su - cu -c true
"""


def test_sshd_by_a_socket_beside_one_with_a_file_of_its_own(
    guarded: Callable[[str], Host], auditor: Callable[..., Ended], playbook: Callable[..., Ended], tmp_path: Path
) -> None:
    """The one ends when it is told to read its files anew; the other takes our settings at its next start, unasked."""
    there = guarded(HOST)
    there.sh(BY_SOCKET)
    assert ways.gets_in(HOST, SFTP, tmp_path)
    before = running(HOST)

    planned = auditor("plan", "-i", INVENTORY, "--limit", HOST, "--no-diff", "--json").json["hosts"]
    held = {change["control"]: change["held"]["en"] for change in planned[0]["changes"] if change["held"]}
    assert "cu (su-l)" in held["accounts.system_shells"] and "kho (/etc/cron.d/kho)" in held["accounts.system_shells"]

    hardened = playbook("--limit", HOST, "--tags", "ssh", str(resources.get_playbook("harden.yml")))
    assert hardened.code == 0, hardened.out
    assert "nopbai" in hardened.out
    assert running(HOST)["sshd offers macs"] != before["sshd offers macs"]
    there.sh(RESTART)
    assert ways.gets_in(HOST, SFTP, tmp_path)

    run = there.sh("ls -t /var/lib/luytre/guard | grep -m1 Z-").strip()
    undone = there.guard("rollback", run=run)
    assert (undone["problems"], undone["left"]) == ([], [])
    assert running(HOST)["sshd offers macs"] == before["sshd offers macs"]
    assert "Received SIGHUP; restarting" in there.sh("journalctl --no-pager -u sftp.service")
    until(lambda: ways.gets_in(HOST, SFTP, tmp_path), "the second daemon does not come back", 10)
    assert "Cannot bind" not in there.sh("journalctl --no-pager -t sshd")


THIEF = """
import socket, time
while True:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("0.0.0.0", 2222)); taken.listen(); print("taken", flush=True); time.sleep(3600)
    except OSError:
        taken.close(); time.sleep(0.0003)
"""
LISTENS = "ss -Hltnp 'sport = :2222' | grep -o '[^ ]*:2222 .*users:((\"[a-z0-9]*' | sed 's/ .*\"/ /' | sort"


def test_no_account_takes_sshds_port_while_it_reads_its_files_anew(
    guarded: Callable[[str], Host], playbook: Callable[..., Ended]
) -> None:
    """sshd closes what it listens on before it starts itself over; above port 1023 anybody could be there first."""
    there = guarded("web2")
    there.sh(
        "printf 'Port 22\\nPort 2222\\n' > /etc/ssh/sshd_config.d/01-ports.conf; systemctl reload ssh;"
        f" for i in $(seq 100); do ss -Hltn 'sport = :2222' | grep -q . && break; sleep 0.1; done; echo '{THIEF}' > /var/www/thief;"
        " systemd-run --quiet --unit=thief --uid=www-data python3 /var/www/thief"
    )
    both = there.sh(LISTENS)
    assert both.split() == ["0.0.0.0:2222", "sshd", "[::]:2222", "sshd"]

    hardened = playbook("--limit", "web2", "--tags", "ssh", str(resources.get_playbook("harden.yml")))
    assert hardened.code == 0, hardened.out
    assert there.sh(LISTENS) == both
    run = there.sh("ls -t /var/lib/luytre/guard | grep -m1 Z-").strip()
    assert there.guard("rollback", run=run)["problems"] == []
    assert there.sh(LISTENS) == both

    there.arm("20261130T010000Z-ports", ["/etc/ssh/sshd_config.d/"])
    there.sh("echo 'MaxAuthTries 3' > /etc/ssh/sshd_config.d/00-a.conf")
    assert there.guard("revert", run="20261130T010000Z-ports")["state"] == "reverted"
    assert there.sh(LISTENS) == both
    assert "Received SIGHUP; restarting" in there.sh("journalctl --no-pager -u ssh.service | tail -20")
    there.sh("systemctl stop thief")  # it takes a tenth of a processor for as long as the host is up
    assert there.sh("sysctl -n net.ipv4.ip_unprivileged_port_start net.ipv4.ip_local_port_range").split() == [
        "1024", "32768", "60999",
    ]  # fmt: skip


def test_an_older_run_is_undone_after_a_newer_one_and_once_more(guarded: Callable[[str], Host]) -> None:
    there = guarded(HOST)
    there.sh("for name in one two three; do echo before > /etc/tre-$name; done")
    for run, names in (("older", "one two"), ("newer", "two three")):
        there.arm(run, ["/etc/"])
        made = f"mkdir -p /etc/tre-made; echo {run} | tee /etc/tre-{run} > /etc/tre-made/{run}"
        there.sh(f"for name in {names}; do echo {run} >> /etc/tre-$name; done; {made}")
        there.guard("confirm", run=run)
    there.sh("echo theirs >> /etc/tre-made/older")

    def undone(run: str) -> tuple[set[str], dict[str, str]]:
        answer = there.guard("rollback", run=run)
        assert answer["problems"] == []
        files = there.sh("cd /etc; for file in $(find tre-* -type f); do echo $file: $(cat $file); done").splitlines()
        return {one["path"] for one in answer["left"]}, dict(line.split(": ") for line in files)

    theirs = {"/etc/tre-made", "/etc/tre-made/older"}
    was = {"tre-one": "before", "tre-two": "before", "tre-three": "before", "tre-made/older": "older theirs"}
    of_newer = {"tre-three": "before newer", "tre-newer": "newer", "tre-made/newer": "newer"}
    assert undone("older") == ({*theirs, "/etc/tre-two"}, {**was, **of_newer, "tre-two": "before older newer"})
    assert undone("newer") == (set(), {**was, "tre-two": "before older"})
    assert undone("older") == (theirs, was)
    assert undone("older") == (theirs, was)


def test_pam_goes_back_though_a_package_has_had_its_stack_made_anew(guarded: Callable[[str], Host]) -> None:
    there = guarded(HOST)
    profile = (
        "Name: {0}\nDefault: yes\nPriority: 9\nSession-Type: Additional\nSession:\n\toptional pam_umask.so umask={1}\n"
    )
    make = "printf '{0}' > /usr/share/pam-configs/{1}; DEBIAN_FRONTEND=noninteractive pam-auth-update --package"
    there.arm("pam", ["/etc/pam.d/", "/usr/share/pam-configs/", "/var/lib/pam/"])
    there.sh(make.format(profile.format("ours", "027"), "luytre-umask"))
    there.guard("confirm", run="pam")
    there.sh(make.format(profile.format("theirs", "002"), "goi-khac"))
    assert "umask=027" in there.sh("cat /etc/pam.d/common-session")
    undone = there.guard("rollback", run="pam")
    assert undone["problems"] == []
    assert "/etc/pam.d/common-session" in {one["path"] for one in undone["left"]}
    stack = there.sh("cat /etc/pam.d/common-session")
    assert "umask=027" not in stack and "umask=002" in stack
