"""The controls of the kernel and of the boot loader on a kernel: found, mended, in force after the next boot, and taken back."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.audit import controls
from tests.kernel.conftest import HOST
from tests.lab.fixtures import INVENTORY, Ended, environment, run
from tests.lab.own_kernel import LONG, Machine

SETTINGS = "kernel.kptr_restrict kernel.yama.ptrace_scope kernel.sysrq fs.protected_fifos net.ipv4.conf.all.rp_filter"
OF_A_KERNEL = {control.id for control in controls.load_catalogue().controls if control.container and control.fix}
"""What no drill in a container can prove, and a fix mends."""
BY_HAND = "kernel.boot_password"
REMEDY = r"""
hashed=$(printf 'Trúc xanh 9\nTrúc xanh 9\n' | grub-mkpasswd-pbkdf2 | grep -o 'grub\.pbkdf2\.\S*')
printf 'set superusers="phong-may"\npassword_pbkdf2 phong-may %s\n' "$hashed" >>/etc/grub.d/40_custom
sed -i '/^CLASS=/s/"$/ --unrestricted"/' /etc/grub.d/10_linux
update-grub
"""
"""What the control says that a person does."""
USABLE = r"""
exec 2>/dev/null
modprobe udf && modprobe -r udf && echo udf
modprobe -r uas usb-storage # as for a disk that is plugged in from now on
modprobe usb-storage && for _ in $(seq 120); do ls -d /dev/disk/by-id/usb-* && break || sleep 0.5; done
true
"""
MENU = b"highlighted"
RULES = 'auditctl=$(command -v auditctl || echo /root/auditctl); ! test -x "$auditctl" || "$auditctl" -l | grep -v "^No rules" || :'
"""By which rules the kernel records, also when the package of the program that tells is gone again."""
RECORDED = """
systemctl restart systemd-journald # as an update of it does: Debian 12's turns the kernel's audit off by default
su www-data -s /bin/sh -c /usr/bin/id
found() { ausearch --input-logs --start recent --key web_exec --raw | grep -m 1 'exe="/usr/bin/id"'; }
for _ in $(seq 120); do found && break || sleep 0.5; done
"""


@dataclass(frozen=True)
class Seen:
    """What was seen of the machine at one moment."""

    statuses: Mapping[str, str]
    settings: str
    usable: str
    """What can be used of a rare file system, and of the disk that is plugged in by USB."""
    rules: str
    """What the kernel itself says that it records."""
    boot_loader: str


@dataclass(frozen=True)
class Story:
    """What was seen from the first audit to the boot after the way back."""

    first: Seen
    hardened: Ended
    again: Ended
    rebooted: Seen
    recorded: str
    undone: Ended
    rolled_back: Seen
    asked: bytes
    """What the boot loader wrote when somebody wanted another line of it."""
    last: Seen


class Watch:
    """Looks at the machine, with a history of its own."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self._machine, self._folder, self._state = machine, folder, environment(folder)

    def run(self, verb: str, *arguments: str) -> Ended:
        """Run a command of ours on that host."""
        return run(self._state, verb, "-i", INVENTORY, "--limit", HOST, *arguments, seconds=LONG)

    def seen(self, moment: str) -> Seen:
        """Return what is so now."""
        output = self._folder / moment
        self.run("audit", "--output", str(output))
        found = json.loads((output / "findings.json").read_text("utf-8"))["findings"]
        return Seen(
            {one["control"]: one["status"] for one in found if one["subject"]["kind"] == "host"},
            self._machine.run(f"sysctl {SETTINGS}"),
            self._machine.run(USABLE),
            self._machine.run(RULES),
            self._machine.run("sha256sum /boot/grub/grub.cfg /etc/grub.d/*"),
        )


@pytest.fixture(scope="module")
def story(booted: Machine, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("hardened")
    watch = Watch(booted, folder)
    assert watch.seen("before").statuses[BY_HAND] == "fail"
    assert booted.typed(f"set -eu\n{REMEDY}").returncode == 0
    first = watch.seen("first")
    accepted = ("--accept", "kernel.usb_storage", "--confirm-within", "1800")
    hardened = watch.run("harden", "--yes", *accepted, "--output", str(folder / "hardened"))
    again = watch.run("harden", "--yes", *accepted, "--json", "--output", str(folder / "again"))
    booted.run("cp $(command -v auditctl) /root/auditctl")
    booted.reboot()
    rebooted, recorded = watch.seen("rebooted"), booted.run(RECORDED)
    undone = watch.run("rollback", "--yes")
    rolled_back = watch.seen("rolled_back")
    asked: list[bytes] = []
    booted.reboot(lambda: asked.append(ask_boot_loader(booted.serial)))
    return Story(
        first, hardened, again, rebooted, recorded, undone, rolled_back, asked[0], watch.seen("last")
    )  # fmt: skip


def ask_boot_loader(serial: Path) -> bytes:
    """Want the boot loader's command line, give up, and choose what it starts by itself; return what it wrote."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(serial))
        line.settimeout(LONG)
        written = _written(line, MENU)
        for key, answer in ((b"c", b"username:"), (b"\x1b", MENU), (b"\r", b"Loading Linux")):
            line.sendall(key)
            written += _written(line, answer)
    return written


def _written(line: socket.socket, last: bytes) -> bytes:
    """Return what is written up to that, and what came with it."""
    written = b""
    while last not in written:
        written += line.recv(100_000)
    return written


def test_all_is_judged_before(story: Story) -> None:
    assert {story.first.statuses[control] for control in OF_A_KERNEL} == {"pass", "fail"}
    assert story.first.statuses["kernel.usb_storage"] == "fail"
    assert [line.partition("-")[0] for line in story.first.usable.splitlines()] == ["udf", "/dev/disk/by"]


def test_hardening_takes_no_second_run(story: Story) -> None:
    assert story.hardened.code == 0, story.hardened.out + story.hardened.err
    assert story.again.json["hardening"] is None


def test_all_is_in_force_after_the_next_boot(story: Story) -> None:
    now = story.rebooted.statuses
    assert {control: now[control] for control in OF_A_KERNEL} == dict.fromkeys(OF_A_KERNEL, "pass")
    assert story.rebooted.usable == ""


def test_the_kernel_records_what_it_was_told(story: Story) -> None:
    keys = {*re.findall(r"(?:-k |key=)(\S+)", story.rebooted.rules)}
    assert keys >= {"identity", "sudo", "sshd", "modules", "web_exec", "logins", "people"}
    assert "web_exec" in story.recorded, "what the account of sites starts is in the log"


def test_the_boot_loaders_password_stays_through_both(story: Story) -> None:
    moments = (story.first, story.rebooted, story.rolled_back, story.last)
    assert [one.statuses[BY_HAND] for one in moments] == ["pass"] * 4
    assert {one.boot_loader for one in moments} == {story.first.boot_loader}


def test_the_machine_started_by_itself_and_the_boot_loader_asks_whoever_wants_more(story: Story) -> None:
    assert b"username:" in story.asked
    assert b"grub>" not in story.asked


def test_all_of_it_is_taken_back_now_and_after_the_next_boot(story: Story) -> None:
    assert story.undone.code == 0, story.undone.out + story.undone.err
    for moment in (story.rolled_back, story.last):
        assert moment.settings == story.first.settings
        assert moment.usable == story.first.usable
        assert moment.rules == story.first.rules
        now = {control: moment.statuses[control] for control in OF_A_KERNEL}
        assert now == {control: story.first.statuses[control] for control in OF_A_KERNEL}
