"""Work on what lesser users shape, in a process of its own: it may block for ever, or want all memory, and is left.

A read below a file system that somebody's program serves need never end, and cannot always be killed. So such work
never happens in the process that everything else waits for.
"""

import json
import os
import select
import time

from ansible.module_utils.luytre_shared.os.child_process import ChildProcess

MEMORY = 1024 * 1024 * 1024
"""That the work may want besides what we have."""
MAX_ANSWER = 512 * 1024 * 1024
PIECE = 1 << 20
END_SECONDS = 10
"""For a process to be gone that was ended."""


class WorkerFailure(Exception):
    """The work did not come to its end; the message says why: ``blocked`` or ``broken``."""


def run_in_child_process_within_seconds(work, seconds):
    """Return what ``work()`` returned, as JSON carries it.

    Raises WorkerFailure, at the latest after that many seconds.
    """
    child = ChildProcess(lambda pipe: pipe.write(json.dumps(work()).encode("ascii")), MEMORY)
    try:
        answer = _read_pipe_until_end_or_deadline(child.pipe, time.monotonic() + seconds)
    finally:
        child.end(END_SECONDS)
    try:
        return json.loads(answer.decode("ascii"))
    except ValueError:
        raise WorkerFailure("broken")


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
