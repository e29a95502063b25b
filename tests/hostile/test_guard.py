"""A web server's account against the way back: it can neither stop arming nor the dead man's switch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from auditor import lab
from tests.lab.fixtures import INVENTORY, Ended, environment, quiet, run
from tests.lab.guarded import ROOTS, Host

HOST = "web3"
SITE = ROOTS[HOST]
TRAPS = f"""
echo 'CREATE' > /var/www/gotre.test/backup.sql
chown -R www-data: {SITE}
cat > /tmp/traps.py <<'X'
import os, socket
os.chdir("{SITE}")
def nest(top, depth):
    os.mkdir(top)
    handle = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=handle)
        inner = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
nest("aaa", 10_000)
os.mkdir("many")
for number in range(60_000):
    if number % 30_000 == 0:
        seed = "many/seed%d" % number
        open(seed, "w").close()
    os.link(seed, "many/%d" % number)
os.mkfifo("pipe")
socket.socket(socket.AF_UNIX).bind("socket")
for name in ("sparse", "wp-config.php"):
    os.path.lexists(name) and os.unlink(name)
    with open(name, "wb") as handle:
        handle.truncate(1 << 40)
open("a\\nb", "w").close()
open(b"\\xff\\xfe", "w").close()
open("closed", "w").close()
os.chmod("closed", 0)
X
su -s /bin/sh www-data -c 'python3 /tmp/traps.py'
"""
BREAK = """
echo 'LoginGraceTime 7' > /etc/ssh/sshd_config.d/99-thu.conf; systemctl reload ssh
rm /etc/motd; chmod 600 /etc/crontab; mkdir /etc/thu; echo x > /etc/thu/x
for f in /etc/many/*; do echo x >> $f; done
echo y > /etc/stuck/held; mount --bind /etc/stuck /etc/stuck; mount -o remount,ro,bind /etc/stuck
"""
ETC = "find /etc -printf '%p %y %m %U %G %T@ %l\\n' | sort; find /etc -type f -exec sha256sum {} + | sort"
"""All of it to the byte. The whole disk is not read: there is a file of a terabyte on it."""
KILL = """
cat > /run/kill.sh <<'X'
unit=luytre-revert-thu.service
until grep -q reverting /var/lib/luytre/guard/thu/state.json; do sleep 0.01; done
pid=$(systemctl show -p MainPID --value $unit); test "$pid" != 0 && kill -9 $pid && echo killed
X
systemd-run --quiet sh -c 'sh /run/kill.sh > /run/killed 2>&1'
"""


@dataclass(frozen=True)
class Met:
    """What came of it."""

    hardened: Ended
    armed: Mapping[str, Any]
    killed: str
    held: Mapping[str, Any]
    asked: Mapping[str, Any]
    outcome: Mapping[str, Any]
    etc: tuple[str, str]
    """Before and after."""
    grace: str


@pytest.fixture(scope="module")
def met(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Met:
    lab.reset_machines_to_pristine_image([HOST])
    quiet(HOST)
    there = Host(HOST)
    there.sh(
        "mkdir /etc/many /etc/stuck; echo x > /etc/stuck/held; for i in $(seq 100); do echo $i > /etc/many/$i; done"
    )
    assert there.sh(TRAPS) == ""
    folder = tmp_path_factory.mktemp("hostile-guard")
    state = environment(folder)
    arguments = ("harden", "-i", INVENTORY, "--limit", HOST, "--yes", "--json", "--lang", "en")
    hardened = run(state, *arguments, "--output", str(folder / "out"))
    before = there.sh(ETC)
    armed = there.arm("thu", ["/etc/", "/var/www/"])
    there.sh(KILL + BREAK)
    there.guard("arm", run="thu", seconds=5)
    until = time.monotonic() + 120
    while not (held := there.state("thu")).get("not_back") and time.monotonic() < until:
        time.sleep(0.2)
    asked = there.guard("status", run="thu")
    there.sh("umount /etc/stuck")
    outcome = there.outcome("thu", 120)
    return Met(
        hardened=hardened,
        armed=armed,
        killed=there.sh("cat /run/killed"),
        held=held,
        asked=asked,
        outcome=outcome,
        etc=(before, there.sh(ETC)),
        grace=there.sh("sshd -T | grep -i logingracetime"),
    )


def test_a_hardening_goes_through_and_tells_what_the_way_back_does_not_hold(met: Met) -> None:
    (entry,) = met.hardened.json["hardening"]["hosts"]
    assert entry["state"] == "confirmed", entry
    notes = [note["en"] for note in entry["notes"]]
    assert any(SITE in note and "nested too deep" in note for note in notes), notes
    assert any(SITE in note and "too many" in note for note in notes), notes
    assert all(note["vi"] for note in entry["notes"])


def test_arming_notes_what_is_not_kept_with_its_reason(met: Met) -> None:
    assert {(note["path"], note["why"]) for note in met.armed["notes"]} >= {
        (SITE, "deep"),
        (SITE, "many"),
        (SITE, "large"),
    }
    assert sum(note["count"] for note in met.armed["notes"] if note["why"] == "many") > 9_000


def test_a_way_back_that_is_killed_and_then_held_goes_on_and_tells_what_is_not_yet_back(met: Met) -> None:
    assert "killed" in met.killed
    assert met.held["state"] == met.asked["state"] == "reverting"
    assert list(met.held["not_back"]) == ["/etc/stuck/held"]
    assert met.asked["armed"]["run"] == "thu"


def test_in_the_end_etc_is_as_it_was_to_the_byte(met: Met) -> None:
    assert met.outcome["state"] == "reverted"
    assert met.outcome["cause"] == "timer"
    assert met.outcome["tries"]["count"] >= 3
    assert "/etc/motd" in met.outcome["files"] and "/etc/thu" in met.outcome["removed"]
    assert met.etc[0].splitlines() == met.etc[1].splitlines()
    assert met.grace.strip() != "logingracetime 7"
