"""The processor's time that a hunt takes: less than sites, and never none."""

import os
from contextlib import suppress

NICE = 10
"""A tenth of what a site's process gets where both want the same processor.

Not SCHED_IDLE: an intruder's program that keeps every processor busy would end a hunt before it has seen anything.
"""


def lower_priority_behind_sites():
    """Let sites go first from now on; where the kernel refuses, the hunt goes on as it is."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
