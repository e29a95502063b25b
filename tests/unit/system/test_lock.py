from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from auditor.system.lock import hold_lock

HOLDER = """
import pathlib, sys, time
from auditor.system.lock import hold_lock
with hold_lock(pathlib.Path(sys.argv[1]), wait=False):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_process_holds_it_and_it_ends_with_that_process_however_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True, umask=0)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(BlockingIOError), hold_lock(path, wait=False):
        pytest.fail("held twice")
    waiting = threading.Event()

    def wait() -> None:
        with hold_lock(path, wait=True):
            waiting.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert not waiting.wait(0.2)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    waiter.join(60)
    assert waiting.is_set()
    with hold_lock(path, wait=False):
        pass


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError), hold_lock(tmp_path / "lock", wait=True):
        pytest.fail("held")
    assert not (tmp_path / "theirs").exists()
