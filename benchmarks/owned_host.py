"""What one host that somebody took over costs the two good ones beside it.

    .venv/bin/python -m benchmarks.owned_host [REPEATS]

On the lab, each verb in pairs: on the two good hosts alone, then on the same two with the owned one, whose answers and
pages are at the bounds of what a host may say, and past them. Seconds of wall time, and the peak of the memory that all
processes of the command hold together, what they share counted once. To be compared on an idle machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from auditor import lab
from tests.lab import owned
from tests.lab.fixtures import quiet

AUDITOR = Path(sys.executable).parent / "auditor"
OWNED, GOOD = "web3", ("web1", "web2")
SITES = {"web1": "antruc.test", "web2": "bennua.test", "web3": "gotre.test"}
DEEDS = {
    "audit": {"compliance_facts": ["large", "large"]},
    "plan": {"compliance_facts": ["forged"], "guard": ["flood"]},
    "harden": {"compliance_facts": ["forged"], "guard": ["flood"]},
    "drift": {"guard": ["flood"]},
    "rollback": {"guard": ["large"]},
}
"""What the owned host answers while the verb runs."""


class Spent:
    """The cost of a command: seconds on the clock, and megabytes at its peak."""

    def __init__(self, *arguments: str, state: str) -> None:
        started = time.monotonic()
        process = subprocess.Popen(
            [AUDITOR, *arguments],
            env={**os.environ, "LUYTRE_STATE": state},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        seen = [0.0]
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.05):
                seen.append(held(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, said = process.communicate()
        self.wall = time.monotonic() - started
        over.set()
        watcher.join()
        self.memory = max(seen)
        if process.returncode not in (0, 1, 3):
            raise SystemExit(said.decode())


def held(root: int) -> float:
    """Megabytes of memory that a process and all that it started hold together, what they share counted once."""
    parents: dict[int, int] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    family = {root}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    total = 0
    for one in family:
        try:
            told = dict(line.split(":", 1) for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()[1:])
            total += int(told["Pss"].split()[0])
        except (OSError, KeyError):
            continue
    return total / 1024


def verb(name: str, state: str, *hosts: str) -> Spent:
    """Run a verb on hosts; the hardening, and what undoes it, on one site of each."""
    limit = ("--limit", ",".join(SITES[host] for host in hosts))
    output = ("--output", f"{state}/out")
    return Spent(
        *{
            "audit": ("audit", "--limit", ",".join(hosts), *output),
            "plan": ("plan", *limit),
            "harden": ("harden", *limit, "--batch", "100%", "--yes", *output),
            "drift": ("drift", "--limit", ",".join(hosts)),
            "rollback": ("rollback", "--limit", ",".join(hosts), "--yes"),
        }[name],
        *("-i", "inventories/lab"),
        state=state,
    )


def pair(name: str, folder: Callable[[], str]) -> tuple[Spent, Spent]:
    """Return the cost of the verb on the good hosts alone, then with the owned one.

    What it needs is made before, and not counted.
    """

    def ready() -> str:
        state = folder()
        lab.reset_machines_to_pristine_image()
        quiet(*lab.get_standard_machines_by_name())
        if name in ("drift", "rollback"):
            verb("harden", state, *GOOD, OWNED)
        return state

    alone = verb(name, ready(), *GOOD)
    state = ready()
    owned.take_over(OWNED)
    owned.will_do(OWNED, DEEDS[name])
    return alone, verb(name, state, *GOOD, OWNED)


def row(name: str, pairs: Sequence[tuple[Spent, Spent]]) -> str:
    alone, beside = (statistics.median(one.wall for one in side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(with_it.wall / without.wall for without, with_it in pairs)
    peak = max(one.memory for _, one in pairs)
    return (
        f"{name:<9} alone {alone:6.2f} s  beside {beside:6.2f} s  ratio {ratio:5.2f}  peak {peak:4.0f} MB  "
        f"n={len(pairs)}"
    )


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of pairs, the highest peak beside the owned "
        f"host"
    )
    with lab.hold_lab_session(), tempfile.TemporaryDirectory() as scratch:
        lab.provide_pristine_machines()
        try:
            for name in DEEDS:
                pairs = [pair(name, lambda: tempfile.mkdtemp(dir=scratch)) for _ in range(repeats)]
                print(row(name, pairs), flush=True)
        finally:
            lab.stop_machines()


if __name__ == "__main__":
    main()
