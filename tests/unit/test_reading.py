"""Reading a host that does not stand still."""

from __future__ import annotations

import subprocess
import threading

from ansible.module_utils.luytre._reading import read_text


def test_a_process_that_ends_while_it_is_read_is_no_file() -> None:
    for _ in range(100):
        child = subprocess.Popen(["true"])
        reaper = threading.Thread(target=child.wait)
        reaper.start()
        while read_text(f"/proc/{child.pid}/comm") is not None:
            pass
        reaper.join()
