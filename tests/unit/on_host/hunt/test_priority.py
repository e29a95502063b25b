"""A hunt goes behind the sites, and is never starved by whoever keeps the processors busy."""

from __future__ import annotations

import os

from ansible.module_utils.luytre_hunt import priority


def test_a_hunt_yields_to_sites_and_still_gets_its_turn() -> None:
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        for _ in range(2):  # twice in one process is as once
            priority.lower_priority_behind_sites()
        os.write(write, f"{os.sched_getscheduler(0)} {os.getpriority(os.PRIO_PROCESS, 0)}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100).decode() == f"{os.SCHED_BATCH} 10"
    os.close(read)
    os.close(write)
