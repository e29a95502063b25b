"""A receiver of messages, or somebody on the way to one, who wants to hold the spool, fill memory or write over a terminal."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from auditor.errors import InputError
from auditor.mail import deliver, notice, webhook
from auditor.mail.deliver import DeliveryResult
from auditor.mail.spool import Spool
from auditor.system import credentials
from tests.mail_server import Authority
from tests.unit.mail.test_deliver import Clock, letter, mail_yml, put, run
from tests.unit.mail.test_webhook import RUN, SECRET, authority, spool, told

__all__ = ["authority", "spool"]
Behaviour = Callable[[socket.socket], None]


@contextmanager
def behaving(how: Behaviour) -> Iterator[int]:
    """A server on this machine that does that with whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        met: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                met.append(connection)
                with connection, contextlib.suppress(OSError):
                    how(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for one in met:  # who is gone may have left a full window behind: TCP asks again ever more seldom
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        assert not thread.is_alive()


def for_ever(first: bytes, then: bytes, pause: float = 0.0) -> Behaviour:
    """Say something, and then something else until the other side goes; at most for 20 s."""

    def how(connection: socket.socket) -> None:
        until = time.monotonic() + 20
        connection.sendall(first)
        while time.monotonic() < until:
            connection.sendall(then)
            time.sleep(pause)

    return how


def silent(first: bytes) -> Behaviour:
    """Say something, and no more."""

    def how(connection: socket.socket) -> None:
        connection.sendall(first)
        while connection.recv(65_536):
            pass

    return how


def once(words: bytes) -> Behaviour:
    def how(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(words)

    return how


def posted(tmp_path: Path, spool: Spool, port: int) -> tuple[DeliveryResult, float]:
    """What became of a notice, and how long that took."""
    key = tmp_path / "webhook.secret"
    key.write_text(SECRET)
    key.chmod(0o600)
    file = tmp_path / webhook.FILE
    file.write_text(yaml.safe_dump({"url": f"http://127.0.0.1:{port}/bi-mat", "secret_file": key.name}))
    began = time.monotonic()
    (done,) = told(spool, file, Clock())
    return done, time.monotonic() - began


@pytest.mark.parametrize(
    "how",
    [
        for_ever(b"HTTP/1.1 200 OK\r\n", b"X", 0.01),
        for_ever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100),
        silent(b""),
    ],
    ids=["drips a header", "never comes to its answer", "says nothing"],
)
def test_a_webhook_holds_the_spool_no_longer_than_a_message_may_take(
    how: Behaviour, tmp_path: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "_MESSAGE_SECONDS", 0.3)
    with behaving(how) as port:
        done, seconds = posted(tmp_path, spool, port)
    assert done.state == "waiting" and done.why is not None and "longer than 0.3 s" in done.why
    assert seconds < 5


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 5_000_000 + b"\r\n\r\n", "waiting"),
        (b"\x1b[2J\x07" + b"\r\n" * 3000, "waiting"),
        (b"HTTP/1.1 500 \x1b[31m\xff\r\n\r\n", "waiting"),
        (b"HTTP/1.1 307 X\r\nLocation: http://169.254.169.254/\r\n\r\n", "parked"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"a" * 1_000_000, "sent"),
    ],
    ids=["a giant header", "a terminal's commands", "odd words", "a redirect", "a giant answer"],
)
def test_what_a_webhook_says_is_of_no_use_to_it(words: bytes, state: str, tmp_path: Path, spool: Spool) -> None:
    with behaving(once(words)) as port:
        done, seconds = posted(tmp_path, spool, port)
    assert done.state == state and seconds < 5
    assert done.why is None or (done.why.isprintable() and len(done.why) <= 200 and "bi-mat" not in done.why)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (for_ever(b"", b"220-a\r\n" * 1000), "its answer has no end"),
        (for_ever(b"220", b"-", 0.01), "longer than 0.3 s"),
        (silent(b"220 ready\r\n"), "longer than 0.3 s"),
    ],
    ids=["an answer without an end", "drips its greeting", "says no more"],
)
def test_a_mail_server_costs_bounded_time_and_memory(
    how: Behaviour, why: str, tmp_path: Path, authority: Authority, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "_LOGIN_SECONDS", 0.3 if "longer" in why else 20)
    monkeypatch.setattr(deliver, "_SECONDS", 20)
    clock, began = Clock(), time.monotonic()
    with behaving(how) as port:
        put(spool, mail_yml(tmp_path, authority, port), clock, letter())
        (done,) = run(spool, clock)
    assert done.state == "waiting" and done.why is not None and why in done.why
    assert time.monotonic() - began < 8


def test_a_message_is_signed_as_it_goes_whatever_the_run_is_called(spool: Spool) -> None:
    evil = RUN.model_copy(update={"id": "x\r\nLuytre-Signature: v1=0"})
    written = notice.prepare_webhook_message_about_run(evil, "https://x.test", None)
    assert b"\r\n" not in written.content


def test_a_secret_that_is_a_pipe_or_a_link_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "link").symlink_to("/etc/hostname")
    for name in ("pipe", "link"):
        with pytest.raises(InputError):
            credentials.read_secret_from_private_file(tmp_path / name)
