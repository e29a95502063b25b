"""What a hunt through a large web root costs: whole, and again when nothing changed; with what is known to be good, and without.

    python -m benchmarks.webroots web1 FOLDER [--known FILE]... [--files NUMBER]

Needs root and the lab (``auditor lab up web1``). Puts the files of PHP of a folder on the host, below the root of its site, and hunts: three times with nothing known
(whole, whole, warm), then twice with what ``--known`` (archives for ``auditor known-good import``) explains. Says how long each took, which part of a
processor's time here and on the host, and how much memory the largest process here filled. The host is reset afterwards.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from auditor import lab
from auditor.history.hunts import Hunts
from auditor.inventory import hosts as inventories

INVENTORY = "inventories/lab"
AUDITOR = Path(sys.executable).parent / "auditor"
SUFFIXES = (".php", ".inc", ".phtml")


def php(folder: Path) -> Iterator[Path]:
    """The files of PHP below a folder, in their order."""
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink()
    )


def put(host: str, folder: Path, most: int) -> int:
    """Put them on a host, below its site's root; how many these were."""
    files = list(php(folder))[:most]
    with tempfile.NamedTemporaryFile(suffix=".tar") as made:
        with tarfile.open(made.name, "w") as archive:
            for path in files:
                archive.add(path, f"many/{path.relative_to(folder)}")
        made.seek(0)
        root = next(iter(lab.hosts()[host].sites.values())).document_root
        command = lab.ssh_command(host, remote=f"sudo tar -x -C {root}")
        subprocess.run(command, stdin=made, check=True)
    return len(files)


def hunted(host: str, *, whole: bool) -> dict[str, Any]:
    """One hunt: what it saw, and what it cost."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with tempfile.TemporaryDirectory() as output:
        command = [
            AUDITOR,
            "hunt",
            "-i",
            INVENTORY,
            "--limit",
            host,
            "--output",
            output,
            "--json",
            *(["--whole"] if whole else []),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    hunt = Hunts().latest(inventories.load(Path(INVENTORY)).path)[host]
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    kept = {"seen", "known", "judged", "unjudged", "warm", "processor"}
    return {
        **hunt.model_dump(include=kept),
        "seconds": time.monotonic() - began,
        "here": spent,
        "largest": after.ru_maxrss / 1024,
    }


def show(title: str, told: dict[str, Any]) -> None:
    """One hunt's figures."""
    print(
        f"{title}: {told['seconds']:.1f} s, of a processor {told['here']:.1f} s here and {told['processor']:.1f} s on the host, "
        f"largest process {told['largest']:.0f} MB; seen {told['seen']}, known {told['known']}, judged {told['judged']}, "
        f"not judged {told['unjudged']}, warm: {told['warm']}",
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Put, hunt, show, reset."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("host")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--known", type=Path, action="append", default=[])
    asked.add_argument("--files", type=int, default=20_000)
    given = asked.parse_args(arguments)
    with tempfile.TemporaryDirectory() as state:
        os.environ["LUYTRE_STATE"] = state
        show("before", hunted(given.host, whole=True))
        print(f"{put(given.host, given.folder, given.files)} files put there", flush=True)
        show("nothing known", hunted(given.host, whole=True))
        show("nothing known, warm", hunted(given.host, whole=False))
        for file in given.known:
            subprocess.run([AUDITOR, "known-good", "import", file], check=True, stdout=subprocess.DEVNULL)
        show("known", hunted(given.host, whole=True))
        show("known, warm", hunted(given.host, whole=False))
    lab.reset((given.host,))


if __name__ == "__main__":
    main()
