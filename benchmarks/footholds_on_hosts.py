"""What a hunt says of footholds that work: planted on the lab's hosts, proven, hunted on, removed.

    python -m benchmarks.footholds_on_hosts --folder benchmarks/detection_sets/footholds/a [--only PATTERN] [--alone]
        [--record]

Needs root and the lab. Those that write to different places are planted together. A trace is a foothold's when it names
what its ``plant`` writes, and the same hosts had no such trace before. With ``--alone``, one that has none in company
is hunted for alone, where whatever is new is its own. A foothold that does not work on a host counts for nothing there.
``--record`` writes what was said into ``result.json`` of the folder: the table of ATT&CK's techniques is made from it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from auditor import lab

AUDITOR = Path(sys.executable).parent / "auditor"
INVENTORY = "inventories/lab"
HOSTS: Mapping[str, int] = {"web1": 13, "web2": 12}
MARKERS = "/var/tmp/luytre-foothold"  # noqa: S108  where the scripts of the set note that they ran
BROKEN = "does not work"
RESULT = "result.json"
AT_ONCE = 12
"""Footholds of one hunt."""
_PATH = re.compile(r"(?<![\w.$}{:/])/(?:[\w.@+%-]+/)*[\w.@+%-]+")
_PORT = re.compile(r"\b47\d{3}\b")
_ACCOUNT = re.compile(r"\b(?:useradd|usermod|crontab\s+-u|gpasswd)\b([^\n;|&]*)")
_COMMON = re.compile(
    r"^/(?:bin|sbin|dev|proc|run)/|^/usr/s?bin/(?:python3|perl|bash|sh|env|less|gcc)$|^/(?:dev|proc|run|etc|usr|root|tmp)$"
    rf"|^{MARKERS}|^/(?:var/www/html|var/lib/\.empty|s|index\.php|usr/local/s?bin|bin|home/quantri)$"
)
Traces = Mapping[str, list[Mapping[str, Any]]]


@dataclass(frozen=True)
class Foothold:
    """One script of the set."""

    path: Path
    technique: str
    noise: str
    releases: tuple[int, ...]

    @cached_property
    def tokens(self) -> frozenset[str]:
        """What a trace of it names: paths that it writes, ports, accounts."""
        text = self.path.read_text()
        plant = text[text.index("\nplant()") : text.index("\nprove()")]
        paths = {path for path in _PATH.findall(plant) if not _COMMON.search(path)}
        accounts = {
            f"({word})"
            for line in _ACCOUNT.findall(plant)
            for word in line.split()[-1:]
            if re.fullmatch(r"[a-z][\w-]*", word)
        }
        crontabs = {f"/crontabs/{name}" for name in re.findall(r"crontab\s+-u\s+(\S+)", plant)}
        return frozenset({*paths, *_PORT.findall(plant), *accounts, *crontabs})

    def is_named_by(self, trace: Mapping[str, Any]) -> bool:
        """Return whether a trace names something of it."""
        said = f"{trace['where']} {trace.get('sample', '')}"
        own_marker = f"{MARKERS}/{self.path.stem[:4]}"
        return own_marker in said or any(re.search(rf"{re.escape(token)}(?![\w.-])", said) for token in self.tokens)


def load_footholds(folder: Path, only: str) -> list[Foothold]:
    """Return the footholds of a folder."""
    rows = yaml.safe_load((folder / "footholds.yml").read_text())
    return [
        Foothold(folder / row["file"], row["technique"], row["noise"], tuple(row["releases"]))
        for row in rows
        if re.search(only, row["file"])
    ]


def iter_compatible_batches(all_of: Sequence[Foothold]) -> Iterator[list[Foothold]]:
    """Yield footholds that have nothing in common."""
    left = list(all_of)
    while left:
        batch: list[Foothold] = []
        for one in list(left):
            if len(batch) < AT_ONCE and all(_write_to_different_places(one, other) for other in batch):
                batch.append(one)
                left.remove(one)
        yield batch


def _write_to_different_places(one: Foothold, other: Foothold) -> bool:
    return not any(a == b or a.startswith(f"{b}/") or b.startswith(f"{a}/") for a in one.tokens for b in other.tokens)


def run_verb_of_foothold(
    host: str, one: Foothold, verb: str, timeout: float = 110
) -> subprocess.CompletedProcess[bytes]:
    """Plant, prove or remove a foothold on a host."""
    return lab.run_on_machine_as_root(
        host, f"sh /root/.{one.path.stem} {verb} </dev/null >/dev/null 2>&1", timeout=timeout
    )


def plant_and_prove(host: str, batch: Sequence[Foothold]) -> dict[str, bool]:
    """Plant what is for a host, and return which of it works."""
    works = {}
    mine = [one for one in batch if HOSTS[host] in one.releases]
    for one in mine:
        lab.run_on_machine_as_root(host, f"cat >/root/.{one.path.stem}", one.path.read_bytes())
        run_verb_of_foothold(host, one, "plant")
    for one in mine:
        works[one.path.stem] = run_verb_of_foothold(host, one, "prove", 120).returncode == 0
    lab.run_on_machine_as_root(host, "rm -f " + " ".join(f"/root/.{one.path.stem}" for one in mine))
    return works


def remove_batch(host: str, batch: Sequence[Foothold]) -> None:
    """Remove what was planted on a host."""
    for one in reversed(batch):
        if HOSTS[host] in one.releases:
            lab.run_on_machine_as_root(host, f"cat >/root/.{one.path.stem}", one.path.read_bytes())
            run_verb_of_foothold(host, one, "remove")
            lab.run_on_machine_as_root(host, f"rm -f /root/.{one.path.stem}")
    lab.run_on_machine_as_root(host, f"rm -rf {MARKERS}")


def hunt_on_hosts(state: Path) -> Traces:
    """Return all traces of a first hunt on the hosts, signs and alarms."""
    done = subprocess.run(
        [AUDITOR, "hunt", "-i", INVENTORY, "--limit", ",".join(HOSTS), "--output", state / "report", "--json"],
        env={**os.environ, "LUYTRE_STATE": str(state / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    told = json.loads(done.stdout)
    found: dict[str, list[Mapping[str, Any]]] = {host: [] for host in HOSTS}
    for finding in told["findings"]:
        if finding["control"].startswith("compromise."):
            found[finding["host"]] += [{**trace, "how": "alarm"} for trace in finding["violations"]]
    for one in told["hunts"]:
        found[one["host"]] += [{**trace, "how": "sign"} for trace in one["weak"]]
    return found


def _get_essence(trace: Mapping[str, Any]) -> tuple[str, ...]:
    return (trace["kind"], trace["where"], " ".join(sorted({*trace["rules"]} - {"new"})))


def _pick_gravest_trace(traces: Sequence[Mapping[str, Any]]) -> Said:
    for how in ("alarm", "sign"):
        for trace in traces:
            if trace["how"] == how:
                return Said(how, trace["kind"], trace["where"], tuple(sorted({*trace["rules"]} - {"new"})))
    return Said("nothing")


@dataclass(frozen=True)
class Said:
    """What a hunt said of a foothold on a host."""

    how: str
    kind: str = ""
    where: str = ""
    rules: tuple[str, ...] = ()


class Measurement:
    """The hosts as they were, and what was said of each foothold."""

    def __init__(self, folder: Path, clean: Traces) -> None:
        self.folder, self.clean, self.count = folder, clean, 0
        self.rows: dict[tuple[str, str], Said] = {}

    def look_at_batch(self, batch: Sequence[Foothold], *, alone: bool) -> None:
        """Plant, prove, hunt and remove."""
        self.count += 1
        with ThreadPoolExecutor(len(HOSTS)) as pool:
            works = dict(zip(HOSTS, pool.map(lambda host: plant_and_prove(host, batch), HOSTS), strict=True))
        try:
            found = hunt_on_hosts(self.folder / f"hunt{self.count}")
        finally:
            with ThreadPoolExecutor(len(HOSTS)) as pool:
                list(pool.map(lambda host: remove_batch(host, batch), HOSTS))
        for host in HOSTS:
            known = {_get_essence(trace) for trace in self.clean[host]}
            new = [
                trace
                for trace in found[host]
                if _get_essence(trace) not in known and not trace["where"].startswith(MARKERS)
            ]
            for one in batch:
                if one.path.stem in works[host]:
                    mine = [trace for trace in new if alone or one.is_named_by(trace)]
                    said = _pick_gravest_trace(mine) if works[host][one.path.stem] else Said(BROKEN)
                    self.rows[host, one.path.stem] = said
            for trace in new:
                if not alone and not any(one.is_named_by(trace) for one in batch):
                    print(
                        f"    nobody's on {host}: {trace['how']} {_get_essence(trace)} {trace.get('sample')}",
                        flush=True,
                    )

    def record(self, path: Path, all_of: Sequence[Foothold]) -> None:
        """Write what was said of each foothold, over what an earlier run said of the same."""
        kept: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        footholds: dict[str, Any] = kept.get("footholds", {})
        today = datetime.now(UTC).date().isoformat()
        for one in all_of:
            for host in HOSTS:
                if (host, one.path.stem) in self.rows:
                    said = self.rows[host, one.path.stem]
                    footholds.setdefault(one.path.stem, {})[host] = {
                        "said": said.how,
                        "measured": today,
                        **({"kind": said.kind, "rules": list(said.rules)} if said.kind else {}),
                    }
        alarms = {host: sum(trace["how"] == "alarm" for trace in traces) for host, traces in self.clean.items()}
        told = {"clean_alarms": alarms, "footholds": dict(sorted(footholds.items()))}
        path.write_text(json.dumps(told, indent=1) + "\n", "utf-8")

    def list_missed(self, all_of: Sequence[Foothold]) -> list[Foothold]:
        """Return those that nothing was said of, though they work."""
        return [
            one
            for one in all_of
            if any(self.rows.get((host, one.path.stem), Said(BROKEN)).how == "nothing" for host in HOSTS)
        ]


def main() -> None:
    """Hunt on the hosts clean, then on all footholds in batches, and print what was said of each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, default=Path("benchmarks/detection_sets/footholds/a"))
    options.add_argument("--only", default="", help="a regular expression of names")
    options.add_argument("--alone", action="store_true", help="hunt for each of what is missed in company alone, too")
    options.add_argument("--record", action="store_true", help=f"write what was said into {RESULT} of the folder")
    asked = options.parse_args()
    all_of = load_footholds(asked.folder, asked.only)
    lab.boot_machines_and_await_sites(list(HOSTS))
    lab.reset_machines_to_pristine_image(list(HOSTS))
    with tempfile.TemporaryDirectory() as folder:
        clean = hunt_on_hosts(Path(folder) / "clean")
        for host, traces in clean.items():
            for trace in traces:
                print(f"clean {host}: {trace['how']} {_get_essence(trace)} {trace.get('sample')}", flush=True)
        measured = Measurement(Path(folder), clean)
        for batch in iter_compatible_batches(all_of):
            measured.look_at_batch(batch, alone=len(batch) == 1)
            _print_batch(measured, batch)
            if asked.record:
                measured.record(asked.folder / RESULT, all_of)
        for one in measured.list_missed(all_of) if asked.alone else ():
            measured.look_at_batch([one], alone=True)
            _print_batch(measured, [one])
            if asked.record:
                measured.record(asked.folder / RESULT, all_of)
    lab.reset_machines_to_pristine_image(list(HOSTS))
    for noise in ("loud", "quiet"):
        names = {one.path.stem for one in all_of if one.noise == noise}
        count = Counter(said.how for (_host, name), said in measured.rows.items() if name in names)
        working = sum(count.values()) - count[BROKEN]
        seen = count["alarm"] + count["sign"]
        print(f"{noise}: {seen} of {working} seen ({100 * seen / max(1, working):.1f} %), {dict(count)}")


def _print_batch(measured: Measurement, batch: Sequence[Foothold]) -> None:
    for one in batch:
        for host in HOSTS:
            if (host, one.path.stem) in measured.rows:
                said = measured.rows[host, one.path.stem]
                why = f"{said.kind} {said.where} {','.join(said.rules)}".strip()
                print(f"{said.how:14} {one.noise:6} {one.technique:10} {host} {one.path.stem:26} {why}", flush=True)


if __name__ == "__main__":
    main()
