"""Whether a process of ours that was killed is gone: one that waits for somebody's file system may never be."""

import os
import time


def wait_for_killed_child_to_end(child_pid, seconds):
    """Return whether the child, killed before, was gone within that time.

    Then its entry among the processes is gone, too.

    On a busy machine it has to get a turn first.
    """
    until = time.monotonic() + seconds
    while not os.waitpid(child_pid, os.WNOHANG)[0]:
        if time.monotonic() >= until:
            return False
        time.sleep(0.002)
    return True
