"""Handing mails to a server over STARTTLS with a verified certificate, never without, and messages to a webhook likewise."""

from __future__ import annotations

import contextlib
import datetime
import smtplib
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from auditor.errors import InputError
from auditor.mail import settings, webhook
from auditor.mail.refused import Refused, Unreachable
from auditor.mail.settings import MailSettings, Server
from auditor.mail.spool import Mail, Spool, State
from auditor.system.deadline import Deadline

_SECONDS = 30
_LOGIN_SECONDS = 60
_MAIL_SECONDS = 600
"""For one mail in all, at its largest over a slow line: others wait for it."""
_MAX_ANSWER = 100_000
_GOING_DOWN = 421
"""What a server says before it hangs up."""


@dataclass(frozen=True)
class Delivered:
    """What became of one mail."""

    mail: Mail
    state: State
    why: str | None = None


class _Answer:
    """What a server says to one command, of which nobody needs more than a few lines: smtplib keeps all that comes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.left = _MAX_ANSWER

    def readline(self, limit: int) -> bytes:
        line = self._stream.readline(limit)
        self.left -= len(line)
        if self.left < 0:
            raise OSError("its answer has no end")
        return line

    def close(self) -> None:
        self._stream.close()


class _Connection(smtplib.SMTP):
    """One whose server can cost no more memory than an answer has, and no more time than the deadline."""

    def __init__(self, server: Server, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(server.host, server.port, timeout=_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # as SMTP_SSL does
        self._deadline.watch(connected)
        return connected

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Answer(self.sock.makefile("rb"))
        if self.file is not None:
            self.file.left = _MAX_ANSWER
        return super().getreply()


@contextmanager
def session(server: Server) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted, to the server that the certificate names, and logged in. Raises Unreachable."""
    where = f"{server.host}:{server.port}"
    deadline = Deadline(_LOGIN_SECONDS)
    with contextlib.ExitStack() as stack:
        try:
            with deadline:
                connection = _Connection(server, deadline)
                stack.callback(_end, connection)
                _secure(connection, server)
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(f"{where}: its certificate is not trusted: {error.verify_message}") from error
        except smtplib.SMTPAuthenticationError as error:
            raise Unreachable(f"{where}: user name or password refused ({error.smtp_code})") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(f"{where}: {deadline.why(error)}") from error
        yield connection


def _secure(connection: smtplib.SMTP, server: Server) -> None:
    connection.ehlo_or_helo_if_needed()
    if not connection.has_extn("starttls"):
        raise smtplib.SMTPNotSupportedError("it offers no STARTTLS, and nothing is sent in the clear")
    connection.starttls(context=server.tls)
    connection.ehlo()
    if server.username is not None:
        connection.login(server.username, server.password or "")


def _end(connection: smtplib.SMTP) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError), _within(Deadline(_SECONDS), connection):
        connection.quit()
    connection.close()


@contextmanager
def _within(deadline: Deadline, connection: smtplib.SMTP) -> Iterator[None]:
    with deadline:
        if connection.sock is not None:
            deadline.watch(connection.sock)
        yield


def hand_over(connection: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> None:
    """Give one mail to the server; returns when the server has said that it has it. Raises Refused, Unreachable."""
    deadline = Deadline(_MAIL_SECONDS)
    try:
        with _within(deadline, connection):
            connection.sendmail(sender, [recipient], content)
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(*next(iter(error.recipients.values()))) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(deadline.why(error)) from error


def _refused(code: int, said: bytes | str) -> Refused:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    why = f"{code} {text}"
    return Unreachable(why) if code == _GOING_DOWN else Refused(why, for_good=500 <= code < 600)


def deliver(
    spool: Spool, now: Callable[[], datetime.datetime], mails: Sequence[Mail], watch: Callable[[Delivered], None]
) -> None:
    """Try these mails, each by its own settings; the caller holds ``spool.delivering``.

    A server that cannot be reached costs one attempt to connect, and all of its mails a try.
    """
    by_settings: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        by_settings[mail.settings].append(mail)
    for file, group in by_settings.items():
        try:
            carrier = _carrier(Path(file), now)
        except InputError as error:
            for mail in group:
                watch(_put_off(spool, mail, now(), Unreachable(str(error)), None))
            continue
        _deliver(spool, now, group, carrier, watch)


HandOver = Callable[[Mail, bytes], None]
"""Gives one mail's content to the other side; returns when it has it. Raises Refused, Unreachable."""


@dataclass(frozen=True)
class Carrier:
    """How the mails of one file of settings are handed over."""

    session: Callable[[], AbstractContextManager[HandOver]]
    give_up_days: int


def _carrier(file: Path, now: Callable[[], datetime.datetime]) -> Carrier:
    """By the settings' kind, which their name tells. Raises InputError."""
    if file.name == webhook.FILE:
        hook = webhook.load(file)
        return Carrier(lambda: _to_webhook(file, hook, now), hook.give_up_days)
    known = settings.load(file)
    server = settings.server(file, known)
    return Carrier(lambda: _to_server(server), known.give_up_days)


@contextmanager
def _to_server(server: Server) -> Iterator[HandOver]:
    with session(server) as connection:
        yield lambda mail, content: hand_over(connection, mail.sender, mail.recipient, content)


@contextmanager
def _to_webhook(file: Path, known: webhook.WebhookSettings, now: Callable[[], datetime.datetime]) -> Iterator[HandOver]:
    with contextlib.ExitStack() as stack:
        try:
            hook = stack.enter_context(webhook.session(file, known))
        except InputError as error:
            raise Unreachable(str(error)) from error
        yield lambda mail, content: webhook.hand_over(hook, mail, content, lambda: now().timestamp())


def _deliver(
    spool: Spool,
    now: Callable[[], datetime.datetime],
    mails: Sequence[Mail],
    carrier: Carrier,
    watch: Callable[[Delivered], None],
) -> None:
    left = list(mails)
    while left:
        try:
            with carrier.session() as give:
                while left:
                    mail = left.pop(0)
                    content = spool.begin(mail, now())
                    try:
                        give(mail, content)
                    except Refused as error:
                        watch(_failed(spool, mail, now(), error, carrier))
                        if isinstance(error, Unreachable):
                            break
                    else:
                        spool.sent(mail, now())
                        watch(Delivered(mail, "sent"))
        except Unreachable as error:
            for mail in left:
                watch(_put_off(spool, mail, now(), error, carrier))
            return


def _put_off(spool: Spool, mail: Mail, moment: datetime.datetime, error: Refused, carrier: Carrier | None) -> Delivered:
    spool.begin(mail, moment)
    return _failed(spool, mail, moment, error, carrier)


def _failed(spool: Spool, mail: Mail, moment: datetime.datetime, error: Refused, carrier: Carrier | None) -> Delivered:
    days = carrier.give_up_days if carrier else MailSettings.model_fields["give_up_days"].default
    state = spool.failed(mail, moment, str(error), for_good=error.for_good, give_up=datetime.timedelta(days=days))
    return Delivered(mail, state, str(error))
