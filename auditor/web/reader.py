"""Pages read by children, which end when a page is built to cost time or memory, or to break the parser.

A child reads one page at a time, as nobody, and lives on while pages are harmless.
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
from collections.abc import Mapping
from queue import Empty, LifoQueue
from typing import Any

from auditor.system import wire
from auditor.system.confined import confine
from auditor.web import page
from auditor.web.page import Page

PAGE_SECONDS = 1.5
"""Of a processor's time for one page. The largest that is fetched takes at most 0.3 s when nobody built it to cost time
(lists of ten thousand options, blank lines, rows of tags that are never closed), an ordinary one 0.01 s; a machine that
does much else takes longer over the same."""
MEMORY = 200_000_000
"""Bytes of addresses of a child."""
_MAX_MESSAGE = 16_000_000
_PIECE = 65_536


class Unreadable(ValueError):
    """A page that is not read."""


class Costly(Unreadable):
    """A page that cannot be read at a reasonable price."""


def read(body: bytes, url: str, seconds: float) -> Page:
    """The page at ``url``, whatever the bytes. Raises Unreadable when it is not read in ``seconds``, Costly when it is not worth it."""
    ends = time.monotonic() + seconds
    child = _child(seconds)
    try:
        return _page(child.ask({"html": body.decode("utf-8", "replace"), "url": url}, ends))
    except BaseException:
        child.end()
        raise
    finally:
        _CHILDREN.put(child)


class _Child:
    """Started when it is first asked, and again when it was ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, question: Mapping[str, Any], ends: float) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self.end()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={},
            )
        given, told = self._process.stdin, self._process.stdout
        if given is None or told is None:
            raise Unreadable("no reader")
        left, answers = memoryview(wire.packed(question)), wire.Unpacker(_MAX_MESSAGE)
        os.set_blocking(given.fileno(), False)
        while True:
            wait = ends - time.monotonic()
            if wait <= 0:
                raise Unreadable("this page takes too long to read")
            readable, writable, _ = select.select([told], [given] if left else [], [], wait)
            if writable:
                with contextlib.suppress(BrokenPipeError):
                    left = left[os.write(given.fileno(), left[:_PIECE]) :]
            if readable:
                piece = os.read(told.fileno(), _PIECE)
                if not piece:
                    raise Costly("this page is built to cost time or memory")
                for answer in answers.messages(piece):
                    return answer

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with self._process:
                self._process = None


_CHILDREN: LifoQueue[_Child] = LifoQueue()
for _ in range(os.cpu_count() or 1):
    _CHILDREN.put(_Child())


def _child(seconds: float) -> _Child:
    try:
        return _CHILDREN.get(timeout=seconds)
    except Empty:
        raise Unreadable("other pages took all the time for reading") from None


@atexit.register
def _end_all() -> None:
    with contextlib.suppress(Empty):
        while True:
            _CHILDREN.get_nowait().end()


def _page(told: Mapping[str, Any]) -> Page:
    return Page(
        title=str(told["title"]),
        lines=frozenset(map(str, told["lines"])),
        headings=frozenset(map(str, told["headings"])),
        complaints=frozenset(map(str, told["complaints"])),
        asset=None if told["asset"] is None else str(told["asset"]),
    )


def serve() -> None:
    """What a child does: read pages until nobody asks any more."""
    confine(MEMORY)
    questions = wire.Unpacker(_MAX_MESSAGE)
    while piece := os.read(0, _PIECE):
        for question in questions.messages(piece):
            signal.setitimer(signal.ITIMER_PROF, PAGE_SECONDS)
            told = vars(page.read(question["html"], question["url"]))
            signal.setitimer(signal.ITIMER_PROF, 0)
            left = memoryview(wire.packed({key: list(v) if isinstance(v, frozenset) else v for key, v in told.items()}))
            while left:
                left = left[os.write(1, left) :]


if __name__ == "__main__":
    serve()
