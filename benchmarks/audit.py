"""How long an audit takes on the lab, beside Lynis on the same host in the same run.

    .venv/bin/python benchmarks/audit.py [REPEATS]

Boots the lab when it is down. Prints the minimum and median of REPEATS (default 5) in seconds of wall time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from auditor import lab

AUDITOR = Path(sys.executable).parent / "auditor"


def audit(*limit: str) -> float:
    with tempfile.TemporaryDirectory() as scratch:
        started = time.monotonic()
        done = subprocess.run(
            [AUDITOR, "audit", "-i", "inventories/lab", "--output", f"{scratch}/out", *limit],
            env={**os.environ, "LUYTRE_STATE": scratch},
            capture_output=True,
            check=False,
        )
        if done.returncode not in (0, 1):
            raise SystemExit(done.stderr.decode())
        return time.monotonic() - started


def lynis(host: str) -> float:
    installed = lab.run_on_machine_as_root(
        host,
        "command -v lynis || (apt-get -qq update && apt-get -qq install -y lynis) >/dev/null 2>&1; command -v lynis",
    )
    if installed.returncode != 0:
        raise SystemExit(f"lynis cannot be installed on {host}: {installed.stderr.decode()}")
    started = time.monotonic()
    lab.run_on_machine_as_root(host, "lynis audit system --quick --no-colors >/dev/null 2>&1", timeout=600)
    return time.monotonic() - started


def row(what: str, seconds: list[float]) -> str:
    return f"{what:<42} min {min(seconds):6.2f}  median {statistics.median(seconds):6.2f}  n={len(seconds)}"


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    was_up = any(machine.running for machine in lab.list_status_of_machines())
    lab.boot_machines_and_await_sites()
    for host in lab.get_standard_machines_by_name():
        lab.run_on_machine_as_root(
            host, "rm -f /usr/lib/python3/dist-packages/luytre-lab.pth"
        )  # real hosts keep no bytecode of archives
    try:
        audit()
        print(
            f"{os.cpu_count()} cores, seconds of wall time, everything included (start, SSH, evaluation, reports, "
            f"history)"
        )
        print(row("auditor, three hosts and four sites", [audit() for _ in range(repeats)]))
        for host in lab.get_standard_machines_by_name():
            print(row(f"auditor, {host}", [audit("--limit", host) for _ in range(repeats)]))
        print(row("lynis audit system --quick, web3", [lynis("web3") for _ in range(min(repeats, 2))]))
    finally:
        if not was_up:
            lab.stop_machines()


if __name__ == "__main__":
    main()
