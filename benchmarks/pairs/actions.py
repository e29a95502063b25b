"""What happens to a host in a trial: verbs of the program, people's work, and faults, each by its name."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditor import lab
from auditor.errors import MISTAKE
from auditor.incidents.actions.registry import CONTAINMENT_KINDS, ERADICATION_KINDS
from auditor.models.response_actions import Means
from benchmarks.pairs.place import Place
from tests.lab.targets import TABLE, means_on

AUDITOR = Path(sys.executable).parent / "auditor"
WHO = ("--who", "Văn phòng")
SMALL = "/run/small"
SMALL_MEGABYTES = 40
LONGEST = 600.0
FAULTS = frozenset({"kill", "cable", "disk_full", "reboot"})


@dataclass
class Trial:
    """One pair on one host, and what came of it."""

    seed: int
    pair: tuple[str, str]
    place: Place
    random: random.Random
    inventory: Path
    together: bool = False
    """Whether the second comes while the first is at work."""
    incident: str = ""
    planted: Mapping[Means, str] = field(default_factory=dict)
    """What the command line names of the intruder's, by the means for it."""
    said: list[str] = field(default_factory=list)
    """What each command printed, with its code."""
    codes: list[int] = field(default_factory=list)
    """What each command ended with."""
    refused: list[str] = field(default_factory=list)
    """Actions of which nothing came, as the command line was taken for a mistake."""
    process: subprocess.Popen[str] | None = None
    rebooted: bool = False
    wrong: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def host(self) -> str:
        return self.place.host

    @property
    def state(self) -> Mapping[str, str]:
        return {
            **os.environ,
            "LUYTRE_STATE": str(self.place.folder / "state"),
            "LUYTRE_INVENTORY": str(self.inventory),
            "LUYTRE_LANG": "en",
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command in a session of its own."""
        return subprocess.Popen(
            [str(AUDITOR), *words],
            env=dict(self.state),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            cwd=self.place.folder,
        )

    def do(self, *words: str) -> tuple[int, str]:
        """Run a command to its end; its code and what it printed."""
        self.process = process = self.start(*words)
        try:
            out, _ = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            end(process, signal.SIGKILL)
            out, _ = process.communicate()
            self.wrong["stuck"] = f"{words[0]} did not end in {LONGEST:.0f} s"
        self.said.append(f"$ {' '.join(words)}\n{out}\n[{process.returncode}]")
        self.codes.append(process.returncode)
        return process.returncode, out

    def log(self) -> list[Mapping[str, Any]]:
        """Return what the case logs say of all that was contained, the last word of each."""
        said = subprocess.run(
            [str(AUDITOR), "incident", "list", "--json"], env=dict(self.state), capture_output=True, check=True
        )
        found: list[Mapping[str, Any]] = []
        for case in json.loads(said.stdout):
            words = [str(AUDITOR), "incident", "show", case["id"], "--json"]
            shown = subprocess.run(words, env=dict(self.state), capture_output=True, check=True)
            found += json.loads(shown.stdout)["actions"]
        return found


def end(process: subprocess.Popen[str], number: int) -> None:
    """Send a signal to a command and all of its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            pid, session = int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[3])
            if session == process.pid:
                os.kill(pid, number)


def harden(trial: Trial) -> None:
    trial.do(
        "harden", "--limit", trial.host, "--yes", "--confirm-within", "120", "--output", str(trial.place.folder / "out")
    )


def rollback(trial: Trial) -> None:
    trial.do("rollback", "--limit", trial.host, "--yes")


def plan(trial: Trial) -> None:
    trial.do("plan", "--limit", trial.host)


def drift(trial: Trial) -> None:
    trial.do("drift", "--limit", trial.host)


def hunt(trial: Trial) -> None:
    trial.do("hunt", "--limit", trial.host, "--output", str(trial.place.folder / "hunt"))


def contain(means: Means) -> Callable[[Trial], None]:
    """Have the incident contain what is planted for a means."""

    def act(trial: Trial) -> None:
        trial.do("incident", "contain", trial.incident, means, trial.planted[means], *WHO)

    return act


def clean(means: Means) -> Callable[[Trial], None]:
    """Have the incident eradicate what is planted for a means."""

    def act(trial: Trial) -> None:
        archive = ("--from", str(trial.place.release())) if means == "core" else ()
        trial.do("incident", "clean", trial.incident, means, trial.planted[means], *archive, *WHO)

    return act


def lift(trial: Trial) -> None:
    trial.do("incident", "release", trial.incident, *WHO)


EDITS = (
    "f=$(ls /etc/nginx/sites-enabled/* /etc/apache2/sites-enabled/* 2> /dev/null | shuf -n 1); echo '# an admin' >> "
    '"$(readlink -f $f)"',
    "for f in /etc/nginx/sites-enabled/* /etc/apache2/sites-enabled/*; do test ! -f $f || sed -i '1i # an admin' "
    '"$(readlink -f $f)"; done',
    "echo '# an admin' >> /etc/ssh/sshd_config",
    f"echo '# an admin' >> {TABLE}; (crontab -l -u www-data 2> /dev/null; echo '# an admin') | crontab -u www-data -",
    "echo '# an admin' >> /etc/sysctl.d/99-admin.conf; echo '# an admin' >> /etc/hosts",
    "useradd -m lt-moi; usermod -aG sudo lt-moi",
)


def edit(trial: Trial) -> None:
    trial.said.append(trial.place.sh(trial.random.choice(EDITS) + "; true"))


def upgrade(trial: Trial) -> None:
    trial.place.sh(
        "apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq -y upgrade > /dev/null 2>&1; true", 300
    )


def reboot(trial: Trial) -> None:
    trial.rebooted = True
    lab.cut_power(trial.host)


def kill(trial: Trial) -> None:
    if trial.process is not None:
        end(trial.process, signal.SIGKILL)


def cable(trial: Trial) -> None:
    lab.plug_or_pull_network_cable_of_machine(trial.host, up=False)
    time.sleep(trial.random.uniform(1, 80))
    lab.plug_or_pull_network_cable_of_machine(trial.host, up=True)


def disk_full(trial: Trial) -> None:
    trial.place.sh(f"dd if=/dev/zero of={SMALL}/filler bs=64k 2> /dev/null; true")
    time.sleep(trial.random.uniform(3, 40))
    trial.place.sh(f"rm -f {SMALL}/filler")


ACTIONS: Mapping[str, Callable[[Trial], None]] = {
    **{
        one.__name__: one
        for one in (harden, plan, rollback, drift, hunt, lift, edit, upgrade, reboot, kill, cable, disk_full)
    },
    **{f"contain {means}": contain(means) for means in CONTAINMENT_KINDS},
    **{f"clean {means}": clean(means) for means in sorted(ERADICATION_KINDS)},
}


def possible(host: str) -> tuple[str, ...]:
    """Return the actions that a host has something for."""
    means = means_on(host)
    return tuple(name for name in ACTIONS if not name.startswith(("contain ", "clean ")) or name.split()[1] in means)


def act(trial: Trial, name: str) -> None:
    """Do one action, and remember when it was refused as a mistake."""
    before = len(trial.codes)
    ACTIONS[name](trial)
    if MISTAKE in trial.codes[before:]:
        trial.refused.append(name)


def play(trial: Trial) -> None:
    """Do the pair: one after the other, or the second at a random moment of the first."""
    first, second = trial.pair
    if not trial.together:
        act(trial, first)
        act(trial, second)
        return
    moment = trial.random.uniform(0, 3 if first.startswith(("contain", "clean", "lift")) else 15)
    over = threading.Event()

    def come() -> None:
        over.wait(moment)
        if second in FAULTS:
            ACTIONS[second](trial)
            return
        beside = Trial(trial.seed, trial.pair, trial.place, trial.random, trial.inventory)
        beside.incident, beside.planted = trial.incident, trial.planted
        act(beside, second)
        trial.said += beside.said
        trial.refused += beside.refused
        trial.wrong.update(beside.wrong)

    thread = threading.Thread(target=come)
    thread.start()
    act(trial, first)
    over.set()
    thread.join()
