"""Whether our verdicts by a feed of debsecan's are debsecan's own, on real lists of packages.

    .venv/bin/python -m benchmarks.debsecan [--program FOLDER] [--fetch] [STATUS…]

A feed of at least 2,000 entries on what the hosts have is made up in debsecan's form and imported. debsecan, from
Debian by its name, reads the same feed and each host's ``/var/lib/dpkg/status``: of the lab's hosts, which have to run,
or the files given. For every id and package both have to say the same, but for sources that are told to be of no Debian
archive: debsecan knows nothing of that, ours are ``unknown``, and each that debsecan calls vulnerable is listed; and
for headers of the kernel, of which ours judge what runs alone. Exit code 1 when anything else differs.

``--fetch`` unpacks debsecan and python3-apt into the folder, and does only that.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible.module_utils

from auditor import lab
from auditor.system import resources
from auditor.vulnerabilities import evaluation, installed_software, store, versions
from auditor.vulnerabilities.importer import import_vulnerability_data_files
from auditor.vulnerabilities.verdicts import Verdict

RELEASE = "trixie"
HOSTS = ("web1", "web2", "web3")
A_SOURCE = (16, 24)
FOREIGN = 6
"""Sources of each host that are said to be of no Debian archive."""
Said = Mapping[tuple[str, str], Verdict]
"""By id and binary package."""


def fetch(folder: Path) -> None:
    """Debsecan and what it compares versions with, as they are in Debian."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "debsecan", "python3-apt"], cwd=folder, check=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)


def _collector() -> Any:
    """Return the collector's own reading of packages."""
    for part in ("collect", "shared"):
        ansible.module_utils.__path__.append(str(resources.get_resources_folder() / "on_host" / part / "module_utils"))
    return importlib.import_module("ansible.module_utils.luytre.system.packages")


def _mutated(rng: random.Random, version: str) -> str:
    """Return a version near another one."""
    near = [
        *(version + more for more in ("+deb13u1", "~rc1", "~deb13u1", "1", "+b1")),
        *(version[:-1] + str(rng.randint(0, 9)), version.replace("1", "2", 1), "0" + version, "1:" + version),
    ]
    return rng.choice([one for one in near if versions.is_valid_debian_version(one)] or [version])


def feed(rng: random.Random, sources: Mapping[str, Sequence[str]]) -> tuple[str, int]:
    """Return the feed, and how many entries it has: of every source that is installed, and of some that are not."""
    names: list[str] = []
    rows = []
    for source in [*sorted(sources), *(f"not-here-{number}" for number in range(40))]:
        have = sources.get(source, ["1.0-1"])
        for _ in range(rng.randint(*A_SOURCE)):
            names.append(f"CVE-2026-{10_000 + len(names)}")
            others = [rng.choice([*have, _mutated(rng, rng.choice(have))]) for _ in range(rng.randint(0, 3))]
            unstable = rng.choice(["", "99:1-1", rng.choice(have), _mutated(rng, rng.choice(have))])
            flags = f"S{rng.choice(' LMH')}{rng.choice('?R ')}{rng.choice('F ')}"
            rows.append(f"{source},{len(names) - 1},{flags},{unstable},{' '.join(others)}")
    told = "".join(f"{name},,made up\n" for name in names)
    return f"VERSION 1\n{told}\n" + "\n".join(rows) + "\n\n\n", len(names)


def theirs(program: Path, folder: Path, status: Path) -> set[tuple[str, str]]:
    """Id and binary package of all that debsecan calls vulnerable."""
    given = ["--source", folder.as_uri() + "/", "--suite", RELEASE, "--status", str(status), "--config", os.devnull]
    ran = subprocess.run(
        [
            "/usr/bin/python3",
            program / "usr/bin/debsecan",
            *given,
            "--format",
            "simple",
            "--whitelist",
            folder / "none",
        ],
        env={"PYTHONPATH": str(program / "usr/lib/python3/dist-packages"), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise SystemExit(f"debsecan: {ran.stderr[-500:]}")
    return {(words[0], words[1]) for line in ran.stdout.splitlines() if len(words := line.split()) >= 2}


def ours(data: Mapping[str, Any], known: store.VulnerabilityDatabase) -> Said:
    """Our verdicts on the same."""
    verdicts = (
        one
        for built in installed_software.list_source_packages(data)
        for one in evaluation.judge_package(RELEASE, built, known)
    )
    return {(verdict.id, name): verdict for verdict in verdicts for name in verdict.where}


def compare(status: Path, program: Path, folder: Path, collector: Any) -> int:
    """Differences on one host; says what was compared."""
    rng = random.Random(status.name)  # noqa: S311  made-up data
    fields = list(collector._dpkg.iter_installed_package_fields(status.read_text("utf-8", "replace")))
    sources: dict[str, list[str]] = {}
    for each in fields:
        source, version = collector.parse_source_package_and_version(each)
        sources.setdefault(source, []).append(version)
    foreign = set(rng.sample(sorted(sources), FOREIGN))
    usual = {"source": None, "source_version": None, "held": False, "origin": "main", "named": None}
    told = [
        usual
        | collector.describe_installed_package(
            each, "none" if collector.parse_source_package_and_version(each)[0] in foreign else "main"
        )
        for each in fields
    ]
    text, entries = feed(rng, sources)
    (folder / RELEASE).write_bytes(zlib.compress(text.encode()))
    state = folder / f"state-{status.name}" / "vulnerabilities.sqlite"
    import_vulnerability_data_files([folder / RELEASE], state)
    with store.open_database(state) as known:
        said = ours({"packages": {"installed": told, "running_kernel": "", "mapped": []}}, known)
    vulnerable = theirs(program, folder, status)
    affected = {key for key, one in said.items() if one.state == "affected"}
    unknown = {key for key, one in said.items() if one.state == "unknown"}
    headers = {each["Package"] for each in fields if collector.parse_source_package_and_version(each)[0] == "linux"}
    differing = sorted(key for key in (vulnerable ^ affected) - unknown if key[1] not in headers)
    print(
        f"{status.name}: {entries} entries, {len(fields)} packages, {len(said)} verdicts; vulnerable "
        f"{len(vulnerable - unknown)}"
    )
    print(f"  of no Debian archive: {len(unknown)}, of which debsecan calls {len(unknown & vulnerable)} vulnerable")
    for key in sorted(unknown & vulnerable):
        print(f"    {key[0]} {key[1]} {said[key].installed_version}")
    for key in differing:
        print(f"  differs: {key}, ours {said[key].state if key in said else 'none'}")
    strangers = {one.subject for key, one in said.items() if key in unknown}
    return len(differing) + len(strangers ^ (foreign & strangers)) + int(entries < 2_000)


def _statuses(folder: Path) -> Iterator[Path]:
    """Yield those of the lab's hosts."""
    for host in HOSTS:
        file = folder / host
        file.write_bytes(lab.run_on_machine_as_root(host, ["cat", "/var/lib/dpkg/status"]).stdout)
        yield file


def main() -> int:
    """Compare on every host."""
    options = argparse.ArgumentParser()
    options.add_argument("status", nargs="*", type=Path)
    options.add_argument("--program", type=Path, default=Path.home() / ".cache" / "luytre-debsecan")
    options.add_argument("--fetch", action="store_true")
    given = options.parse_args()
    if given.fetch:
        fetch(given.program)
        return 0
    collector = _collector()
    with tempfile.TemporaryDirectory() as made:
        differing = [
            compare(status, given.program, Path(made), collector) for status in given.status or _statuses(Path(made))
        ]
    print(f"differences: {sum(differing)}")
    return int(any(differing))


if __name__ == "__main__":
    sys.exit(main())
