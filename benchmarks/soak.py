"""What random faults at random moments cost: a way in, a site, or an ending told falsely.

    .venv/bin/python -m benchmarks.soak [--seeds 1-100] [--hosts web1,web2,web3] [--faults power,cable] [--keep]

On the lab, one run a seed: a pristine host is hardened, or hardened and rolled back, and a fault comes upon it
somewhere in between. Once all is settled, everything is looked at: every way in, every site, the disk byte by byte, and
whether what the command told, or the next one finds out, is what is. A line a seed, then the counts; it ends with 1
unless they are 0. A seed tells host, verb, fault and moment: ``--seeds N`` is that run again, and ``--keep`` leaves its
folder.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditor import lab
from auditor.hardening import harden
from auditor.hardening.health import smoke
from auditor.hardening.journal import Journal
from auditor.inventory import hosts as inventories
from tests.lab.disk import Disk, differences, disk
from tests.lab.fixtures import BIN, INVENTORY, environment, quiet, visit

GUARD = "/var/lib/luytre/guard"
SECONDS = 60
"""In which a host has to be confirmed."""
SPAN = 30.0
"""The latest moment at which a fault comes, in seconds after the verb began to change the host."""
SETTLE_SECONDS = 420
SMALL = "/run/small"
"""A small disk of the host's: there is /etc on it, and room that can run out."""
SMALL_MEGABYTES = 40
OF_BOOT = (
    *("/etc/machine-id", "/var/lib/dbus", "/etc/alternatives", "/etc/alternatives/php-fpm.sock"),
    *(
        "/var/lib/dpkg/alternatives",
        "/var/lib/dpkg/alternatives/php-fpm.sock",
        "/etc/.pwd.lock",
        "/var/cache/ldconfig",
        "/etc/.updated",
    ),
    *("/var/.updated", "/var/lib/systemd", "/var/spool/cron/crontabs", "/var/lib/systemd/credential.secret"),
)
"""What a boot writes."""
OF_UPGRADE = (
    *("/var/lib/dpkg/status", "/var/lib/dpkg/status-old", "/var/lib/dpkg/statoverride-old", "/var/lib/dpkg/info"),
    *("/usr/share/doc", "/var/lib/dpkg", "/var/lib/apt/extended_states", "/var/cache/apt"),
)
"""Records that tell of an upgrade, which stays."""
UPGRADED = "luytre-lab-canary"
DAEMONS = ("nginx", "apache2", "mariadb", "php*-fpm")
WAYS = (
    "id -u; passwd --status root | cut -d' ' -f2; sshd -t && echo sshd; systemctl is-active ssh.service ssh.socket "
    "| sort -u"
)


@dataclass
class Trial:
    """One run: what is to happen, and what came of it."""

    seed: int
    host: str
    verb: str
    fault: str
    moment: float
    folder: Path
    random: random.Random
    process: subprocess.Popen[str] | None = None
    told: str = "?"
    why: str = ""
    """What is told besides: why the host went back, and what stays."""
    found: str = "?"
    """What the host itself holds."""
    came: bool = False
    """Whether the fault came before the verb had ended."""
    killed: str = ""
    """The daemon that was killed."""
    killed_at: float = 0.0
    """By the host's clock."""
    wrong: dict[str, str] = field(default_factory=dict)
    """``way``, ``site``, ``told``, ``stuck``, to what of it."""
    seconds: float = 0.0

    @property
    def state(self) -> Mapping[str, str]:
        """Return the controller's environment, with a history and a folder for temporary files of its own."""
        return {**environment(self.folder), "TMPDIR": str(self.folder / "tmp")}

    @property
    def small(self) -> Path | None:
        """Return the folder of the controller's that is to run full."""
        places = {"state_full": self.state["LUYTRE_STATE"], "temporary_full": self.state["TMPDIR"]}
        return Path(places[self.fault]) if self.fault in places else None

    def sh(self, script: str, timeout: float = 120) -> str:
        """Return what a script says as root on the host."""
        done = lab.run_on_machine_as_root(self.host, script, timeout=timeout)
        return done.stdout.decode("utf-8", "replace")

    def row(self) -> str:
        """Return its line of the table."""
        said = "; ".join(f"{kind}: {what}" for kind, what in self.wrong.items()) or "ok"
        moment = f"{self.moment:.1f}" if self.came else "never"
        cells = f"{self.seed:>5} {self.host:<5} {self.verb:<8} {self.fault:<18} {moment:>5} {self.seconds:>5.0f}"
        return f"{cells}  {self.told:<12} {self.found:<12} {said[:600]}"


# --- faults: each comes at its moment, and is over when it returns ----------------------------------------


def family(root: int) -> list[int]:
    """Return a process and all that it started."""
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def signalled(trial: Trial, number: int) -> None:
    for pid in family(trial.process.pid) if trial.process else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def controller_killed(trial: Trial) -> None:
    signalled(trial, signal.SIGKILL)


def controller_stopped(trial: Trial) -> None:
    """Stop the controller as a laptop that is closed for longer than the timer."""
    signalled(trial, signal.SIGSTOP)
    time.sleep(SECONDS + trial.random.uniform(5, 25))
    signalled(trial, signal.SIGCONT)


def guard_killed(trial: Trial) -> None:
    """Kill the way back again and again when it is needed."""
    signalled(trial, signal.SIGKILL)
    pauses = " ".join(f"{trial.random.uniform(0, 1.5):.2f}" for _ in range(8))
    units = "'luytre-revert-*.service' luytre-rollback.service luytre-guard-resume.service"
    trial.sh(f"""cat > /run/kill.sh <<'X'
pids() {{ systemctl show -p MainPID --value {units} | grep -v '^0*$'; }}
until test -n "$(pids)" || ! test -e {GUARD}/armed.json -o -e {GUARD}/rolling.json; do sleep 0.05; done
for pause in {pauses}; do sleep $pause; for pid in $(pids); do kill -9 $pid; done; done
X
systemd-run --quiet --no-block --property=RuntimeMaxSec=150 sh /run/kill.sh""")


def sshd_killed(trial: Trial) -> None:
    trial.sh("systemctl kill --signal=KILL ssh.service")


def daemon_killed(trial: Trial) -> None:
    units = trial.sh(
        f"systemctl list-units --no-legend --plain --state=active {' '.join(f"'{d}.service'" for d in DAEMONS)}"
    )
    names = sorted(line.split()[0] for line in units.splitlines() if line.strip())
    if names:
        trial.killed = trial.random.choice(names)
        trial.killed_at = float(trial.sh(f"date +%s.%N; systemctl kill --signal=KILL {trial.killed}").split()[0])


def cable(trial: Trial) -> None:
    lab.plug_or_pull_network_cable_of_machine(trial.host, up=False)
    time.sleep(trial.random.uniform(1, SECONDS + 20))
    lab.plug_or_pull_network_cable_of_machine(trial.host, up=True)


def power(trial: Trial) -> None:
    lab.cut_power(trial.host)


def host_disk_full(trial: Trial) -> None:
    trial.sh(f"dd if=/dev/zero of={SMALL}/filler bs=64k 2>/dev/null; true")
    time.sleep(trial.random.uniform(5, SECONDS))
    trial.sh(f"rm -f {SMALL}/filler")


def fill(trial: Trial) -> None:
    """Fill the controller's small disk for a while."""
    filler = (trial.small or trial.folder) / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while trial.small:
            file.write(bytes(1 << 16))
    time.sleep(trial.random.uniform(5, SECONDS))
    filler.unlink(missing_ok=True)


FAULTS: Mapping[str, Callable[[Trial], None]] = {
    **{one.__name__: one for one in (controller_killed, controller_stopped, guard_killed, sshd_killed, daemon_killed)},
    **{one.__name__: one for one in (cable, power, host_disk_full)},
    "state_full": fill,
    "temporary_full": fill,
}


# --- one run ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def own_folders(trial: Trial) -> Iterator[None]:
    """Make the controller's folders; the one that is to run full lies on a small disk of its own."""
    for name in ("LUYTRE_STATE", "TMPDIR"):
        Path(trial.state[name]).mkdir(parents=True)
    if trial.small:
        options = f"size={SMALL_MEGABYTES}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(trial.small)], check=True)
    try:
        yield
    finally:
        if trial.small:
            subprocess.run(["umount", "--lazy", str(trial.small)], check=False)


def prepare(trial: Trial) -> None:
    lab.reset_machines_to_pristine_image([trial.host])
    quiet(trial.host)
    if trial.fault == "host_disk_full":
        size = f"size={SMALL_MEGABYTES}m,mode=755"
        trial.sh(
            f"mkdir {SMALL}; mount -t tmpfs -o {size} none {SMALL}; cp -a /etc {SMALL}; mount --bind {SMALL}/etc /etc"
        )


def command(trial: Trial, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(BIN / "auditor"), *arguments, "-i", INVENTORY, "--limit", trial.host, "--yes", "--json", "--lang", "en"],
        env=dict(trial.state),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def hardening(trial: Trial, name: str, seconds: int = SECONDS) -> subprocess.Popen[str]:
    return command(trial, "harden", "--confirm-within", str(seconds), "--output", str(trial.folder / name))


def changing(trial: Trial) -> bool:
    """Return whether the verb has begun to change the host."""
    mark = "armed.json" if trial.verb == "harden" else "rolling.json"
    return lab.run_on_machine_as_root(trial.host, f"test -e {GUARD}/{mark}", timeout=20).returncode == 0


def meet(trial: Trial) -> tuple[int, str, str]:
    """Run the verb and let the fault come at its moment; how the verb ended."""
    trial.process = hardening(trial, "out") if trial.verb == "harden" else command(trial, "rollback")
    over = threading.Event()

    def come() -> None:
        until = time.monotonic() + 120
        with contextlib.suppress(subprocess.TimeoutExpired):
            while not over.is_set() and time.monotonic() < until and not changing(trial):
                time.sleep(0.1)
        if not over.wait(trial.moment):
            trial.came = True
            FAULTS[trial.fault](trial)

    thread = threading.Thread(target=come)
    thread.start()
    try:
        out, err = trial.process.communicate(timeout=900)
    except subprocess.TimeoutExpired:
        signalled(trial, signal.SIGKILL)
        out, err = trial.process.communicate()
        trial.wrong["stuck"] = "the command did not end"
    over.set()
    thread.join()
    return trial.process.returncode, out, err


def settled(trial: Trial) -> bool:
    """Wait until the host answers and neither a run nor a rollback is open on it."""
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(subprocess.TimeoutExpired):
            said = lab.run_on_machine_as_root(
                trial.host, f"! test -e {GUARD}/armed.json && ! test -e {GUARD}/rolling.json && echo over", timeout=20
            )
            if said.stdout.strip() == b"over" and lab.is_ssh_login_as_root_possible(trial.host):
                return True
        time.sleep(1)
    return False


def find_out(trial: Trial) -> str:
    """Return what the next command would be told of the hardening."""
    known = inventories.load_inventory(Path(INVENTORY))
    hosts = [host for host in known.hosts if host.name == trial.host]
    journal = Journal(Path(trial.state["LUYTRE_STATE"]) / "hardenings")
    harden.recover_killed_hardenings(known, hosts, journal)
    entry = (
        journal.find_hardening_by_id_or_last(known.path, None).find_host(trial.host)
        if journal.list_hardenings(known.path)
        else None
    )
    trial.why = entry.why.en if entry and entry.why else ""
    return entry.state if entry else "none"


def own_word(trial: Trial) -> str:
    """Return what the host itself holds of the last run."""
    said = trial.sh(f"ls -t {GUARD}/*/state.json | head -1 | xargs -r cat")
    state = json.loads(said).get("state", "?") if said.startswith("{") else "none"
    return "confirmed" if state == "confirming" else str(state)


def looked_last(trial: Trial) -> float:
    """Return when the host was last looked at and found well, by its own clock."""
    said = trial.sh(f"stat -c %.Y $(ls -t {GUARD}/*/state.json | head -1)").strip()
    return float(said) if said else 0.0


def look(trial: Trial, before: Disk, pages: smoke.Answers, ways: str, booted: bool) -> None:
    """Everything that must be so once all is settled."""
    if (now := trial.sh(WAYS)) != ways:
        trial.wrong["way"] = f"{ways.split()} → {now.split()}"
    down = smoke.find_urls_unlike_smoke_baseline(
        smoke.learn_smoke_baseline_from_two_visits(pages), visit(trial.host, again=pages)
    )
    if down:
        trial.wrong["site"] = "; ".join(f"{one.url}: {one.what.en}" for one in down[:3])
    changed = differences(before, disk(trial.host))
    if booted:
        changed = {path: both for path, both in changed.items() if path not in OF_BOOT}
    if UPGRADED in trial.why:
        changed = {path: both for path, both in changed.items() if path not in OF_UPGRADE and UPGRADED not in path}
    changed = {path: both for path, both in changed.items() if path not in trial.why}
    if trial.told in ("reverted", "refused", "rolled_back", "waiting", "none") and changed:
        trial.wrong["told"] = f"{trial.told}, and {len(changed)} paths differ: {list(changed)[:6]}"
    if trial.told == "confirmed" != trial.found:
        trial.wrong["told"] = f"confirmed, and the host holds {trial.found}"
    if trial.told == "not undone" and trial.found == "rolled_back":
        trial.wrong["told"] = "not undone, and the host holds that it is"
    if trial.told in ("armed", "applying", "lost", "?"):
        trial.wrong["told"] = f"{trial.told}, when all was settled"


def trial_of(seed: int, hosts: Sequence[str], faults: Sequence[str], host: str | None = None) -> Trial:
    chance = random.Random(seed)  # noqa: S311
    where, verb = chance.choice(list(hosts)), chance.choice(["harden", "harden", "harden", "rollback"])
    fault = chance.choice(list(faults))
    moment = chance.uniform(0, SPAN if verb == "harden" else SPAN / 5)
    folder = Path(tempfile.mkdtemp(prefix=f"luytre-soak-{seed}-"))
    return Trial(seed, host or where, verb, fault, moment, folder, chance)


def play(trial: Trial, *, keep: bool) -> Trial:
    """Return one run from the pristine host to the last look."""
    began = time.monotonic()
    try:
        with own_folders(trial):
            prepare(trial)
            before, pages, ways = disk(trial.host), visit(trial.host), trial.sh(WAYS)
            if trial.verb == "rollback":
                first = hardening(trial, "first", 600)
                first.communicate(timeout=900)
                if first.returncode != 0:
                    trial.wrong["stuck"] = "the first hardening was not confirmed"
                    return trial
            code, out, err = meet(trial)
            (trial.folder / "said").write_text(f"{code}\n{out}\n{err}")
            if not settled(trial):
                trial.wrong["stuck"] = (
                    f"not settled after {SETTLE_SECONDS} s: {trial.sh('cat ' + GUARD + '/*/state.json')[-300:]}"
                )
                return trial
            trial.told = told(trial, code)
            trial.found = own_word(trial)
            quiet(trial.host)
            if trial.killed and trial.killed_at > looked_last(trial):
                trial.sh(f"systemctl is-active --quiet {trial.killed} || systemctl start {trial.killed}")
            look(trial, before, pages, ways, booted=trial.fault == "power")
    except Exception as error:  # whatever it is: the seed is told with it, and the next one begins
        trial.wrong["stuck"] = f"{type(error).__name__}: {error}"[:300]
    finally:
        trial.seconds = time.monotonic() - began
        if not keep and not trial.wrong:
            shutil.rmtree(trial.folder, ignore_errors=True)
    return trial


def told(trial: Trial, code: int) -> str:
    """Return what is told of the host in the end: by the verb, or by the next command where the verb was cut off."""
    if trial.verb == "harden":
        return find_out(trial)
    undone = undone_by((trial.folder / "said").read_text().partition("\n")[2])
    if code != 0:  # as its admin does once the fault is over
        known = inventories.load_inventory(Path(INVENTORY))
        run = (
            Journal(Path(trial.state["LUYTRE_STATE"]) / "hardenings").find_hardening_by_id_or_last(known.path, None).id
        )
        again = command(trial, "rollback", run)
        said, _ = again.communicate(timeout=600)
        (trial.folder / "again").write_text(said)
        undone = undone_by(said) or undone
    if undone is None:
        return "not undone"
    trial.why = json.dumps([undone[word] for word in ("problems", "left", "staying")])
    return "rolled_back"


def undone_by(said: str) -> Mapping[str, Any] | None:
    """Return what a rollback says that it did, if it says so."""
    try:
        steps, _ = json.JSONDecoder().raw_decode(said)
    except ValueError:
        return None
    undone = steps[0]["undone"] if isinstance(steps, list) and steps else None
    return undone if isinstance(undone, dict) else None


def _numbers(text: str) -> list[int]:
    ends = [(first, last or first) for first, _, last in (part.partition("-") for part in text.split(","))]
    return [number for first, last in ends for number in range(int(first), int(last) + 1)]


def main() -> int:
    """Return the table and the counts. 1 when something was lost or told falsely."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=_numbers, default="1-100", help="a run each: numbers and ranges, as 1-100,203")
    parser.add_argument("--hosts", default=",".join(lab.get_standard_machines_by_name()))
    parser.add_argument("--faults", default=",".join(FAULTS))
    parser.add_argument("--minutes", type=float, default=600, help="begin no run after so many")
    parser.add_argument("--keep", action="store_true", help="keep the folder of each run")
    given = parser.parse_args()
    hosts, faults = given.hosts.split(","), given.faults.split(",")
    if unknown := {*hosts} - {*lab.get_standard_machines_by_name()} | {*faults} - {*FAULTS}:
        parser.error(f"not known: {', '.join(sorted(unknown))}")
    until = time.monotonic() + 60 * given.minutes
    lab.boot_machines_and_await_sites()
    print(
        f"{'seed':>5} {'host':<5} {'verb':<8} {'fault':<18} {'at':>5} {'s':>5}  {'told':<12} {'host holds':<12} outcome"
    )
    trials: list[Trial] = []
    chains: dict[str, list[int]] = {host: [] for host in hosts}
    for seed in given.seeds:
        chains[random.Random(seed).choice(hosts)].append(seed)  # noqa: S311

    def chain(host: str) -> None:
        for seed in chains[host]:
            if time.monotonic() < until:
                trials.append(play(trial_of(seed, hosts, faults), keep=given.keep))
                print(trials[-1].row(), flush=True)

    with ThreadPoolExecutor() as pool:
        list(pool.map(chain, hosts))
    counts = {kind: sum(kind in trial.wrong for trial in trials) for kind in ("way", "site", "told", "stuck")}
    print(
        f"{len(trials)} runs: {counts['way']} ways in lost, {counts['site']} with sites down, "
        f"{counts['told']} endings told falsely, {counts['stuck']} never settled"
    )
    return 1 if any(counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
