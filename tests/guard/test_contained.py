"""All that an incident contains, each means by what happens on the host, through every way back, in every order, and through reboots.

What the run changes is what hardenings change: modes, lines and files of the same folders that the incident works in.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from auditor import lab
from auditor.incidents.actions.registry import CONTAINMENT_KINDS
from auditor.models.response_actions import Means
from tests.lab import adhoc, targets
from tests.lab.fixtures import INVENTORY, environment, quiet, run
from tests.lab.guarded import ROOTS, WITH_OURS, Host
from tests.lab.waiting import until

HOST, SITE = targets.HOST, "antruc.test"
TOUCHES = ["/etc/", "/etc/shadow", "/root/", "/home/", "/var/www/", "unit:cron.service", "package:nftables"]
HARDENS = f"""
command -v nft > /dev/null || apt-get install -qq -y nftables
chmod 600 {targets.CRON} {targets.TABLE} /etc/crontab; echo '# hardened' >> {targets.TABLE}; chmod 600 /etc/systemd/system/{targets.UNIT}
chage -M 90 {targets.ACCOUNT}; chage -M 90 {targets.KEYED}; chmod 640 /var/www/{SITE}/{targets.SHELL}; chmod 600 /home/{targets.KEYED}/.ssh/authorized_keys
for vhost in /etc/nginx/sites-enabled/*; do sed -i '1i # hardened' $(readlink -f $vhost); done
printf 'map $uri $luytre_lab {{ default 1; }}\\n' > /etc/nginx/conf.d/00-hardened.conf; systemctl reload nginx
"""
"""A step of the run, of which each line may find that what it is about is gone."""
LASTING = list(CONTAINMENT_KINDS)
EVERY = set(LASTING)


class Incident:
    """One incident on the host, by our own command."""

    def __init__(self, folder: Path) -> None:
        self.state = {**environment(folder), "LUYTRE_INVENTORY": INVENTORY, "LUYTRE_LANG": "en"}
        self.says("open", HOST)
        self.id = str(json.loads(run(self.state, "incident", "list", "--json").out)[-1]["id"])

    def says(self, verb: str, *arguments: str) -> None:
        done = run(self.state, "incident", verb, *arguments, "--who", "Văn phòng")
        assert done.code == 0, done.out + done.err

    def contain(self, planted: Mapping[Means, str]) -> None:
        words = [word for pair in planted.items() for word in pair]
        self.says("contain", self.id, *words, "--host", HOST, "--for", "2h")

    def release(self) -> None:
        self.says("release", self.id)


@pytest.fixture
def there(fresh: Callable[..., None]) -> Host:
    fresh(HOST)
    quiet(HOST)
    ROOTS.setdefault(HOST, f"/var/www/{SITE}")
    return Host(HOST)


def every_is(planted: Mapping[Means, str]) -> bool:
    """Whether all is in force; not while a host that starts cannot say."""
    with contextlib.suppress(RuntimeError):
        return targets.in_force(HOST, planted) == EVERY
    return False


def step(there: Host, name: str) -> None:
    """Arm a run, and have a step of it change what hardenings change."""
    python = there.arm(name, TOUCHES, seconds=1800)["interpreter"]
    arguments = {"argv": ["sh", "/run/hardens"]}
    there.sh(f"cat > /run/hardens <<'END'\n{HARDENS}\ntrue\nEND\nchmod 755 /run/hardens")
    done = adhoc.run(
        HOST, "ansible.builtin.command", arguments, "-e", f"ansible_python_interpreter={python}", **WITH_OURS
    )
    assert done.returncode == 0, done.stdout + done.stderr


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


def test_what_is_contained_stays_so_and_what_is_released_does_not_come_back(there: Host, tmp_path: Path) -> None:
    planted, incident = targets.plant(HOST, LASTING), Incident(tmp_path)
    assert targets.in_force(HOST, planted) == set()

    step(there, "open")
    incident.contain(planted)
    assert targets.in_force(HOST, planted) == EVERY
    outcome = there.guard("revert", run="open")
    assert (outcome["state"], outcome["problems"], outcome["not_back"]) == ("reverted", [], {}), outcome
    assert targets.in_force(HOST, planted) == EVERY, "reverted, contained meanwhile"
    assert "# hardened" not in there.sh(f"cat {targets.TABLE} /etc/nginx/sites-enabled/*"), "the run's part is gone"
    assert {targets.CRON, targets.TABLE, "/etc/shadow"} <= {one["path"] for one in outcome["left"]}, outcome["left"]

    step(there, "before")
    incident.release()
    assert targets.in_force(HOST, planted) == set()
    outcome = there.guard("revert", run="before")
    assert (outcome["state"], outcome["problems"], outcome["not_back"]) == ("reverted", [], {}), outcome
    assert targets.in_force(HOST, planted) == set(), "reverted, released meanwhile"
    assert "luytre" not in there.sh("grep -rl luytre-contain /etc/nginx; cat " + targets.TABLE)

    step(there, "kept")
    incident.contain(planted)
    assert there.guard("confirm", run="kept")["state"] == "confirmed"
    outcome = there.guard("rollback", run="kept")
    assert outcome["problems"] == [], outcome
    assert targets.in_force(HOST, planted) == EVERY, "rolled back, contained while it was open"
    assert "# hardened" not in there.sh("cat /etc/nginx/sites-enabled/*")

    step(there, "since")
    assert there.guard("confirm", run="since")["state"] == "confirmed"
    incident.release()
    outcome = there.guard("rollback", run="since")
    assert outcome["problems"] == [], outcome
    assert targets.in_force(HOST, planted) == set(), "rolled back, released since"
    assert there.sh("grep -rl luytre-contain /etc/nginx") == "", "a line of ours is left"

    step(there, "boot")
    incident.contain(planted)
    reboot(there)  # the run is open: so the boot brings the host back
    assert there.outcome("boot", 120)["problems"] == []
    until(lambda: every_is(planted), "not in force after a boot", 20)
    assert there.sh("nginx -t -q && echo loads") == "loads\n"
    before = targets.jobs_run()
    until(lambda: targets.jobs_run()["other"] > before["other"], "cron runs nothing")
    assert (targets.jobs_run()["cron"], targets.jobs_run()["job"]) == (before["cron"], before["job"])


def test_a_whole_hardening_its_rollback_and_a_reboot_leave_all_that_is_contained_in_force(
    there: Host, tmp_path: Path
) -> None:
    there.sh("apt-get install -qq -y nftables")
    planted, incident = targets.plant(HOST, LASTING), Incident(tmp_path)
    incident.contain(planted)
    hardened = run(incident.state, "harden", "--limit", HOST, "--yes", "--json")
    said = json.loads(hardened.out)["hardening"]["hosts"]
    assert [one["state"] for one in said] == ["confirmed"], said
    assert targets.in_force(HOST, planted) == EVERY, "hardened"
    reboot(there)
    assert targets.in_force(HOST, planted) == EVERY, "hardened, and started anew"
    undone = run(incident.state, "rollback", "--limit", HOST, "--yes", "--json")
    assert undone.code in (0, 1), undone.out[-2000:] + undone.err
    assert targets.in_force(HOST, planted) == EVERY, "rolled back"
    incident.release()
    assert targets.in_force(HOST, planted) == {"process"}, "released; no process outlives a boot"
    assert there.sh("nginx -t -q; grep -rl luytre-contain /etc/nginx") == ""
