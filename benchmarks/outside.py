"""Whether a hunt finds what intruders leave outside the web roots: put on a lab host, hunted for, counted.

    python -m benchmarks.outside web1

Needs root and the lab (``auditor lab up``). A clean hunt comes first: whatever alarms then is a false alarm. Then
everything of ``outside.yml`` is put there, and hunted for twice: each thing is to be alarmed of by its kind and its
place, and the second hunt is to tell the same. The hosts are reset afterwards.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from auditor import lab
from auditor.models import Model
from auditor.models.hunts import OUTSIDE
from auditor.models.reviews import Kind
from auditor.system.yaml_source import load_yaml

DATA = Path(__file__).parent / "outside.yml"
AUDITOR = Path(sys.executable).parent / "auditor"
BETWEEN = "«»"
NOT_FOR_THIS_HOST = 9


class Foothold(Model):
    """One thing that an intruder leaves."""

    name: str
    plant: str
    expect: tuple[Kind, str]
    needs: str = Field(default="/etc", description="a path without which the host cannot have it")

    @property
    def script(self) -> str:
        """Return what puts it on a host, in this process's memory alone."""
        return f"test -e {self.needs} || exit {NOT_FOR_THIS_HOST}\n{self.plant.replace(BETWEEN, '')}\n"


def footholds() -> tuple[Foothold, ...]:
    """Return all of them."""
    return tuple(Foothold.model_validate(each) for each in load_yaml(DATA))


def found(traces: Sequence[Mapping[str, Any]], one: Foothold) -> Mapping[str, Any] | None:
    """Return the alarm about a foothold, None when there is none."""
    kind, place = one.expect
    alarms = (each for each in traces if each["certainty"] != "weak" and each["kind"] == kind)
    return next((each for each in alarms if place in each["where"]), None)


def hunted(hosts: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the alarms outside the web roots that one hunt tells, by host."""
    with tempfile.TemporaryDirectory() as output:
        command = [AUDITOR, "hunt", "-i", "inventories/lab", "--limit", ",".join(hosts)]
        done = subprocess.run([*command, "--output", output, "--json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    told: dict[str, list[dict[str, Any]]] = {host: [] for host in hosts}
    for finding in json.loads(done.stdout)["findings"]:
        if finding["control"].startswith("compromise."):
            told[finding["host"]] += [each for each in finding["violations"] if each.get("kind") in OUTSIDE]
    return told


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("hosts", nargs="+")
    hosts = asked.parse_args().hosts
    clean = hunted(hosts)
    for host in hosts:
        print(f"{host}: {len(clean[host])} false alarms before")
        for each in clean[host]:
            print(f"  FALSE  {each['kind']}  {each['where']}  {', '.join(each['rules'])}")
    planted = {host: _planted(host) for host in hosts}
    first, second = hunted(hosts), hunted(hosts)
    missed = 0
    for host in hosts:
        for one in planted[host]:
            alarm = found(first[host], one)
            missed += alarm is None
            rules = f"{alarm['certainty']}  {', '.join(alarm['rules'])}" if alarm else "MISSED"
            print(f"  {one.name}: {rules}")
        same = {each["key"] for each in first[host]} == {each["key"] for each in second[host]}
        print(
            f"{host}: {len(planted[host])} planted, {len(first[host])} alarms; the second hunt tells the same: {same}"
        )
    lab.reset_machines_to_pristine_image(tuple(hosts))
    sys.exit(1 if missed or any(clean.values()) else 0)


def _planted(host: str) -> list[Foothold]:
    """Return what could be put on a host."""
    there = []
    for one in footholds():
        done = lab.run_on_machine_as_root(host, f"exec 2>&1\n{one.script}")
        if done.returncode == 0:
            there.append(one)
        elif done.returncode != NOT_FOR_THIS_HOST:
            sys.exit(f"{one.name}: {done.stdout.decode('utf-8', 'replace').strip()}")
    return there


if __name__ == "__main__":
    main()
