"""A webhook on a real HTTPS server: signed, verified, tried again through the spool of mails, told once."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.errors import InputError
from auditor.mail import deliver, notice, webhook
from auditor.mail.deliver import DeliveryResult
from auditor.mail.spool import Spool
from tests import factory
from tests.mail_server import Authority, free_port
from tests.unit.mail.test_deliver import HOUR, Clock

SECRET = "mot-bi-mat-du-dai-0123456789"  # noqa: S105
RUN = factory.run()


@dataclass
class Heard:
    """What the server was told, and what it answers."""

    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """To the next messages, one each; then 204."""


@contextmanager
def listening(heard: Heard, tls: ssl.SSLContext | None) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            heard.headers.append(dict(self.headers))
            heard.paths.append(self.path)
            status = heard.answers.pop(0) if heard.answers else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "state/spool.sqlite")


def settings(tmp_path: Path, authority: Authority, url: str, **more: Any) -> Path:
    key = tmp_path / "webhook.secret"
    key.write_text(f"{SECRET}\n")
    key.chmod(0o600)
    file = tmp_path / webhook.FILE
    said = {"url": url, "secret_file": key.name, "ca_file": str(authority.file), **more}
    file.write_text(yaml.safe_dump(said))
    return file


def told(spool: Spool, file: Path, clock: Clock) -> list[DeliveryResult]:
    """Put the notice of the run, and try what is due."""
    spool.add_mails_to_send(
        [
            notice.prepare_webhook_message_about_run(
                RUN, webhook.get_https_origin_of_webhook_url(webhook.load_webhook_settings(file), file), "seal"
            )
        ],
        file,
        clock(),
    )
    done: list[DeliveryResult] = []
    deliver.deliver_mails_by_their_settings(spool, clock, spool.list_due(clock()), done.append)
    return done


def test_arrives_signed_over_tls_and_once(tmp_path: Path, authority: Authority, spool: Spool) -> None:
    heard, clock = Heard(), Clock()
    with listening(heard, authority.context("127.0.0.1")) as port:
        file = settings(tmp_path, authority, f"https://127.0.0.1:{port}/hook/bi-mat?x=1")
        (done,) = told(spool, file, clock)
        assert (done.state, done.mail.recipient) == ("sent", f"https://127.0.0.1:{port}")
        assert told(spool, file, clock) == []
    (body,), (headers,) = heard.bodies, heard.headers
    assert heard.paths == ["/hook/bi-mat?x=1"]
    wanted = hmac.new(SECRET.encode(), headers["Luytre-Timestamp"].encode() + b"." + body, hashlib.sha256)
    assert headers["Luytre-Signature"] == f"v1={wanted.hexdigest()}"
    assert headers["Luytre-Timestamp"] == str(int(clock().timestamp()))
    assert headers["Luytre-Delivery"] == hashlib.sha256(body).hexdigest()
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body)["run"] == RUN.id


def test_names_sites_and_how_they_stand_and_no_server() -> None:
    message = json.loads(notice.prepare_webhook_message_about_run(RUN, "https://x.test", None).content)
    assert message["schema"] == "luytre/webhook/1"
    assert {site["domain"] for site in message["sites"]} == {site.domain for host in RUN.hosts for site in host.sites}
    assert any(sum(site["open"].values()) for site in message["sites"])
    said = json.dumps(message["sites"])
    for host in RUN.hosts:
        assert host.address not in said and f'"{host.name}"' not in said
    assert not any(finding.control in said for finding in RUN.findings)


@pytest.mark.parametrize(
    ("answer", "state", "why"),
    [
        (500, "waiting", "500"),
        (429, "waiting", "429"),
        (401, "waiting", "401"),
        (404, "parked", "404"),
        (301, "parked", "301, and redirects are not followed"),
        (307, "parked", "307, and redirects are not followed"),
    ],
)
def test_what_is_not_taken_waits_or_is_parked(
    tmp_path: Path, authority: Authority, spool: Spool, answer: int, state: str, why: str
) -> None:
    heard, clock = Heard(answers=[answer]), Clock()
    with listening(heard, authority.context("127.0.0.1")) as port:
        file = settings(tmp_path, authority, f"https://127.0.0.1:{port}/bi-mat")
        (done,) = told(spool, file, clock)
        assert (done.state, done.why) == (state, f"https://127.0.0.1:{port}: {why}")
        assert heard.paths == ["/bi-mat"]
        clock.now += HOUR
        again = told(spool, file, clock)
    assert [one.state for one in again] == ["sent"]
    assert heard.bodies[0] == heard.bodies[1]
    assert heard.headers[0]["Luytre-Delivery"] == heard.headers[1]["Luytre-Delivery"]
    assert heard.headers[0]["Luytre-Signature"] != heard.headers[1]["Luytre-Signature"]


def test_a_server_that_does_not_prove_who_it_is_is_told_nothing(
    tmp_path: Path, authority: Authority, spool: Spool
) -> None:
    heard, clock = Heard(), Clock()
    other = Authority(tmp_path / "other")
    for tls in (other.context("127.0.0.1"), authority.context("hook.test"), authority.context("127.0.0.1", days=-1)):
        with listening(heard, tls) as port:
            done = told(spool, settings(tmp_path, authority, f"https://127.0.0.1:{port}/bi-mat"), clock)
        assert [one.state for one in done] == ["waiting"] and "certificate" in str(done[0].why).lower()
    assert heard.bodies == []


def test_what_waits_shows_neither_the_secret_nor_the_address(
    tmp_path: Path, authority: Authority, spool: Spool
) -> None:
    clock = Clock()
    file = settings(tmp_path, authority, f"https://127.0.0.1:{free_port()}/bi-mat")
    (done,) = told(spool, file, clock)
    assert done.state == "waiting"
    said = repr((done, spool.list_mails()))
    assert "bi-mat" not in said and SECRET not in said
    for left in spool.path.parent.iterdir():
        assert b"bi-mat" not in left.read_bytes() and SECRET.encode() not in left.read_bytes()
    with webhook.open_webhook_with_secret(file, webhook.load_webhook_settings(file)) as hook:
        assert "bi-mat" not in repr(hook) and SECRET not in repr(hook)


def test_on_this_machine_it_may_be_http(tmp_path: Path, authority: Authority, spool: Spool) -> None:
    heard = Heard()
    with listening(heard, None) as port:
        (done,) = told(spool, settings(tmp_path, authority, f"http://127.0.0.1:{port}/"), Clock())
    assert done.state == "sent" and len(heard.bodies) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.test/",
        "http://localhost/",
        "http://127.0.0.1.hook.test/",
        "ftp://127.0.0.1/",
        "https://user:pass@hook.test/",
        "https://hook.test/#x",
        "https:///x",
        "https://hook.test:99999/",
        "https://hook.test/a b",
        "hook.test",
    ],
)
def test_nothing_goes_in_the_clear_or_nowhere(tmp_path: Path, authority: Authority, url: str) -> None:
    with pytest.raises(InputError) as caught:
        webhook.load_webhook_settings(settings(tmp_path, authority, url))
    assert "url: " in str(caught.value) and "pass" not in caught.value.what


@pytest.mark.parametrize(("content", "mode"), [("short", 0o600), (SECRET, 0o640)])
def test_a_secret_that_is_short_or_that_others_read_is_not_used(
    tmp_path: Path, authority: Authority, spool: Spool, content: str, mode: int
) -> None:
    heard = Heard()
    with listening(heard, authority.context("127.0.0.1")) as port:
        file = settings(tmp_path, authority, f"https://127.0.0.1:{port}/")
        (tmp_path / "webhook.secret").write_text(content)
        (tmp_path / "webhook.secret").chmod(mode)
        (done,) = told(spool, file, Clock())
    assert done.state == "waiting" and heard.bodies == []
