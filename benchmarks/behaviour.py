"""Whether two checkouts say and do the same: findings, plans, and the bytes that a hardening leaves on hosts.

    .venv/bin/python -m benchmarks.behaviour OTHER_CHECKOUT [HOST ...]

On the lab (default: its standard hosts). OTHER_CHECKOUT has an environment of its own in ``.venv``. Both audit and plan
the same pristine hosts; then each hardens them, pristine again, and the disks are compared. Prints what differs; ends
with 1 when anything does. Times of files, and what tells only when or how quickly something was done, are left out.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from auditor import lab
from tests.lab.disk import Disk, differences, disk
from tests.lab.fixtures import INVENTORY, quiet

HERE = Path(__file__).parents[1]
VOLATILE = re.compile(
    r"\b(seconds|started|ended|collected_at|id|run|now|uptime|load|pid|at|age|ago|time|last|since|used|size|entries)\b"
)
"""Keys of what tells when, how long or how much."""

OF_THE_HOUR = ("/etc/machine-id", "/var/cache/")
"""Paths that each host, or each hour, has otherwise."""


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Return a verb of that checkout's, on the lab of this one."""
    with tempfile.TemporaryDirectory() as state:
        return subprocess.run(
            [str(checkout / ".venv/bin/auditor"), *arguments],
            env={**os.environ, "LUYTRE_STATE": state, "LUYTRE_LANG": "en"},
            cwd=HERE,
            capture_output=True,
            text=True,
            check=False,
        )


def limits(hosts: Sequence[str]) -> list[str]:
    return ["-i", INVENTORY, "--limit", ",".join(hosts)]


def findings(checkout: Path, hosts: Sequence[str]) -> dict[str, Any]:
    """Return what an audit finds, by control, host and subject."""
    with tempfile.TemporaryDirectory() as folder:
        done = run(checkout, "audit", *limits(hosts), "--output", f"{folder}/out", "--format", "json")
        if done.returncode not in (0, 1):
            raise SystemExit(f"{checkout}: {done.stderr}")
        document = json.loads(Path(folder, "out/findings.json").read_text("utf-8"))
    return {f"{one['control']} {one['host']} {one['subject']['id']}": steady(one) for one in document["findings"]}


def plan(checkout: Path, hosts: Sequence[str]) -> dict[str, Any]:
    """Return what a plan would change and holds, host by host."""
    done = run(checkout, "plan", *limits(hosts), "--json")
    if done.returncode not in (0, 1):
        raise SystemExit(f"{checkout}: {done.stderr}")
    return {f"plan {one['host']}": steady(one) for one in json.loads(done.stdout)["hosts"]}


def hardened(checkout: Path, hosts: Sequence[str]) -> dict[str, Disk]:
    """Return the hosts' disks after that checkout has hardened them."""
    lab.reset_machines_to_pristine_image(hosts)
    quiet(*hosts)
    with tempfile.TemporaryDirectory() as folder:
        done = run(
            checkout, "harden", *limits(hosts), "--yes", "--json", "--batch", "100%", "--output", f"{folder}/out"
        )
    states = [one["state"] for one in json.loads(done.stdout)["hardening"]["hosts"]]
    if set(states) != {"confirmed"}:
        raise SystemExit(f"{checkout}: {states} {done.stderr}")
    return {host: {path: without_time(entry) for path, entry in disk(host).items()} for host in hosts}


def without_time(entry: Sequence[Any]) -> list[Any]:
    return [*entry[:3], *entry[4:]]


def steady(value: Any) -> Any:
    """Without what tells when, how long or how much."""
    if isinstance(value, dict):
        return {key: steady(inner) for key, inner in value.items() if not VOLATILE.fullmatch(key)}
    if isinstance(value, list):
        return [steady(inner) for inner in value if not (isinstance(inner, dict) and inner.get("path") == "now")]
    return value


def compared(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield (
                f"{name}\n  - {json.dumps(before.get(name), ensure_ascii=False)[:1500]}\n  + "
                f"{json.dumps(after.get(name), ensure_ascii=False)[:1500]}"
            )


def main() -> int:
    """Print every difference, then the counts."""
    other, hosts = Path(sys.argv[1]).resolve(), sys.argv[2:] or list(lab.get_standard_machines_by_name())
    lab.boot_machines_and_await_sites(hosts)
    lab.reset_machines_to_pristine_image(hosts)
    quiet(*hosts)
    found = list(compared(findings(other, hosts), findings(HERE, hosts)))
    print("\n".join(found), flush=True)
    planned = list(compared(plan(other, hosts), plan(HERE, hosts)))
    print("\n".join(planned), flush=True)
    disks = hardened(other, hosts), hardened(HERE, hosts)
    written = [
        f"{host}:{path} {both}"
        for host in hosts
        for path, both in differences(disks[0][host], disks[1][host]).items()
        if not path.startswith(OF_THE_HOUR)
    ]
    print("\n".join(written))
    print(f"{len(found)} findings, {len(planned)} plans, {len(written)} paths differ on {', '.join(hosts)}")
    return 1 if found or planned or written else 0


if __name__ == "__main__":
    sys.exit(main())
