"""After a way back every daemon loads its configuration, whatever somebody has edited meanwhile, also at the next boot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from auditor import lab
from auditor.hardening.health import smoke
from tests.lab.fixtures import INVENTORY, environment, quiet, run, visit
from tests.lab.guarded import ROOTS, Host
from tests.lab.waiting import until

HOST = "web1"
LOAD = """
for test in 'nginx -t -q' 'sshd -t' 'php-fpm8.4 -t' 'visudo -cq' 'mariadbd --user=mysql --help --verbose'; do
  said=$($test 2>&1) || echo "$test: $said"
done
test ! -e /etc/nftables.conf || nft -c -f /etc/nftables.conf
"""
"""What the daemons themselves say of what they would load."""
RUNS_THERE = (
    "for place in /tmp /var/tmp /dev/shm; do cp /bin/true $place/thu; $place/thu && echo $place; rm -f $place/thu; done"
)
MOUNTED = "for place in /tmp /dev/shm; do findmnt -rno TARGET,OPTIONS $place; done; true"


def reboot(there: Host) -> None:
    boot = there.sh("cat /proc/sys/kernel/random/boot_id")
    lab.run_on_machine_as_root(HOST, "systemctl reboot --no-block")
    until(
        lambda: (
            there.sh("cat /proc/sys/kernel/random/boot_id") not in (boot, "")
            and lab.is_ssh_login_as_root_possible(HOST)
        ),
        "no reboot",
    )
    quiet(HOST)


def test_a_rollback_after_a_vhost_was_edited_leaves_what_nginx_loads_also_at_the_next_boot(
    fresh: Callable[..., None], tmp_path: Path
) -> None:
    fresh(HOST)
    quiet(HOST)
    there, state = Host(HOST), environment(tmp_path)
    before, runs, pages = there.sh(MOUNTED), there.sh(RUNS_THERE), visit(HOST)
    hardened = run(state, "harden", "-i", INVENTORY, "--limit", HOST, "--yes", "--json")
    assert hardened.code in (0, 1), hardened.out + hardened.err
    assert "noexec" in there.sh(MOUNTED) and there.sh(RUNS_THERE) != runs
    there.sh("for one in /etc/nginx/sites-enabled/*; do sed -i '1i # somebody was here' $(readlink -f $one); done")

    undone = run(state, "rollback", "-i", INVENTORY, "--limit", HOST, "--yes", "--json")
    said = json.loads(undone.out)
    assert there.sh(LOAD) == ""
    left = {one["path"]: one["reason"] for step in said for one in step["undone"]["left"]}
    assert any("somebody" in one or "changed since" in one for one in left.values()), left
    assert there.sh(MOUNTED) == before
    assert there.sh(RUNS_THERE) == runs

    reboot(there)
    assert there.sh(LOAD) == ""
    assert there.sh("systemctl is-active nginx mariadb ssh").split() == ["active"] * 3
    assert (
        smoke.find_urls_unlike_smoke_baseline(
            smoke.learn_smoke_baseline_from_two_visits(pages), visit(HOST, again=pages)
        )
        == ()
    )


def test_a_revert_leaves_what_would_keep_nginx_from_loading_what_somebody_made_meanwhile(
    guarded: Callable[[str], Host],
) -> None:
    there = guarded(HOST)
    ROOTS.setdefault(HOST, "/var/www/antruc.test")
    there.sh(
        "printf 'server { listen 80 default_server; return 444; }' > /etc/nginx/sites-enabled/default; nginx -s reload"
    )
    python = there.arm("open", ["/etc/nginx/"], seconds=1800)["interpreter"]
    there.sh(
        f'{python} -c \'import os; os.unlink("/etc/nginx/sites-enabled/default"); open("/etc/nginx/conf.d/ours.conf", "w").close()\''
    )
    there.sh(
        "printf 'server { listen 80 default_server; return 410; }' > /etc/nginx/sites-enabled/moi.test; nginx -s reload"
    )
    assert there.sh("nginx -t -q") == ""
    outcome = there.guard("revert", run="open")
    assert outcome["state"] == "reverted", outcome
    assert there.sh("nginx -t -q") == ""
    left = {one["path"]: one["reason"] for one in outcome["left"]}
    assert "nginx would not load it" in left["/etc/nginx/sites-enabled/default"], left
    assert not there.sh("ls /etc/nginx/conf.d/ours.conf").startswith("/etc"), "what it can do without went"


def test_a_file_system_for_temporary_files_is_mounted_as_before_at_once(guarded: Callable[[str], Host]) -> None:
    there = guarded(HOST)
    ROOTS.setdefault(HOST, "/var/www/antruc.test")
    before, runs = there.sh(MOUNTED), there.sh(RUNS_THERE)
    noexec = "for place in /tmp /dev/shm; do mount -o remount,noexec $place; done"
    assert runs != ""
    there.arm("open", ["/etc/fstab"], seconds=1800)
    assert there.sh(f"{noexec}; {RUNS_THERE}") != runs
    assert there.guard("revert", run="open")["problems"] == []
    assert (there.sh(MOUNTED), there.sh(RUNS_THERE)) == (before, runs)

    there.arm("kept", ["/etc/fstab"], seconds=1800)
    there.sh(noexec)
    assert there.guard("confirm", run="kept")["state"] == "confirmed"
    assert there.guard("rollback", run="kept")["problems"] == []
    assert (there.sh(MOUNTED), there.sh(RUNS_THERE)) == (before, runs)


def test_a_package_of_the_run_goes_although_others_put_names_into_its_folders(
    guarded: Callable[[str], Host],
) -> None:
    there = guarded(HOST)
    ROOTS.setdefault(HOST, "/var/www/antruc.test")
    python = there.arm("kept", ["package:chrony", "unit:chrony.service"], seconds=1800)["interpreter"]
    script = 'import subprocess; subprocess.run(["apt-get", "install", "-qq", "-y", "chrony"], check=True)'
    there.sh(f"{python} -c '{script}'")
    assert there.guard("confirm", run="kept")["state"] == "confirmed"
    there.sh("echo > /etc/logrotate.d/cua-toi; cp -p /etc/chrony/chrony.conf /etc/x; mv /etc/x /etc/chrony/chrony.conf")
    outcome = there.guard("rollback", run="kept")
    assert "chrony" in outcome["packages"]["purged"], outcome["left"]
