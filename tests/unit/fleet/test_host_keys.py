"""What OpenSSH's tools pass on of a server's words is in any bytes."""

from __future__ import annotations

import socket
import threading

import pytest

from auditor.errors import InputError
from auditor.fleet import host_keys


def greet(listening: socket.socket, words: bytes) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            connection.sendall(words)


def test_a_server_whose_name_is_no_text_has_no_keys() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        hostile = b"SSH-2.0-\xff\xfe\x1b[31m\xe2\x80\xaeroot\r\n"
        threading.Thread(target=greet, args=(listening, hostile), daemon=True).start()
        with pytest.raises(InputError):
            host_keys.scan_keys("127.0.0.1", listening.getsockname()[1])
