"""Work in a process of its own: one that hangs, dies or wants all memory takes nothing along.

A read below a file system that somebody's program serves need never end, and cannot always be killed: then it is left.
"""

import contextlib
import ctypes
import os
import resource
import signal
import time

MAX_HANDLES = 4_096
_DIES_WITH_PARENT = 1


class ChildProcess:
    """A fork in a session of its own, with nothing open of the parent's: nobody waits for one that is left."""

    def __init__(self, work, memory=None):
        """Have a child call ``work`` with a file that ``pipe`` reads from, and end.

        With ``memory``, it may want so many bytes besides what we have, and dies with us.
        """
        self.pipe, end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _live_as_child(work, end, memory)
        os.close(end)

    def end(self, seconds):
        """Kill it with everything that it started, and wait so long for it to be gone."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                kill(self.pid, signal.SIGKILL)
        wait_for_killed_child_to_end(self.pid, seconds)
        os.close(self.pipe)


def _live_as_child(work, end, memory):
    """Run the child's whole life; it never returns into the caller's code."""
    code = 1
    try:
        os.setsid()
        os.dup2(end, 3)
        os.closerange(4, MAX_HANDLES)
        if memory is not None:
            _limit_memory_and_die_with_parent(memory)
        silence = os.open(os.devnull, os.O_RDWR)
        for handle in (0, 1, 2):
            os.dup2(silence, handle)
        with os.fdopen(3, "wb") as pipe:
            work(pipe)
        code = 0
    finally:
        os._exit(code)


def _limit_memory_and_die_with_parent(memory):
    ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    with open("/proc/self/statm", encoding="ascii") as handle:
        most = int(handle.read().split()[0]) * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


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
