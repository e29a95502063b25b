"""Children that work on bytes of others for us.

They end when these bytes are built to cost time or memory, or to break a parser.

A child answers one question at a time, as nobody, and lives on while questions are harmless.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, LifoQueue
from typing import Any

from auditor.system import message_framing, sandbox

_PIECE = 65_536


class UnreadableContent(ValueError):
    """Content that is not read."""


class CostlyContent(UnreadableContent):
    """Content that cannot be read at a reasonable price."""


class ChildProcessPool:
    """As many children as this machine has processors, each running ``python -m MODULE`` when it is first asked."""

    def __init__(self, module: str, longest: int) -> None:
        """Start with ``longest``: bytes of one question or answer."""
        self._idle: LifoQueue[_ChildProcess] = LifoQueue()
        for _ in range(os.cpu_count() or 1):
            self._idle.put(_ChildProcess(module, longest))
        atexit.register(self._kill_idle_children)

    def ask_idle_child(self, question: Mapping[str, Any], seconds: float, places: Sequence[str] = ()) -> dict[str, Any]:
        """Return what a child answers, which may read the folders ``places``.

        Raises UnreadableContent when it does not in ``seconds``, CostlyContent when it is not worth it.
        """
        ends = time.monotonic() + seconds
        try:
            child = self._idle.get(timeout=seconds)
        except Empty:
            raise UnreadableContent("other pages took all the time for reading") from None
        try:
            return child.ask_child_until_deadline(question, ends, tuple(places))
        except BaseException:
            child.kill_child()
            raise
        finally:
            self._idle.put(child)

    def _kill_idle_children(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                self._idle.get_nowait().kill_child()


class _ChildProcess:
    """Started when it is first asked, and again when it was ended."""

    def __init__(self, module: str, longest: int) -> None:
        self._module, self._longest = module, longest
        self._process: subprocess.Popen[bytes] | None = None
        self._places: tuple[str, ...] = ()
        self._has_greeted = False

    def ask_child_until_deadline(
        self, question: Mapping[str, Any], deadline: float, places: tuple[str, ...]
    ) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None or self._places != places:
            self.kill_child()
            self._places, self._has_greeted = places, False
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", self._module, *places],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={},
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise UnreadableContent("no reader")
        remaining_bytes, answers = (
            memoryview(message_framing.pack_message(question)),
            message_framing.MessageUnpacker(self._longest),
        )
        os.set_blocking(stdin.fileno(), False)
        while True:
            wait = deadline - time.monotonic()
            if wait <= 0:
                raise UnreadableContent("this page takes too long to read")
            readable, writable, _ = select.select([stdout], [stdin] if remaining_bytes else [], [], wait)
            if writable:
                with contextlib.suppress(BrokenPipeError):
                    remaining_bytes = remaining_bytes[os.write(stdin.fileno(), remaining_bytes[:_PIECE]) :]
            if readable:
                piece = os.read(stdout.fileno(), _PIECE)
                if not piece:
                    raise CostlyContent("this page is built to cost time or memory")
                for answer in answers.iter_messages(piece):
                    if self._has_greeted:
                        return answer
                    sandbox.note_whether_child_was_isolated(answer.get("apart") is True)
                    self._has_greeted = True

    def kill_child(self) -> None:
        if self._process is not None:
            self._process.kill()
            with self._process:
                self._process = None


def answer_questions_as_child(
    answer: Callable[[dict[str, Any]], Mapping[str, Any]], memory: int, seconds: float, longest: int
) -> None:
    """Do what a child does: say whether it is apart, and answer until nobody asks any more.

    It has ``memory`` bytes of addresses, and for each question ``seconds`` of a processor's time.
    """
    os.write(1, message_framing.pack_message({"apart": sandbox.confine_this_process_to_sandbox(memory, sys.argv[1:])}))
    questions = message_framing.MessageUnpacker(longest)
    while piece := os.read(0, _PIECE):
        for question in questions.iter_messages(piece):
            signal.setitimer(signal.ITIMER_PROF, seconds)
            message = message_framing.pack_message(answer(question))
            signal.setitimer(signal.ITIMER_PROF, 0)
            remaining_bytes = memoryview(message)
            while remaining_bytes:
                remaining_bytes = remaining_bytes[os.write(1, remaining_bytes) :]
