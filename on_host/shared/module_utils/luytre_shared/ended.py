"""Whether a process of ours that was killed is gone: one that waits for somebody's file system may never be."""

import os
import time

SECONDS = 10
"""For a process to be gone. On a busy machine it has to get a turn first."""


def ended(child):
    """Whether the child, killed before, was gone within ``SECONDS``; then its entry among the processes is gone, too."""
    until = time.monotonic() + SECONDS
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.monotonic() >= until:
            return False
        time.sleep(0.002)
    return True
