"""Versions of TLS that are answered: asked of real servers, and of those that answer as they like."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.web_servers import handshakes
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no silent server."""
    monkeypatch.setattr(handshakes, "SECONDS", 60.0)
    monkeypatch.setattr(handshakes, "OWNERS", {"0", str(os.geteuid())})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate in one file."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    made = ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=antruc.test", "-days", "9"]
    said = subprocess.run([*made, "-keyout", "-", "-out", "-"], check=True, capture_output=True).stdout
    path.write_bytes(said)
    return path


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server on the loopback that meets each connection so, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        answer(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def speaking(certificate: Path, ciphers: str, oldest: ssl.TLSVersion, newest: ssl.TLSVersion) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_ciphers(ciphers)
    context.minimum_version, context.maximum_version = oldest, newest
    seen: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: seen.append(name)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True):
            pass

    return answer, seen


def asked(port: int, name: str = "antruc.test") -> list[str] | None:
    return handshakes.probe_tls_versions("*", port, name, time.monotonic() + 60)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("ciphers", "oldest", "newest", "wanted"),
    [
        ("DEFAULT@SECLEVEL=0", ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_3, ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"]),
        ("DEFAULT@SECLEVEL=2", ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_3, ["TLSv1.3", "TLSv1.2"]),
        ("DEFAULT@SECLEVEL=0", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, ["TLSv1.2"]),
        ("DEFAULT", ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3, ["TLSv1.3"]),
    ],
)  # fmt: skip
def test_what_is_allowed_and_answered(
    certificate: Path, ciphers: str, oldest: ssl.TLSVersion, newest: ssl.TLSVersion, wanted: list[str]
) -> None:
    answer, seen = speaking(certificate, ciphers, oldest, newest)
    with server(answer) as port:
        assert asked(port) == wanted
    assert set(seen) == {"antruc.test"}


def test_a_client_of_openssl_gets_the_same_answers(certificate: Path) -> None:
    """Our first message is one that leads to a handshake, for what OpenSSL's own client can offer, too."""
    answer, _ = speaking(certificate, "DEFAULT", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    with server(answer) as port:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.minimum_version = context.maximum_version = version
            with (
                socket.create_connection(("127.0.0.1", port), 10) as plain,
                context.wrap_socket(plain, server_hostname="antruc.test") as spoken,
            ):
                assert spoken.version() in (asked(port) or ())


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x16\x03\x01\xff\xff" + b"\x02" * 70_000,
        b"\x16\x03\x03\x00\x04\x02\x00\x00\x00",
        b"\x15\x03\x03\x00\x02\x02\x46",
    ],
)
def test_what_is_no_answer_of_tls(said: bytes) -> None:
    with server(lambda connection: connection.sendall(said)) as port:
        assert asked(port) == []


def test_silence_costs_its_time_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshakes, "SECONDS", 0.05)
    questions, ask = [], handshakes._send_and_read_first_record

    def said(*question: Any) -> Any:
        questions.append(question)
        return ask(*question)

    def silent(connection: socket.socket) -> None:
        while connection.recv(1000):
            pass

    monkeypatch.setattr(handshakes, "_send_and_read_first_record", said)
    with server(silent) as port:
        assert asked(port) is None
    assert len(questions) == 1, "who does not answer is not asked again"


def test_who_is_slow_for_one_version_has_refused_none(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken, _ = speaking(certificate, "DEFAULT", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    met = []

    def answer(connection: socket.socket) -> None:
        met.append(1)
        if len(met) > 1:
            monkeypatch.setattr(handshakes, "SECONDS", 0.0)
        spoken(connection)

    with server(answer) as port:
        assert asked(port) is None


@pytest.mark.parametrize("theirs", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_who_listens_where_a_web_server_should_and_is_not_root_is_not_believed(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    """Whoever takes a port that a stopped server left would answer in TLS 1.3 alone."""
    tables = {"/proc/net/tcp": "", "/proc/net/tcp6": ""}
    monkeypatch.setattr(handshakes, "read_text", lambda path, _limit: tables[path])
    modern = ssl.TLSVersion.TLSv1_3
    answer, _seen = speaking(certificate, "DEFAULT", modern, modern)
    with server(answer) as port:
        digits = "".join(f"{int(part):02X}" for part in reversed(theirs.split(".")))
        line = f"\n 0: {digits}:{port:04X} 00000000:0000 0A 0:0 00:0 0 {{}} 0 4711 1 x"
        for uid, told in (("0", ["TLSv1.3"]), ("33", []), ("0 0 4711 1 x" + line.format("33"), [])):
            tables["/proc/net/tcp"] = "head" + line.format(uid)
            assert handshakes.probe_tls_versions("127.0.0.1", port, "", time.monotonic() + 60) == told
        tables["/proc/net/tcp"] = "head"
        assert handshakes.probe_tls_versions("127.0.0.1", port, "", time.monotonic() + 60) == []


def test_only_this_host_is_asked() -> None:
    started = time.monotonic()
    for address in ("192.0.2.7", "[2001:db8::7]", "antruc.test", "unix:/run/x"):
        assert handshakes.probe_tls_versions(address, 443, "antruc.test", started + 20) == []
    assert handshakes.probe_tls_versions("*", 443, "antruc.test", started - 1) is None, "the time is over"


@given(st.binary(max_size=200), st.integers(0, 255))
def test_any_record_is_read(rest: bytes, kind: int) -> None:
    assert handshakes.parse_version_of_tls_record(bytes([kind]) + rest) in (None, *handshakes.VERSIONS)


def test_a_server_hello_cut_anywhere() -> None:
    body = b"\x03\x03" + b"r" * 32 + b"\0\x13\x01\0" + b"\0\x06\0\x2b\0\x02\x03\x04"
    message = b"\x02\0" + len(body).to_bytes(2, "big") + body
    record = b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message
    assert handshakes.parse_version_of_tls_record(record) == "TLSv1.3"
    for end in range(44):
        assert handshakes.parse_version_of_tls_record(record[:end]) is None
    for end in range(44, len(record)):
        assert handshakes.parse_version_of_tls_record(record[:end]) in ("TLSv1.2", "TLSv1.3")


def test_virtual_hosts_are_told_what_they_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    places = []

    def answered(address: str, port: int, name: str, _ends: float) -> list[str] | None:
        places.append((address, port, name))
        return ["TLSv1.3", "TLSv1.2"] if port == 443 else None

    monkeypatch.setattr(handshakes, "probe_tls_versions", answered)
    listens = [
        {"address": "*", "port": 443, "tls": True},
        {"address": "*", "port": 80, "tls": False},
        {"address": "*", "port": 443, "tls": True},
        {"address": "*", "port": 8443, "tls": True},
    ]
    names = ["_", "*.antruc.test", "~^x", "antruc.test"]
    vhosts: list[dict[str, Any]] = [
        {"names": names, "listens": listens, "tls": {"ciphers": None}},
        {"names": [], "listens": [], "tls": None},
    ]
    handshakes.add_answered_tls_versions(vhosts, time.monotonic() + 5, skip_places={("*", 8443)})
    assert vhosts[0]["tls"] == {"ciphers": None, "answered": ["TLSv1.2", "TLSv1.3"]} and vhosts[1]["tls"] is None
    assert places == [("*", 443, "antruc.test")]
    handshakes.add_answered_tls_versions(vhosts, time.monotonic() + 5)
    assert vhosts[0]["tls"]["answered"] == [], "one of its addresses was too slow to tell"
