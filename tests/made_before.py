"""What the program of commit ade021b9 left on a controller and on a host, unpacked for tests of the present program.

``tests/fixtures/ade021b9/README.md`` says how it was made.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FIXTURE = Path(__file__).parent / "fixtures/ade021b9"
CONTROLLER, HOST = FIXTURE / "controller.tar.xz", FIXTURE / "host.tar.xz"
FOLDER = Path("/tmp/luytre-ade021b9")  # noqa: S108  # the history knows its inventory by this path
INCIDENT = "SC-20261201-1"


def load_facts() -> Mapping[str, Any]:
    """Return what the recording knew: what was planted, and the files before and after the last hardening."""
    facts: Mapping[str, Any] = json.loads((FIXTURE / "facts.json").read_text("utf-8"))
    return facts


@contextmanager
def unpack_controller() -> Iterator[Mapping[str, str]]:
    """Have the controller's files where they were recorded, and return the environment to run the program in.

    One test at a time has them. Raises FileExistsError for a folder there that is not ours.
    """
    with FOLDER.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if FOLDER.exists() and (FOLDER.is_symlink() or FOLDER.stat().st_uid != os.getuid()):
            raise FileExistsError(FOLDER)
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(mode=0o700)
        try:
            with tarfile.open(CONTROLLER) as archive:
                archive.extractall(FOLDER, filter="data")
            yield {
                "LUYTRE_STATE": str(FOLDER / "state"),
                "LUYTRE_INVENTORY": str(FOLDER / "inventory"),
                "LUYTRE_LANG": "en",
            }
        finally:
            shutil.rmtree(FOLDER)
