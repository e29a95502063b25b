"""Delivery of mails to a server over STARTTLS, and of messages to a webhook.

The certificate is always verified.
"""

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
from auditor.mail.delivery_errors import MailRefusal, MailServerUnreachable
from auditor.mail.settings import MailServer, MailSettings
from auditor.mail.spool import Mail, MailState, Spool
from auditor.system.deadline import Deadline

_SECONDS = 30
_LOGIN_SECONDS = 60
_MAIL_SECONDS = 600
"""For one mail in all, at its largest over a slow line: others wait for it."""
_MAX_ANSWER = 100_000
_GOING_DOWN = 421
"""What a server says before it hangs up."""


@dataclass(frozen=True)
class DeliveryResult:
    """The result of one mail's delivery."""

    mail: Mail
    state: MailState
    why: str | None = None


class _Answer:
    """The answer of a server to one command, of which nobody needs more than a few lines.

    Smtplib keeps all that comes.
    """

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

    def __init__(self, server: MailServer, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(server.host, server.port, timeout=_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # as SMTP_SSL does
        self._deadline.watch(connection)
        return connection

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Answer(self.sock.makefile("rb"))
        if self.file is not None:
            self.file.left = _MAX_ANSWER
        return super().getreply()


@contextmanager
def open_session(server: MailServer) -> Iterator[smtplib.SMTP]:
    """Open an encrypted connection to the server that the certificate names, logged in. Raises Unreachable."""
    where = f"{server.host}:{server.port}"
    deadline = Deadline(_LOGIN_SECONDS)
    with contextlib.ExitStack() as stack:
        try:
            with deadline:
                connection = _Connection(server, deadline)
                stack.callback(_end, connection)
                _secure(connection, server)
        except ssl.SSLCertVerificationError as error:
            raise MailServerUnreachable(f"{where}: its certificate is not trusted: {error.verify_message}") from error
        except smtplib.SMTPAuthenticationError as error:
            raise MailServerUnreachable(f"{where}: user name or password refused ({error.smtp_code})") from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailServerUnreachable(f"{where}: {deadline.explain(error)}") from error
        yield connection


def _secure(connection: smtplib.SMTP, server: MailServer) -> None:
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
        raise _make_refusal(*next(iter(error.recipients.values()))) from error
    except smtplib.SMTPResponseException as error:
        raise _make_refusal(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailServerUnreachable(deadline.explain(error)) from error


def _make_refusal(code: int, response: bytes | str) -> MailRefusal:
    text = response.decode("utf-8", "replace") if isinstance(response, bytes) else response
    why = f"{code} {text}"
    return MailServerUnreachable(why) if code == _GOING_DOWN else MailRefusal(why, for_good=500 <= code < 600)


def deliver(
    spool: Spool, now: Callable[[], datetime.datetime], mails: Sequence[Mail], watch: Callable[[DeliveryResult], None]
) -> None:
    """Try these mails, each by its own settings; the caller holds ``spool.delivering``.

    A server that cannot be reached costs one attempt to connect, and all of its mails a try.
    """
    by_settings: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        by_settings[mail.settings].append(mail)
    for file, group in by_settings.items():
        try:
            carrier = _make_carrier(Path(file), now)
        except InputError as error:
            for mail in group:
                watch(_put_off(spool, mail, now(), MailServerUnreachable(str(error)), None))
            continue
        _deliver(spool, now, group, carrier, watch)


HandOver = Callable[[Mail, bytes], None]
"""Gives one mail's content to the other side; returns when it has it. Raises Refused, Unreachable."""


@dataclass(frozen=True)
class Carrier:
    """The way in which the mails of one file of settings are handed over."""

    session: Callable[[], AbstractContextManager[HandOver]]
    give_up_days: int


def _make_carrier(file: Path, now: Callable[[], datetime.datetime]) -> Carrier:
    """Make a carrier by the settings' kind, which their name tells. Raises InputError."""
    if file.name == webhook.FILE:
        hook = webhook.load(file)
        return Carrier(lambda: _open_webhook(file, hook, now), hook.give_up_days)
    mail_settings = settings.load(file)
    server = settings.load_server(file, mail_settings)
    return Carrier(lambda: _open_server(server), mail_settings.give_up_days)


@contextmanager
def _open_server(server: MailServer) -> Iterator[HandOver]:
    with open_session(server) as connection:
        yield lambda mail, content: hand_over(connection, mail.sender, mail.recipient, content)


@contextmanager
def _open_webhook(
    file: Path, webhook_settings: webhook.WebhookSettings, now: Callable[[], datetime.datetime]
) -> Iterator[HandOver]:
    with contextlib.ExitStack() as stack:
        try:
            hook = stack.enter_context(webhook.session(file, webhook_settings))
        except InputError as error:
            raise MailServerUnreachable(str(error)) from error
        yield lambda mail, content: webhook.hand_over(hook, mail, content, lambda: now().timestamp())


def _deliver(
    spool: Spool,
    now: Callable[[], datetime.datetime],
    mails: Sequence[Mail],
    carrier: Carrier,
    watch: Callable[[DeliveryResult], None],
) -> None:
    pending_mails = list(mails)
    while pending_mails:
        try:
            with carrier.session() as give:
                while pending_mails:
                    mail = pending_mails.pop(0)
                    content = spool.begin(mail, now())
                    try:
                        give(mail, content)
                    except MailRefusal as error:
                        watch(_record_failure(spool, mail, now(), error, carrier))
                        if isinstance(error, MailServerUnreachable):
                            break
                    else:
                        spool.mark_sent(mail, now())
                        watch(DeliveryResult(mail, "sent"))
        except MailServerUnreachable as error:
            for mail in pending_mails:
                watch(_put_off(spool, mail, now(), error, carrier))
            return


def _put_off(
    spool: Spool, mail: Mail, moment: datetime.datetime, error: MailRefusal, carrier: Carrier | None
) -> DeliveryResult:
    spool.begin(mail, moment)
    return _record_failure(spool, mail, moment, error, carrier)


def _record_failure(
    spool: Spool, mail: Mail, moment: datetime.datetime, error: MailRefusal, carrier: Carrier | None
) -> DeliveryResult:
    days = carrier.give_up_days if carrier else MailSettings.model_fields["give_up_days"].default
    state = spool.mark_failed(mail, moment, str(error), for_good=error.for_good, give_up=datetime.timedelta(days=days))
    return DeliveryResult(mail, state, str(error))
