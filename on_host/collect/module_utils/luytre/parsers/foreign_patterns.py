"""Work that is decided by patterns which others wrote, done where it can be ended.

No pattern costs more than its piece.
"""

import json
import mmap
import os
import resource
import selectors
import signal
import time

BOUNDS = (0.5, 4.0)
"""Seconds that a piece of work may take: at first, and in a second round once all others are done."""
MAX_ANSWER = 8_000_000
MEMORY = 2 << 30
_PLACE = 2_000


class PatternFailure:
    """In the place of a piece's answer: ``why`` as in ``auditor.facts.web._web.VhostReadError``, ``file`` whose pattern
    was tried.
    """

    def __init__(self, why, file):
        self.why, self.file = why, file

    def convert_to_fact(self, file):
        """Return it as an ``auditor.facts.web._web.VhostReadError``; ``file`` is named where no pattern was tried."""
        return {"why": self.why, "file": self.file or file}


_note = None


def note_file_of_next_pattern(file):
    """Say whose pattern is tried next, so that it can be named if it never ends."""
    if _note is not None:
        _note(file)


def run_functions_in_child(functions, deadline):
    """Return the answer of each of ``functions``, which give JSON data and are called in a child of this process.

    A child does one after the other; one that takes longer than its bound ends with it, and another goes on with the
    next. An ``PatternFailure`` stands for one that was late in every round, that ended its child, or that raised.
    """
    answers = [PatternFailure("no_time", "")] * len(functions)
    pending = list(range(len(functions)))
    for seconds in BOUNDS:
        late = []
        while pending and time.monotonic() < deadline:
            child_answers, file = _run_functions_in_one_child(
                [functions[number] for number in pending], seconds, deadline
            )
            for number, answer in zip(pending, child_answers):
                answers[number] = answer
            pending = pending[len(child_answers) :]
            if pending:
                answers[pending[0]] = PatternFailure("patterns", file)
                late.append(pending.pop(0))
        pending = late
    return answers


def _run_functions_in_one_child(functions, seconds, deadline):
    """Return ``(answers of the first pieces, the file that was tried when the next one was ended)``."""
    place = mmap.mmap(-1, _PLACE)
    pipe, end = os.pipe()
    pid = os.fork()
    if pid == 0:
        _run_child(functions, end, place)
    os.close(end)
    try:
        answers = _read_child_answers(pipe, len(functions), seconds, deadline)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(pipe)
    return answers, place[:].rstrip(b"\0").decode("utf-8", "replace")


def _read_child_answers(pipe, count, seconds, deadline):
    answers, text, total = [], b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        until = min(deadline, time.monotonic() + seconds)
        while len(answers) < count and total <= MAX_ANSWER:
            if not selector.select(max(0.0, until - time.monotonic())):
                break
            part = os.read(pipe, 1 << 16)
            if not part:
                break
            total += len(part)
            *lines, text = (text + part).split(b"\n")
            for line in lines:
                answer = json.loads(line.decode("utf-8"))
                answers.append(answer["data"] if "data" in answer else PatternFailure("not_understood", answer["file"]))
                until = min(deadline, time.monotonic() + seconds)
    return answers


def _run_child(functions, pipe_end, place):
    """Run the child's whole life; it never returns into the caller's code."""
    global _note
    last = [""]

    def note(file):
        if file != last[0]:
            last[0] = file
            place[:] = file.encode("utf-8", "replace")[:_PLACE].ljust(_PLACE, b"\0")

    try:
        _note = note
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        with os.fdopen(pipe_end, "wb") as pipe:
            for piece in functions:
                note("")
                try:
                    answer = {"data": piece()}
                except Exception:
                    answer = {"file": last[0]}
                pipe.write(json.dumps(answer).encode() + b"\n")
                pipe.flush()
    finally:
        os._exit(0)
