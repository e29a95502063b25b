"""From the alarm to what is contained.

Opening an incident upon findings of a hunt, with all that they name taken away, several times.

    python -m benchmarks.contain web1 [--times 10]

Needs root and the lab (``auditor lab up``). The host is compromised as the lab's list says, hunted on and audited once;
then an incident of its own is opened with ``--contain`` each time, timed from the command's start to its end, which
comes after the last action was looked at on the host and its sites were visited once more, and all is released for the
next time. An address is blocked with the same clock. The host is reset afterwards.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from auditor import lab
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents.case import fold_cases
from auditor.inventory import hosts as inventories

AUDITOR = Path(sys.executable).parent / "auditor"
ADDRESS = "203.0.113.7"
MEDIAN_SECONDS, MOST_SECONDS = 6.0, 10.0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("host")
    asked.add_argument("--times", type=int, default=10)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LUYTRE_STATE"], inventory = f"{folder}/state", Path(folder) / "inventory"
        shutil.copytree("inventories/lab", inventory)
        _ran(
            lab.run_on_machine_as_root(
                given.host, "command -v nft > /dev/null || apt-get -qq install -y nftables > /dev/null 2>&1"
            )
        )
        lab.compromise_hosts([given.host])
        for command in ("hunt", "audit"):
            _auditor({0, 1}, command, "-i", inventory, "--limit", given.host, "--output", f"{folder}/out")
        print("open and contain:", flush=True)
        named = [word for control in _found(inventory, given.host) for word in ("--finding", f"{control}:{given.host}")]
        whole = [_opened(inventory, given.host, named) for _ in range(given.times)]
        print("block an address:", flush=True)
        blocked = [_blocked(inventory, given.host) for _ in range(given.times)]
    lab.reset_machines_to_pristine_image((given.host,))
    sys.exit(0 if _holds("open and contain", whole) & _holds("block an address", blocked) else 1)


def _found(inventory: Path, host: str) -> list[str]:
    """Return the controls of which the last audit has alarms that are files."""
    newest = RunHistory().latest(inventories.load_inventory(inventory).path)
    found = newest.findings if newest is not None else ()
    return [
        one.control
        for one in found
        if one.control in ("compromise.shell", "compromise.suspected") and one.host == host and one.status.is_open
    ]


def _opened(inventory: Path, host: str, named: list[str]) -> float:
    who = ("--who", "Văn phòng", "-i", inventory)
    began = time.monotonic()
    _auditor({0, 1}, "incident", "open", *named, "--contain", "--new", *who)
    seconds = time.monotonic() - began
    last = fold_cases(IncidentStore().load_case_logs_of_inventory(inventories.load_inventory(inventory).path))[-1]
    states = [action.state for action in last.actions.values()]
    print(f"  {seconds:.1f} s, {len(states)} actions, all confirmed: {set(states) == {'confirmed'}}", flush=True)
    _auditor({0}, "incident", "release", last.id, *who)
    return seconds


def _blocked(inventory: Path, host: str) -> float:
    who = ("--who", "Văn phòng", "-i", inventory)
    incident = fold_cases(IncidentStore().load_case_logs_of_inventory(inventories.load_inventory(inventory).path))[
        -1
    ].id
    began = time.monotonic()
    _auditor({0}, "incident", "contain", incident, "address", ADDRESS, *who)
    seconds = time.monotonic() - began
    print(f"  {seconds:.1f} s", flush=True)
    _auditor({0}, "incident", "release", incident, *who)
    return seconds


def _holds(what: str, seconds: list[float]) -> bool:
    median, most = statistics.median(seconds), max(seconds)
    print(f"{what}, {len(seconds)} times: median {median:.1f} s, longest {most:.1f} s")
    return median <= MEDIAN_SECONDS and most <= MOST_SECONDS


def _auditor(codes: set[int], *words: str | Path) -> None:
    done = subprocess.run([AUDITOR, *words], capture_output=True, check=False)
    if done.returncode not in codes:
        sys.exit(done.stdout.decode() + done.stderr.decode())


def _ran(done: subprocess.CompletedProcess[bytes]) -> None:
    if done.returncode:
        sys.exit(done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace"))


if __name__ == "__main__":
    main()
