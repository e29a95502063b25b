from __future__ import annotations

import datetime
import logging
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.errors import InputError
from auditor.mail import deliver, settings
from auditor.mail.deliver import DeliveryResult
from auditor.mail.message import Attachment, Letter, PreparedMail
from auditor.mail.spool import Mail, Spool
from tests.mail_server import PASSWORD, Authority, Received, free_port, serving

START = datetime.datetime.fromisoformat("2026-11-20T08:00:00+07:00")
HOUR = datetime.timedelta(hours=1)


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime.datetime:
        return self.now


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def trusted(authority: Authority) -> ssl.SSLContext:
    return authority.context("127.0.0.1")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "state/spool.sqlite")


def mail_yml(tmp_path: Path, authority: Authority, port: int, **more: Any) -> Path:
    file = tmp_path / "mail.yml"
    said = {"host": "127.0.0.1", "port": port, "from": "luytre@tangiang.test", "ca_file": str(authority.file), **more}
    file.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    return file


def letter(recipient: str = "vanthu@antruc.test", about: str = "run-1", body: str = "Nội dung\n") -> Letter:
    return Letter(
        sender="luytre@tangiang.test",
        recipient=recipient,
        recipient_name="Ủy ban nhân dân xã An Trúc",
        subject="Báo cáo rà soát an ninh mạng",
        body=body,
        attachments=(Attachment("báo cáo.pdf", b"%PDF-\x00"),),
        about=about,
    )


def put(spool: Spool, file: Path, clock: Clock, *letters: Letter) -> tuple[Mail, ...]:
    return spool.add_mails_to_send(
        [PreparedMail.from_letter(each, clock(), 10**7) for each in letters or (letter(),)], file, clock()
    )


def run(spool: Spool, clock: Clock) -> list[DeliveryResult]:
    done: list[DeliveryResult] = []
    with spool.hold_delivery_lock() as ours:
        assert ours
        deliver.deliver_mails_by_their_settings(spool, clock, spool.list_due(clock()), done.append)
    return done


def test_a_mail_arrives_whole_over_tls_and_is_sent_once(
    tmp_path: Path, authority: Authority, trusted: ssl.SSLContext, spool: Spool
) -> None:
    received, clock = Received(), Clock()
    with serving(received, trusted) as port:
        file = mail_yml(tmp_path, authority, port)
        put(spool, file, clock)
        assert [done.state for done in run(spool, clock)] == ["sent"]
        assert run(spool, clock) == []
        assert [mail.state for mail in put(spool, file, clock)] == ["sent"]
        assert run(spool, clock) == []
    (mail,) = received.mails
    assert received.encrypted == [True]
    assert received.recipients == ["vanthu@antruc.test"]
    assert mail["Subject"] == "Báo cáo rà soát an ninh mạng"
    assert mail["To"] == "Ủy ban nhân dân xã An Trúc <vanthu@antruc.test>"
    assert mail["Message-ID"] == letter().message_id
    body = mail.get_body()
    assert body is not None
    assert body.get_content() == "Nội dung\r\n"
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("báo cáo.pdf", b"%PDF-\x00")


def test_logs_in_over_tls_with_a_password_that_nothing_prints(
    tmp_path: Path,
    authority: Authority,
    trusted: ssl.SSLContext,
    spool: Spool,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG, "auditor")
    (tmp_path / "secret").write_text("sai\n")
    (tmp_path / "secret").chmod(0o600)
    received, clock = Received(), Clock()
    with serving(received, trusted, login=True) as port:
        file = mail_yml(tmp_path, authority, port, username="luytre", password_file="secret")  # noqa: S106
        put(spool, file, clock)
        (refused,) = run(spool, clock)
        assert refused.state == "waiting"
        assert "user name or password refused (535)" in str(refused.why)
        assert received.mails == []
        (tmp_path / "secret").write_text(PASSWORD + "\n", "utf-8")
        clock.now += HOUR
        assert [done.state for done in run(spool, clock)] == ["sent"]
    assert received.logins[-1] == ("luytre", PASSWORD)
    known = settings.load_server(file, settings.load_mail_settings(file))
    said = "".join((caplog.text, *capfd.readouterr(), repr(known), repr(refused), repr(spool.list_mails())))
    assert PASSWORD not in said
    assert PASSWORD.encode() not in spool.path.read_bytes()


@pytest.mark.parametrize("names", [("mail.other.test",), ("127.0.0.2",)])
def test_a_certificate_for_another_name_is_refused(
    tmp_path: Path, authority: Authority, spool: Spool, names: Sequence[str]
) -> None:
    assert_refused(tmp_path, authority, authority.context(*names), spool, "not trusted")


def test_a_certificate_of_another_authority_is_refused(tmp_path: Path, authority: Authority, spool: Spool) -> None:
    other = Authority(tmp_path / "other")
    assert_refused(tmp_path, authority, other.context("127.0.0.1"), spool, "not trusted")


def test_an_expired_certificate_is_refused(tmp_path: Path, authority: Authority, spool: Spool) -> None:
    assert_refused(tmp_path, authority, authority.context("127.0.0.1", days=-1), spool, "expired")


def test_a_server_without_starttls_gets_nothing(tmp_path: Path, authority: Authority, spool: Spool) -> None:
    assert_refused(tmp_path, authority, None, spool, "no STARTTLS")


def assert_refused(tmp_path: Path, authority: Authority, tls: ssl.SSLContext | None, spool: Spool, why: str) -> None:
    received, clock = Received(), Clock()
    with serving(received, tls) as port:
        put(spool, mail_yml(tmp_path, authority, port), clock)
        (done,) = run(spool, clock)
    assert done.state == "waiting"
    assert why in str(done.why)
    assert received.mails == []
    assert spool.list_mails()[0].last_error == done.why


def test_tried_again_when_told_to_come_later_and_parked_when_refused_for_good(
    tmp_path: Path, authority: Authority, trusted: ssl.SSLContext, spool: Spool
) -> None:
    received, clock = Received(answers=["451 try later", "554 no"]), Clock()
    received.refused = {"khongco@antruc.test": "550 no such user", "day@antruc.test": "452 full"}
    people = ("cham@antruc.test", "khong@antruc.test", "khongco@antruc.test", "day@antruc.test", "duoc@antruc.test")
    with serving(received, trusted) as port:
        file = mail_yml(tmp_path, authority, port)
        put(spool, file, clock, *(letter(person) for person in people))
        became = {done.mail.recipient.partition("@")[0]: (done.state, done.why) for done in run(spool, clock)}
        assert became == {
            "cham": ("waiting", "451 try later"),
            "khong": ("parked", "554 no"),
            "khongco": ("parked", "550 no such user"),
            "day": ("waiting", "452 full"),
            "duoc": ("sent", None),
        }
        received.refused = {}
        clock.now += HOUR
        assert {done.mail.recipient.partition("@")[0]: done.state for done in run(spool, clock)} == {
            "cham": "sent",
            "day": "sent",
        }
        again = put(spool, file, clock, letter("khongco@antruc.test"))
        assert [mail.state for mail in again] == ["waiting"]
        assert [done.state for done in run(spool, clock)] == ["sent"]


def test_a_server_that_hangs_up_costs_one_mail_a_try(
    tmp_path: Path, authority: Authority, trusted: ssl.SSLContext, spool: Spool
) -> None:
    received, clock = Received(answers=["421 going down"]), Clock()
    with serving(received, trusted) as port:
        put(spool, mail_yml(tmp_path, authority, port), clock, letter(), letter("b@antruc.test"))
        assert [done.state for done in run(spool, clock)] == ["waiting", "sent"]


def test_what_a_server_says_is_cut_and_cannot_write_over_a_terminal(
    tmp_path: Path, authority: Authority, trusted: ssl.SSLContext, spool: Spool
) -> None:
    received, clock = Received(answers=["554 \x1b[2J" + "x" * 400]), Clock()
    with serving(received, trusted) as port:
        put(spool, mail_yml(tmp_path, authority, port), clock)
        (done,) = run(spool, clock)
    assert done.why is not None
    assert "\x1b" not in done.why
    assert len(done.why) < 250


def test_survives_a_server_that_is_down_for_three_days(
    tmp_path: Path, authority: Authority, trusted: ssl.SSLContext, spool: Spool
) -> None:
    received, clock = Received(), Clock()
    port = free_port()
    file = mail_yml(tmp_path, authority, port)
    put(spool, file, clock, letter(), letter("b@antruc.test"))
    tries = 0
    while clock.now < START + datetime.timedelta(days=3):
        done = run(spool, clock)
        assert {each.state for each in done} <= {"waiting"}
        tries += bool(done)
        clock.now += HOUR
    assert 15 <= tries <= 30
    with serving(received, trusted, port=port):
        for _ in range(5):
            run(spool, clock)
            clock.now += HOUR
    assert sorted(received.recipients) == ["b@antruc.test", "vanthu@antruc.test"]
    assert {mail.state for mail in spool.list_mails()} == {"sent"}


def test_given_up_after_a_week_and_said_so(tmp_path: Path, authority: Authority, spool: Spool) -> None:
    clock = Clock()
    put(spool, mail_yml(tmp_path, authority, free_port()), clock)
    clock.now += datetime.timedelta(days=7)
    (done,) = run(spool, clock)
    assert done.state == "given_up"
    assert "refused" in str(done.why)
    assert spool.list_due(clock.now + datetime.timedelta(days=9)) == ()


def test_settings_that_went_bad_put_off_their_own_mails_only(
    tmp_path: Path, authority: Authority, trusted: ssl.SSLContext, spool: Spool
) -> None:
    received, clock = Received(), Clock()
    with serving(received, trusted) as port:
        (tmp_path / "bad").mkdir()
        (tmp_path / "good").mkdir()
        bad, good = (mail_yml(tmp_path / name, authority, port) for name in ("bad", "good"))
        put(spool, bad, clock)
        put(spool, good, clock, letter("b@antruc.test"))
        bad.unlink()
        assert [done.state for done in run(spool, clock)] == ["waiting", "sent"]


def test_only_one_delivers_at_a_time(spool: Spool) -> None:
    with spool.hold_delivery_lock() as ours, Spool(spool.path).hold_delivery_lock() as theirs:
        assert (ours, theirs) == (True, False)
    with spool.hold_delivery_lock() as again:
        assert again


@pytest.fixture
def private(tmp_path: Path, authority: Authority) -> Iterator[Path]:
    (tmp_path / "secret").write_text("mot dong\n", "utf-8")
    (tmp_path / "secret").chmod(0o600)
    yield mail_yml(tmp_path, authority, 587, username="u", password_file="secret")  # noqa: S106


def test_a_password_that_others_can_read_is_refused(private: Path) -> None:
    secret = private.with_name("secret")
    assert settings.load_server(private, settings.load_mail_settings(private)).password == "mot dong"  # noqa: S105
    secret.chmod(0o640)
    with pytest.raises(InputError, match="others can read"):
        settings.load_server(private, settings.load_mail_settings(private))
    secret.chmod(0o600)
    for wrong in ("hai\ndong\n", "có dấu\n", "\n"):
        secret.write_text(wrong, "utf-8")
        with pytest.raises(InputError, match="one line"):
            settings.load_server(private, settings.load_mail_settings(private))
    secret.rename(private.with_name("other"))
    with pytest.raises(InputError, match="is missing — write only the password"):
        settings.load_server(private, settings.load_mail_settings(private))
    secret.symlink_to("other")
    with pytest.raises(InputError, match="cannot be read"):
        settings.load_server(private, settings.load_mail_settings(private))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"host": "a b"}, "host: "),
        ({"port": 0}, "port: "),
        ({"from": "a@b\nBcc: c@d.test"}, "from: "),
        ({"from": '"x y"@tangiang.test'}, "from: "),
        ({"username": "u"}, "require each other"),
        ({"tls": False}, "tls: "),
        ({"ca_file": "/nowhere.pem"}, "no certificates can be read"),
    ],
)
def test_settings_that_make_no_sense_are_one_clear_error(
    tmp_path: Path, authority: Authority, wrong: dict[str, Any], said: str
) -> None:
    file = mail_yml(tmp_path, authority, **{"port": 587, **wrong})
    with pytest.raises(InputError, match=said):
        settings.load_server(file, settings.load_mail_settings(file))


SENDER = """
import datetime, os, pathlib, signal, sys
from auditor.mail import deliver
from auditor.mail.spool import Spool
spool = Spool(pathlib.Path(sys.argv[1]))
if sys.argv[2] == "before it is marked":
    Spool.mark_sent = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
now = datetime.datetime.now().astimezone
with spool.hold_delivery_lock() as ours:
    assert ours
    print(os.getpid(), flush=True)
    deliver.deliver_mails_by_their_settings(spool, now, spool.list_due(now(), include_not_due=True), print)
"""


@pytest.mark.parametrize("when", ["before it is answered", "before it is marked"])
def test_killed_after_the_server_took_it_sends_it_again_as_the_same_mail(
    tmp_path: Path, authority: Authority, trusted: ssl.SSLContext, spool: Spool, when: str
) -> None:
    received, clock = Received(), Clock()
    clock.now = datetime.datetime.now().astimezone()
    with serving(received, trusted) as port:
        put(spool, mail_yml(tmp_path, authority, port), clock)
        command = [sys.executable, "-c", SENDER, str(spool.path), when]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            if when == "before it is answered":
                received.taken = lambda: os.kill(process.pid, signal.SIGKILL)
            assert process.wait(30) == -signal.SIGKILL
        received.taken = lambda: None
        (mail,) = spool.list_mails()
        assert (mail.state, mail.tries) == ("waiting", 1)
        assert run(spool, clock) == []
        clock.now += HOUR
        assert [done.state for done in run(spool, clock)] == ["sent"]
    assert [each["Message-ID"] for each in received.mails] == [letter().message_id] * 2


def test_the_example_settings_are_settings() -> None:
    example = Path(__file__).parents[3] / "inventories/example"
    known = settings.load_mail_settings(settings.get_mail_settings_path_of_inventory(example))
    assert (known.port, known.give_up_days) == (587, 7)
    with pytest.raises(InputError, match=r"yml:3: mail\.vidu\.example is the example's"):
        settings.load_server(settings.get_mail_settings_path_of_inventory(example), known)
