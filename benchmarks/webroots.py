"""What a hunt through a large web root costs: whole, and again when nothing changed.

With what is known to be good, and without.

    python -m benchmarks.webroots web1 FOLDER [--files NUMBER] [--mixed FOLDER... --known FILE...]

Needs root and the lab (``auditor lab up web1``). Puts the files of PHP of a folder on the host, below the root of its
site, audits, and hunts with nothing known: whole, then warm. Puts the ``--mixed`` folders there in their place, each
with all that is in it, and hunts whole and warm again with what ``--known`` (archives for ``auditor known-good
import``) explains. Says how long each took and how much of that an audit takes alone, which part of a processor's time
here and on the host, and how much memory all processes here filled at once. The host is reset afterwards. How long a
single file takes is ``benchmarks/webshells.py`` to say.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor import lab
from auditor.history.hunts import HuntHistory
from auditor.inventory import hosts as inventories
from auditor.models.hunts import Hunt

INVENTORY = "inventories/lab"
AUDITOR = Path(sys.executable).parent / "auditor"
SUFFIXES = (".php", ".inc", ".phtml")
BETWEEN = 0.25
"""Seconds between two looks at how much memory is filled."""


def files_of(folder: Path, suffixes: tuple[str, ...] = ("",)) -> Iterator[tuple[Path, str]]:
    """Return the files below a folder whose names end so, in their order, each with its path from beside the folder."""
    return (
        (path, str(path.relative_to(folder.parent)))
        for path in sorted(folder.rglob("*"))
        if path.name.endswith(suffixes) and path.is_file() and not path.is_symlink()
    )


def put(host: str, files: Sequence[tuple[Path, str]]) -> None:
    """Put files on a host, in a folder below its site's root, in place of those that are there."""
    with tempfile.NamedTemporaryFile(suffix=".tar") as made:
        with tarfile.open(made.name, "w") as archive:
            for path, name in files:
                archive.add(path, f"many/{name}")
        made.seek(0)
        root = next(iter(lab.get_standard_machines_by_name()[host].sites.values())).document_root
        command = lab.build_ssh_command_of_machine(host, remote=f"sudo sh -c 'rm -rf {root}/many && tar -x -C {root}'")
        subprocess.run(command, stdin=made, check=True)
    print(f"{len(files)} files put there", flush=True)


@dataclass(frozen=True)
class Cost:
    """The cost of a command here."""

    seconds: float
    processor: float
    memory: float
    """Megabytes of all its processes at once, at the most; what they share counts once."""


def ran(*command: str) -> Cost:
    """Return a command of ours, until it is over."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    most = 0.0
    with tempfile.TemporaryDirectory() as output, tempfile.TemporaryFile() as said:
        started = subprocess.Popen(
            [AUDITOR, *command, "-i", INVENTORY, "--output", output, "--json"], stdout=subprocess.DEVNULL, stderr=said
        )
        while started.poll() is None:
            most = max(most, memory_of(started.pid))
            with contextlib.suppress(subprocess.TimeoutExpired):
                started.wait(BETWEEN)
        if started.returncode not in (0, 1):
            said.seek(0)
            sys.exit(said.read().decode())
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, most)


def memory_of(process: int) -> float:
    """Megabytes of a process and all that it started."""
    size, todo = 0, [process]
    while todo:
        here = Path("/proc", str(todo.pop()))
        with contextlib.suppress(OSError, ValueError, StopIteration):
            said = (here / "smaps_rollup").read_text().splitlines()
            size += int(next(line for line in said if line.startswith("Pss:")).split()[1])
        with contextlib.suppress(OSError):
            for thread in (here / "task").iterdir():
                todo += map(int, (thread / "children").read_text().split())
    return size / 1024


def hunted(host: str, *, whole: bool) -> tuple[Hunt, Cost]:
    """Return one hunt: what it saw, and what it cost."""
    cost = ran("hunt", "--limit", host, *(["--whole"] if whole else []))
    return HuntHistory().load_latest_hunt_by_host(inventories.load_inventory(Path(INVENTORY)).path)[host], cost


def show(title: str, hunt: Hunt, cost: Cost, audit: Cost) -> None:
    """One hunt's figures, and what of them an audit without a hunt takes anyway."""
    print(
        f"{title}: {cost.seconds:.1f} s ({audit.seconds:.1f} s of it the audit's), of a processor "
        f"{cost.processor:.1f} s here "
        f"({audit.processor:.1f} s) and {hunt.processor:.1f} s on the host, {cost.memory:.0f} MB; "
        f"seen {hunt.seen}, known {hunt.known} ({100 * hunt.known / max(hunt.seen, 1):.0f} %), judged {hunt.judged}, "
        f"not judged {hunt.unjudged}, warm: {hunt.warm}",
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Put, hunt, show, reset."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("host")
    asked.add_argument("folder", type=Path)
    for name in ("--mixed", "--known"):
        asked.add_argument(name, type=Path, action="extend", nargs="+", default=[])
    asked.add_argument("--files", type=int, default=20_000)
    given = asked.parse_args(arguments)
    with tempfile.TemporaryDirectory() as state:
        os.environ["LUYTRE_STATE"] = state
        put(given.host, list(files_of(given.folder, SUFFIXES))[: given.files])
        ran("audit", "--limit", given.host)
        audit = ran("audit", "--limit", given.host)
        show("nothing known, all PHP", *hunted(given.host, whole=True), audit)
        show("nothing known, all PHP, warm", *hunted(given.host, whole=False), audit)
        if given.mixed:
            put(given.host, [one for folder in given.mixed for one in files_of(folder)])
            for file in given.known:
                subprocess.run([AUDITOR, "known-good", "import", file], check=True, stdout=subprocess.DEVNULL)
            show("known in part", *hunted(given.host, whole=True), audit)
            show("known in part, warm", *hunted(given.host, whole=False), audit)
    lab.reset_machines_to_pristine_image((given.host,))


if __name__ == "__main__":
    main()
