"""Whether hunts find all that is left on the compromised lab, named right.

They find nothing on the same hosts without it, as they are and hardened.

    python -m benchmarks.compromised

Needs root and the lab (``auditor lab up``), three minutes of a processor. The hosts are hunted on as they are,
compromised and hunted on twice, and hardened from the beginning and hunted on. They are reset afterwards.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from auditor import lab

AUDITOR = Path(sys.executable).parent / "auditor"
INVENTORY = "inventories/lab"
ORDER = """
import http.client, ssl
visitor = http.client.HTTPSConnection("127.0.0.1", context=ssl._create_unverified_context())
visitor.request("POST", "/wp-content/uploads/2026/03/thong-bao.php", b"x=1", {"Host": "antruc.test"})
print(visitor.getresponse().status)
"""
"""A visitor's order to a back door that ends at once."""


def run(folder: Path, *arguments: str) -> Mapping[str, Any]:
    """Return what one of our commands says, in a history of that folder."""
    done = subprocess.run(
        [AUDITOR, *arguments, "-i", INVENTORY, "--output", folder / "report", "--json"],
        env={**os.environ, "LUYTRE_STATE": str(folder / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    told: Mapping[str, Any] = json.loads(done.stdout)
    return told


def alarms(told: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the traces of a hunt that are findings, by host."""
    found: dict[str, list[Mapping[str, Any]]] = {host: [] for host in lab.get_standard_machines_by_name()}
    for finding in told["findings"]:
        if finding["control"].startswith("compromise."):
            found[finding["host"]] += finding["violations"]
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        problems = list(_story(Path(folder)))
    lab.reset_machines_to_pristine_image()
    for problem in problems:
        print(f"PROBLEM  {problem}")
    sys.exit(1 if problems else 0)


def _story(folder: Path) -> Iterator[str]:
    lab.reset_machines_to_pristine_image()
    _import(folder)
    yield from _nothing("as it is", run(folder, "hunt"))
    lab.compromise_hosts()
    print(
        "an order to a back door is answered with",
        lab.run_on_machine_as_root("web1", ["python3", "-c", ORDER]).stdout.decode(),
    )
    first = run(folder, "hunt")
    second = run(folder, "hunt")
    yield from _all_of_it(first)
    yield from _the_same(first, second)
    lab.reset_machines_to_pristine_image()
    run(folder, "harden", "--yes", "--batch", "100%")
    yield from _nothing("hardened", run(folder / "hardened", "hunt"))


def _import(folder: Path) -> None:
    """Know WordPress' own code as it lies on web1 before anybody broke in: its release is not on this machine."""
    core = folder / "core"
    core.mkdir()
    packed = lab.run_on_machine_as_root(
        "web1", "tar -C /var/www/antruc.test -cf - wp-admin wp-includes --exclude=.htaccess"
    ).stdout
    subprocess.run(["tar", "-C", core, "-xf", "-"], input=packed, check=True)
    why = ("--name", "wordpress", "--trust-on-first-use", "--reason", "benchmark", "--approver", "benchmark")
    command = [AUDITOR, "known-good", "import", core, *why]
    subprocess.run(command, env={**os.environ, "LUYTRE_STATE": str(folder / "state")}, check=True)


def _nothing(how: str, told: Mapping[str, Any]) -> Iterator[str]:
    for host, traces in alarms(told).items():
        print(f"{host}, {how}: {len(traces)} alarms")
        yield from (f"{host}, {how}: {one['kind']} {one['where']} {one['rules']}" for one in traces)


def _all_of_it(told: Mapping[str, Any]) -> Iterator[str]:
    found, weak = alarms(told), {one["host"]: one["weak"] for one in told["hunts"]}
    for one in (one for one in lab.load_planted_intrusion_traces() if one.what == "foothold"):
        by = one.told.by or "hunt"
        alarm, sign = (
            [t for t in told if one.told.matches_trace(t) or (by == "facts" and (one.told.where or "") in t["where"])]
            for told in (found[one.host], weak[one.host])
        )
        trace = (alarm or sign or [None])[0]
        how = f"{trace['certainty']} {', '.join(trace['rules'])}" if trace else "nothing"
        print(f"  {one.host} {one.id} ({by}): {how}")
        if not alarm:
            yield f"{one.id} is no alarm: {how}"
    posted = [trace for trace in found["web1"] if "posted_to" in trace["rules"]]
    print(f"  web1 an order to a back door: {[(trace['where'], trace['sample']) for trace in posted]}")
    if not posted:
        yield "the order to a back door is no alarm"
    if found["web3"]:
        yield f"web3, which nobody broke into: {found['web3']}"


def _the_same(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[str]:
    keys = [{host: {one["key"] for one in traces} for host, traces in alarms(told).items()} for told in (first, second)]
    lost = {host: keys[0][host] - keys[1][host] for host in keys[0]}
    more = {host: keys[1][host] - keys[0][host] for host in keys[0]}
    print(f"the second hunt: lost {lost}, more {more}, warm {[one['warm'] for one in second['hunts']]}")
    for host in keys[0]:
        for one in alarms(first)[host]:
            if one["key"] in lost[host] and "new" not in one["rules"]:
                yield f"{host}: the second hunt has {one['kind']} {one['where']} no more"
        if more[host]:
            yield f"{host}: the second hunt has more: {more[host]}"
    if not all(one["warm"] for one in second["hunts"]):
        yield "the second hunt was not warm"


if __name__ == "__main__":
    main()
