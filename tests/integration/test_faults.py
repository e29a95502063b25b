"""Real faults in the middle of real hardenings: nobody is locked out, every site serves, every byte is as before."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from auditor import lab
from auditor.hardening.health import smoke
from tests.lab.beside import Play, Stage, act
from tests.lab.disk import Disk, differences, disk
from tests.lab.fixtures import BIN, INVENTORY, Ended, as_hardened_first, environment, run, visit
from tests.lab.waiting import until

MARK = "/var/lib/luytre/guard/armed.json"
LOOSEN = """
rm -f /etc/ssh/sshd_config.d/00-luytre.conf; systemctl reload ssh
chmod 644 /etc/crontab; echo 'umask 022' > /etc/profile.d/zz-umask.sh
"""
"""What a person may undo by hand: something for the hardening to mend."""


@dataclass
class Case:
    """A host through one fault."""

    host: str
    ended: Ended
    entry: Mapping[str, Any]
    """What the hardening says of the host."""
    report: str
    changed: Mapping[str, Any]
    """What differs on the disk from before the hardening."""
    pages: tuple[smoke.SiteRegression, ...]
    more: Any = None


def start(state: Mapping[str, str], host: str, seconds: int, output: Path) -> subprocess.Popen[str]:
    arguments = ("harden", "-i", INVENTORY, "--limit", host, "--yes", "--json", "--lang", "en")
    return subprocess.Popen(
        [BIN / "auditor", *arguments, "--confirm-within", str(seconds), "--output", output],
        env=dict(state),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=300)
    return Ended(process.returncode, out, err)


def once_armed(host: str, script: str) -> threading.Thread:
    """Run a script on the host as soon as its timer runs, before the last change is made."""
    wait = f"until test -e {MARK}; do sleep 0.05; done\n"
    thread = threading.Thread(target=lambda: lab.run_on_machine_as_root(host, wait + script, timeout=120))
    thread.start()
    return thread


def is_armed(host: str) -> bool:
    return (lab.get_folder_of_changes_on_machine(host) / MARK.removeprefix("/")).exists()


def is_at_rest(host: str) -> bool:
    """Whether nothing is armed nor at work to bring the host back."""
    units = "systemctl list-units --no-legend --state=active,activating,deactivating 'luytre-re*'"
    return (
        not is_armed(host)
        and lab.run_on_machine_as_root(host, f"test -e {MARK} || {units} | grep -q .").returncode == 1
    )


@dataclass
class Scene:
    """A hardened host with something to mend, and what it is like before."""

    host: str
    folder: Path
    state: Mapping[str, str]
    before: Disk
    pages: smoke.Answers

    def harden(self, seconds: int = 60) -> Ended:
        return ended(start(self.state, self.host, seconds, self.folder / "out"))

    def case(self, done: Ended, more: Any = None) -> Case:
        entries = done.json["hardening"]["hosts"] if done.out.startswith("{") else [{}]
        index = self.folder / "out" / "report" / "index.html"
        return Case(
            host=self.host,
            ended=done,
            entry=entries[0],
            report=index.read_text("utf-8") if index.exists() else "",
            changed=differences(self.before, disk(self.host)),
            pages=smoke.find_urls_unlike_smoke_baseline(
                smoke.learn_smoke_baseline_from_two_visits(self.pages), visit(self.host, again=self.pages)
            ),
            more=more,
        )


def fault(host: str) -> Callable[[Callable[[Scene], Case]], Play]:
    """Declare an act on a host as it was hardened, with something to mend, that the fault then comes upon."""

    def declared(come: Callable[[Scene], Case]) -> Play:
        @wraps(come)
        def play(stage: Stage) -> Case:
            as_hardened_first(host)
            lab.run_on_machine_as_root(host, LOOSEN)
            until(lambda: lab.is_ssh_login_as_root_possible(host), "sshd is not back")
            return come(Scene(host, stage.folder, environment(stage.folder), disk(host), visit(host)))

        return act(host)(play)

    return declared


@fault("web2")
def refuses_everyone(scene: Scene) -> Case:
    fault = once_armed(scene.host, "echo 'DenyUsers *' > /etc/ssh/sshd_config.d/00-a.conf; systemctl reload ssh")
    done = scene.harden()
    fault.join()
    return scene.case(done)


@fault("web3")
def drops_ssh(scene: Scene) -> Case:
    fault = once_armed(scene.host, "nft insert rule inet luytre input tcp dport 22 drop")
    done = scene.harden(seconds=25)
    fault.join()
    return scene.case(done)


@fault("web3")
def serves_500(scene: Scene) -> Case:
    fault = once_armed(
        scene.host,
        "sed -i '0,/server_name/s//return 500; server_name/' /etc/nginx/sites-enabled/dongvau.test*; nginx -t && systemctl reload nginx",
    )
    done = scene.harden()
    fault.join()
    return scene.case(done)


@fault("web1")
def breaks_wordpress(scene: Scene) -> Case:
    fault = once_armed(
        scene.host,
        "for pool in /etc/php/*/fpm/pool.d/*.conf; do echo 'php_admin_value[auto_prepend_file] = /gone.php' >> $pool; done; "
        "systemctl reload 'php*-fpm.service'",
    )
    done = scene.harden()
    fault.join()
    return scene.case(done)


@fault("web1")
def controller_killed(scene: Scene) -> Case:
    process = start(scene.state, scene.host, 15, scene.folder / "out")
    until(lambda: is_armed(scene.host), "never armed")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    until(lambda: is_at_rest(scene.host), "never brought back")
    told = scene.case(Ended(process.returncode, "", ""))
    told.more = scene.harden()
    return told


@fault("web3")
def interrupted(scene: Scene) -> Case:
    process = start(scene.state, scene.host, 600, scene.folder / "out")
    until(lambda: is_armed(scene.host), "never armed")
    os.kill(process.pid, signal.SIGTERM)
    return scene.case(ended(process))


@fault("web2")
def network_cut(scene: Scene) -> Case:
    def cut() -> None:
        until(lambda: is_armed(scene.host), "never armed")
        lab.plug_or_pull_network_cable_of_machine(scene.host, up=False)
        time.sleep(25)
        lab.plug_or_pull_network_cable_of_machine(scene.host, up=True)

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        done = scene.harden(seconds=15)
    finally:
        thread.join()
    return scene.case(done)


@fault("web3")
def rebooted(scene: Scene) -> Case:
    fault = once_armed(scene.host, "echo 'Nonsense yes' > /etc/ssh/sshd_config.d/00-a.conf; systemctl reboot")
    done = scene.harden(seconds=600)
    fault.join()
    return scene.case(done)


@fault("web2")
def disk_full(scene: Scene) -> Case:
    lab.run_on_machine_as_root(scene.host, "mkdir -p /var/lib/luytre; mount -t tmpfs -o size=4m none /var/lib/luytre")
    done = scene.harden()
    lab.run_on_machine_as_root(scene.host, "umount /var/lib/luytre")
    return scene.case(done)


IMMUTABLE = (
    "import fcntl, os; fcntl.ioctl(os.open('/etc/crontab', os.O_RDONLY), 0x40086602, ({flags}).to_bytes(8, 'little'))"
)
"""``chattr +i``, or its opposite, where there is no chattr."""


@fault("web2")
def immutable(scene: Scene) -> Case:
    locked = lab.run_on_machine_as_root(scene.host, ["python3", "-c", IMMUTABLE.format(flags=0x10)])
    assert locked.returncode == 0, locked.stderr
    done = scene.harden()
    lab.run_on_machine_as_root(scene.host, ["python3", "-c", IMMUTABLE.format(flags=0)])
    return scene.case(done)


@fault("web3")
def two_at_once(scene: Scene) -> Case:
    other = {**scene.state, "LUYTRE_STATE": str(scene.folder / "elsewhere")}
    first = start(scene.state, scene.host, 600, scene.folder / "out")
    until(lambda: is_armed(scene.host), "never armed")
    others = [
        start(state, scene.host, 600, scene.folder / name) for state, name in ((scene.state, "here"), (other, "there"))
    ]
    here, there = map(ended, others)
    return scene.case(ended(first), (here, there))


ROOT = "/var/www/antruc.test"
LAY = f"""
cd {ROOT}; chown -R www-data: .
mkdir -p .git luu mo wp-content/uploads/2026; echo x > .git/config; echo y > backup.sql; echo z > luu/site.sql
echo DB_PASSWORD=x > .env; echo m | tee mo.txt > mo/mo.txt; echo '<?php' | tee wp-content/uploads/x.php > wp-content/uploads/2026/x.php
chmod -R o+rX .; chmod 666 wp-config.php mo.txt mo/mo.txt; chmod 777 mo
mkdir -p /root/victim.d
for name in site.sql config head mo.txt x.php repair.php; do echo secret > /root/victim.d/$name; done; echo secret > /root/victim
chmod 600 /root/victim /root/victim.d/*; chmod 700 /root/victim.d
"""
"""A site of which the web user owns every file, as on many a server, and root's own files beside it.

There is one of each kind that a fix changes: version control, dumps, secrets, world-writable files and folders, and
WordPress' configuration, code and uploads; each as a file of its own and below a folder of its own.
"""
FILES = (".env", "backup.sql", "mo.txt", "readme.html", "wp-content/uploads/x.php")
FOLDERS = (".git", "luu", "mo", "wp-admin/maint", "wp-content/uploads/2026")
PLANT = f"""
cd {ROOT}
mv wp-config.php .wp; ln -s /etc/shadow wp-config.php
for name in {" ".join(FILES)}; do mv $name .moved-$(basename $name); ln -s /root/victim $name; done
for name in {" ".join(FOLDERS)}; do mv $name .away-$(basename $name); ln -s /root/victim.d $name; done
"""
SWAP = f"""
cd {ROOT}; cp wp-config.php .config
while :; do
  ln -sfn /root/victim .l; mv -T .l wp-config.php; cp .config .c; mv -T .c wp-config.php
  for name in {" ".join(FILES)}; do
    ln -sfn /root/victim .l; mv -T .l $name; printf '<?php\nDB_PASSWORD=x\n' > .f; chmod 666 .f; mv -T .f $name
  done
  for name in {" ".join(FOLDERS)}; do
    mv -T $name .away 2>/dev/null && ln -s /root/victim.d $name; rm -f $name; mv -T .away $name 2>/dev/null
  done
done
"""
"""Links and files in turn, as fast as the web user can."""
TARGETS = "stat -c '%n %a %U %G %h' /etc/shadow /etc/sudoers /root /root/victim /root/victim.d /root/victim.d/*; sha256sum /root/victim /root/victim.d/*"


def as_web_user(script: str) -> str:
    return f"runuser -u www-data -- sh -c {shlex.quote(script)}"


@fault("web1")
def links_before(scene: Scene) -> Case:
    lab.run_on_machine_as_root(scene.host, LAY + as_web_user(PLANT))
    targets = lab.run_on_machine_as_root(scene.host, TARGETS).stdout
    before = disk(scene.host)
    done = scene.harden()
    hardened = lab.run_on_machine_as_root(scene.host, TARGETS).stdout
    undone = run(scene.state, "rollback", "-i", INVENTORY, "--limit", scene.host, "--yes", "--json")
    case = scene.case(done, (targets, hardened, lab.run_on_machine_as_root(scene.host, TARGETS).stdout, undone))
    case.changed = differences(before, disk(scene.host))
    return case


@fault("web1")
def links_between(scene: Scene) -> Case:
    lab.run_on_machine_as_root(scene.host, LAY)
    targets = lab.run_on_machine_as_root(scene.host, TARGETS).stdout
    swapping = once_armed(scene.host, f"systemd-run --quiet --unit=swap --uid=www-data sh -c {shlex.quote(SWAP)}")
    done = scene.harden()
    swapping.join()
    hardened = lab.run_on_machine_as_root(scene.host, TARGETS).stdout
    undone = run(scene.state, "rollback", "-i", INVENTORY, "--limit", scene.host, "--yes", "--json")
    lab.run_on_machine_as_root(scene.host, "systemctl stop swap.service")
    return scene.case(done, (targets, hardened, lab.run_on_machine_as_root(scene.host, TARGETS).stdout, undone))


def as_before(case: Case) -> None:
    assert case.changed == {}
    assert case.pages == ()


def brought_back(case: Case, *why: str) -> None:
    as_before(case)
    assert case.ended.code == 1, case.ended.err
    assert case.entry["state"] == "reverted"
    said = case.entry["why"]["en"]
    assert all(word in said for word in why), said
    assert "everything serves as before" in said
    assert "rolled back" in case.report


def test_an_sshd_that_refuses_everyone__refuses_everyone(acted: Callable[[str], Case]) -> None:
    brought_back(acted("refuses_everyone"), "SSH")


def test_a_packet_filter_that_drops_ssh__drops_ssh(acted: Callable[[str], Case]) -> None:
    brought_back(acted("drops_ssh"))


def test_nginx_that_passes_its_test_and_serves_500__serves_500(acted: Callable[[str], Case]) -> None:
    brought_back(acted("serves_500"), "dongvau.test", "500")


def test_php_that_breaks_a_page__breaks_wordpress(acted: Callable[[str], Case]) -> None:
    brought_back(acted("breaks_wordpress"), "antruc.test")


def test_a_controller_killed_in_the_middle__controller_killed(acted: Callable[[str], Case]) -> None:
    case = acted("controller_killed")
    as_before(case)
    following: Ended = case.more
    assert following.code == 0, following.err
    assert "was interrupted" in following.err
    assert "rolled back" in following.err
    assert following.json["hardening"]["hosts"][0]["state"] == "confirmed"


def test_a_controller_told_to_end__interrupted(acted: Callable[[str], Case]) -> None:
    case = acted("interrupted")
    as_before(case)
    assert case.ended.code == 130
    assert "rolling back" in case.ended.err


def test_a_network_away_for_longer_than_the_timer__network_cut(acted: Callable[[str], Case]) -> None:
    brought_back(acted("network_cut"))


def test_a_host_restarted_before_it_is_confirmed__rebooted(acted: Callable[[str], Case]) -> None:
    case = acted("rebooted")
    case.changed = {
        path: both for path, both in case.changed.items() if path not in ("/etc/machine-id", "/var/lib/dbus")
    }
    brought_back(case)


def test_a_disk_too_full_for_the_snapshot__disk_full(acted: Callable[[str], Case]) -> None:
    case = acted("disk_full")
    as_before(case)
    assert case.ended.code == 1, case.ended.err
    assert "refused, nothing was changed" in case.report


def test_a_file_that_even_root_may_not_change__immutable(acted: Callable[[str], Case]) -> None:
    case = acted("immutable")
    brought_back(case, "'chattr -ia' (/etc/crontab)")
    assert "chattr -ia" in case.report


def test_two_runs_at_once__two_at_once(acted: Callable[[str], Case]) -> None:
    case = acted("two_at_once")
    assert case.ended.code == 0, case.ended.err
    assert case.entry["state"] == "confirmed"
    here, there = case.more
    assert here.code == 2 and "in progress" in here.err
    assert there.code == 1 and "in progress" in there.out


def test_links_planted_before_the_plan__links_before(acted: Callable[[str], Case]) -> None:
    case = acted("links_before")
    targets, hardened, undone, rollback = case.more
    assert case.entry["state"] == "confirmed"
    left = {one["control"]: one["why"]["en"] for one in case.entry["not_done"]}
    assert case.ended.code == 1 and left, case.ended.err
    assert all("link" in why for why in left.values()), left
    assert hardened == undone == targets
    assert rollback.code == 0, rollback.out + rollback.err
    assert case.changed == {}


def test_links_planted_between_plan_and_change__links_between(acted: Callable[[str], Case]) -> None:
    case = acted("links_between")
    targets, hardened, undone, _rollback = case.more
    assert case.entry["state"] in ("confirmed", "reverted")
    assert hardened == undone == targets
