"""One time for all that goes on within it, however slowly the other side drips."""

from __future__ import annotations

import socket
import time

import pytest

from auditor.system.deadline import Deadline


def test_what_waits_on_a_connection_is_cut_when_the_time_is_over() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(0.05) as deadline:
        deadline.watch_connection_to_cut(ours)
        assert ours.recv(1) == b""
        assert deadline.explain_error_or_timeout(OSError("reset")) == "longer than 0.05 s"


def test_a_connection_that_comes_too_late_is_cut_at_once_and_nothing_is_left() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(0) as deadline:
        time.sleep(0.01)
        deadline.watch_connection_to_cut(ours)
        assert ours.recv(1) == b""
        with pytest.raises(TimeoutError, match="longer than 0 s"):
            deadline.get_remaining()


def test_before_its_time_is_over_an_error_has_its_own_words() -> None:
    with Deadline(60) as deadline:
        assert 0 < deadline.get_remaining() <= 60
        assert deadline.explain_error_or_timeout(OSError("reset")) == "reset"
        assert deadline.explain_error_or_timeout(OSError()) == "OSError"
