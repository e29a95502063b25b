"""Work on what lesser users shape, in a process of its own: it may block for ever, or want all memory, and is left.

A read below a file system that somebody's program serves need never end, and cannot always be killed. So such work
never happens in the process that everything else waits for.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import time

from ansible.module_utils.luytre_shared.os.reap import wait_for_killed_child_to_end

MEMORY = 1024 * 1024 * 1024
"""That the work may want besides what we have."""
MAX_ANSWER = 512 * 1024 * 1024
PIECE = 1 << 20
END_SECONDS = 10
"""For a process to be gone that was ended."""
_DIES_WITH_PARENT = 1


class WorkerFailure(Exception):
    """The work did not come to its end; the message says why: ``blocked`` or ``broken``."""


def run_in_child_process_within_seconds(work, seconds):
    """Return what ``work()`` returned, as JSON carries it.

    Raises WorkerFailure, at the latest after that many seconds.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run_work_as_child_process(work, writing)
    os.close(writing)
    try:
        answer = _read_pipe_until_end_or_deadline(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        _kill_child_without_endless_wait(child)
    try:
        return json.loads(answer.decode("ascii"))
    except ValueError:
        raise WorkerFailure("broken")


def _run_work_as_child_process(work, pipe):
    """Do the work and end; nothing of the parent's is held by what may have to be left: no lock, no pipe."""
    code = 1
    try:
        os.dup2(pipe, 3)
        os.closerange(4, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        most = _measure_memory_of_this_process() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        silence = os.open(os.devnull, os.O_RDWR)
        for handle in (0, 1, 2):
            os.dup2(silence, handle)
        content = memoryview(json.dumps(work()).encode("ascii"))
        while content:
            content = content[os.write(3, content[:PIECE]) :]
        code = 0
    finally:
        os._exit(code)


def _measure_memory_of_this_process():
    with open("/proc/self/statm", encoding="ascii") as handle:
        return int(handle.read().split()[0]) * resource.getpagesize()


def _read_pipe_until_end_or_deadline(pipe, deadline):
    pieces, size = [], 0
    while True:
        seconds_left = deadline - time.monotonic()
        if seconds_left <= 0 or not select.select([pipe], [], [], seconds_left)[0]:
            raise WorkerFailure("blocked")
        piece = os.read(pipe, PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > MAX_ANSWER:
            raise WorkerFailure("broken")


def _kill_child_without_endless_wait(child_pid):
    """End the process without waiting for ever for one that cannot be ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child_pid, signal.SIGKILL)
    wait_for_killed_child_to_end(child_pid, END_SECONDS)
