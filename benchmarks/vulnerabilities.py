"""What it costs to take data on vulnerabilities in, and to judge hosts by it.

    .venv/bin/python -m benchmarks.vulnerabilities [--hosts 200]

The data is made up, in the sizes and forms of what is published: 120 MB of Debian's tracker with 120,000 entries,
320,000 EPSS rows, a catalogue of 1,500 exploited ones. Each step runs in a process of its own, so that its memory is
its own. Seconds are of a processor, which others do not change. Exit code 1 when something is above its bound.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RELEASES = {"bookworm": "~deb12u1", "bullseye": "~deb11u1", "trixie": ""}
SOURCES, ENTRIES, SCORES, LISTED = 6_000, 120_000, 320_000, 1_500
PACKAGES = 1_000
ABOUT = (
    "A flaw in the parser of the extended header allows remote attackers to cause a denial of service or worse. " * 4
)
BOUNDS = {"tracker": (15.0, 150), "epss": (3.0, 150), "kev": (3.0, 150), "host": (0.5, None), "fleet": (10.0, None)}
"""Seconds and MB."""


def make(folder: Path) -> dict[str, Path]:
    """Return the files."""
    rng = random.Random(17)  # noqa: S311  made-up data
    files = {name: folder / name for name in ("tracker", "epss", "kev")}
    with files["tracker"].open("w") as out:
        for place, (source, count) in enumerate(_sources(rng)):
            issues = {_id(rng): _issue(rng) for _ in range(count)}
            out.write(("{" if not place else ", ") + f"{json.dumps(source)}: {json.dumps(issues)}")
        out.write("}")
    with files["epss"].open("w") as out:
        out.write("#model_version:v2026.03.14,score_date:2026-11-20T00:00:00Z\ncve,epss,percentile\n")
        out.writelines(f"CVE-2026-{number + 1000},{rng.random() ** 6:.5f},0.5\n" for number in range(SCORES))
    listed = [{"cveID": _id(rng), "dateAdded": "2026-11-01", "dueDate": "2026-11-22"} for _ in range(LISTED)]
    files["kev"].write_text(json.dumps({"catalogVersion": "1", "vulnerabilities": listed}))
    return files


def _sources(rng: random.Random) -> Iterator[tuple[str, int]]:
    """Most sources have few entries, one has thousands, as the kernel has."""
    left = ENTRIES - 8_000
    yield "linux", 8_000
    for number in range(SOURCES):
        count = min(left, max(1, int(rng.expovariate(SOURCES / (ENTRIES - 8_000)))))
        left -= count
        yield f"source-{number}", count
    if left:
        yield "rest", left


def _id(rng: random.Random) -> str:
    return f"CVE-{rng.randint(2010, 2026)}-{rng.randint(1000, 400_000)}"


def _issue(rng: random.Random) -> dict[str, Any]:
    releases = {}
    for release, suffix in RELEASES.items():
        version = f"{rng.randint(0, 9)}.{rng.randint(0, 30)}-{rng.randint(1, 5)}{suffix}"
        state = rng.choice(["resolved", "resolved", "open"])
        releases[release] = {
            "status": state,
            "repositories": {release: version, f"{release}-security": version},
            **({"fixed_version": version} if state == "resolved" else {"nodsa": "Minor issue", "nodsa_reason": ""}),
            "urgency": rng.choice(["not yet assigned", "unimportant", "low", "medium"]),
        }
    return {"scope": "remote", "debianbug": 1, "description": ABOUT[: rng.randint(200, 420)], "releases": releases}


def facts(host: int) -> dict[str, Any]:
    """Return a host of 1,000 packages; every host has 50 that no other has, the rest is one of five installations."""
    rng = random.Random(host % 5)  # noqa: S311  made-up data
    installed = [
        {
            **{"name": f"package-{number}", "version": f"{rng.randint(0, 9)}.{rng.randint(0, 30)}-1", "named": None},
            **{"source": f"source-{rng.randint(0, SOURCES // 4)}", "source_version": None, "architecture": "amd64"},
            **{"held": False, "origin": "main"},
        }
        for number in range(PACKAGES - 1)
    ]
    for number, package in enumerate(installed[:50]):
        package["version"] = f"{number % 10}.{host % 31}-1+{host}"
    image = {**installed[0], "name": "linux-image-6.1.0-9-amd64", "source": "linux", "version": "6.1.9-1"}
    return {
        "system": {"os": {"codename": "bookworm"}},
        "packages": {"installed": [*installed, image], "running_kernel": "6.1.0-9-amd64", "mapped": []},
        "firewall": {"exposed": [{"process": "nginx", "protocol": "tcp", "port": 443}]},
    }


def step(name: str, folder: Path, hosts: int) -> float:
    """Seconds of a processor of one step."""
    from auditor.vulnerabilities import assess, store
    from auditor.vulnerabilities.importer import import_vulnerability_data_files

    state = folder / "state" / "vulnerabilities.sqlite"
    if name not in ("host", "fleet"):
        started = time.process_time()
        import_vulnerability_data_files([folder / name], state)
        return time.process_time() - started
    given = [facts(seed) for seed in range(1 if name == "host" else hosts)]
    started = time.process_time()
    with store.open_database(state) as known:
        found = [assess.build_vulnerabilities_area(data, {}, 1_795_540_000, known) for data in given]
    spent = time.process_time() - started
    print(f"  {name}: {sum(found[0]['counts'].values()):,} verdicts a host, {found[0]['counts']}", file=sys.stderr)
    return spent


def main() -> int:
    """Run every step in a process of its own, and compare."""
    options = argparse.ArgumentParser()
    options.add_argument("--hosts", type=int, default=200)
    options.add_argument("--step", nargs=2)
    given = options.parse_args()
    if given.step:
        print(step(given.step[0], Path(given.step[1]), given.hosts))
        return 0
    above = 0
    with tempfile.TemporaryDirectory() as made:
        files = make(Path(made))
        print(f"tracker: {files['tracker'].stat().st_size / 1e6:.0f} MB")
        for name, (most, memory) in BOUNDS.items():
            argv = [sys.executable, "-m", __spec__.name, "--hosts", str(given.hosts), "--step", name, made]
            child = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
            said = child.stdout.read() if child.stdout else ""
            _pid, status, used = os.wait4(child.pid, 0)
            if status:
                return 1
            spent, held = float(said), used.ru_maxrss // 1024
            wrong = spent > most or (memory is not None and held > memory)
            above += wrong
            print(f"{name}: {spent:.2f} s (bound {most}), {held} MB{' ABOVE ITS BOUND' if wrong else ''}")
    return int(above > 0)


if __name__ == "__main__":
    raise SystemExit(main())
