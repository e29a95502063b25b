"""A time after which a connection is cut, however slowly the other side drips.

A socket's own timeout begins anew with every byte.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self


class Deadline:
    """A context; while it lasts, the connections that it watches are cut once ``seconds`` are over.

    What waits on them then fails.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut_watched_connections)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._watched:
                connection.close()
            self._watched.clear()

    def get_remaining(self) -> float:
        """Return the remaining seconds. Raises TimeoutError when there are none."""
        seconds_left = self._ends - time.monotonic()
        if seconds_left <= 0:
            raise TimeoutError(self._timeout_message)
        return seconds_left

    def explain_error_or_timeout(self, error: Exception) -> str:
        """Return what to say of an error that came meanwhile: that the time is over, or its own words."""
        return self._timeout_message if self._is_over else str(error) or type(error).__name__

    @property
    def _timeout_message(self) -> str:
        return f"longer than {self._seconds:g} s"

    @property
    def _is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def watch_connection_to_cut(self, connection: socket.socket) -> None:
        """Cut this connection as well, in whatever it is wrapped later."""
        with self._lock:
            self._watched.append(socket.socket(fileno=os.dup(connection.fileno())))
        if self._is_over:  # the timer came before the connection
            self._cut_watched_connections()

    def trace_httpx_connections(self, event: str, details: Mapping[str, Any]) -> None:
        """Watch what a request connects; for httpx's extension of that name."""
        if event == "connection.connect_tcp.complete":
            self.watch_connection_to_cut(details["return_value"].get_extra_info("socket"))

    def _cut_watched_connections(self) -> None:
        with self._lock:
            for connection in self._watched:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
