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


class _LimitedSmtpReply:
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


class _LimitedSmtpConnection(smtplib.SMTP):
    """One whose server can cost no more memory than an answer has, and no more time than the deadline."""

    def __init__(self, server: MailServer, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(server.host, server.port, timeout=_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # as SMTP_SSL does
        self._deadline.watch_connection_to_cut(connection)
        return connection

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _LimitedSmtpReply(self.sock.makefile("rb"))
        if self.file is not None:
            self.file.left = _MAX_ANSWER
        return super().getreply()


@contextmanager
def open_encrypted_smtp_session(server: MailServer) -> Iterator[smtplib.SMTP]:
    """Open an encrypted connection to the server that the certificate names, logged in.

    Raises MailServerUnreachable.
    """
    where = f"{server.host}:{server.port}"
    deadline = Deadline(_LOGIN_SECONDS)
    with contextlib.ExitStack() as stack:
        try:
            with deadline:
                connection = _LimitedSmtpConnection(server, deadline)
                stack.callback(_quit_and_close_smtp_connection, connection)
                _start_tls_and_log_in(connection, server)
        except ssl.SSLCertVerificationError as error:
            raise MailServerUnreachable(f"{where}: its certificate is not trusted: {error.verify_message}") from error
        except smtplib.SMTPAuthenticationError as error:
            raise MailServerUnreachable(f"{where}: user name or password refused ({error.smtp_code})") from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailServerUnreachable(f"{where}: {deadline.explain_error_or_timeout(error)}") from error
        yield connection


def _start_tls_and_log_in(connection: smtplib.SMTP, server: MailServer) -> None:
    connection.ehlo_or_helo_if_needed()
    if not connection.has_extn("starttls"):
        raise smtplib.SMTPNotSupportedError("it offers no STARTTLS, and nothing is sent in the clear")
    connection.starttls(context=server.tls)
    connection.ehlo()
    if server.username is not None:
        connection.login(server.username, server.password or "")


def _quit_and_close_smtp_connection(connection: smtplib.SMTP) -> None:
    with (
        contextlib.suppress(smtplib.SMTPException, OSError),
        _limit_smtp_connection_to_deadline(Deadline(_SECONDS), connection),
    ):
        connection.quit()
    connection.close()


@contextmanager
def _limit_smtp_connection_to_deadline(deadline: Deadline, connection: smtplib.SMTP) -> Iterator[None]:
    with deadline:
        if connection.sock is not None:
            deadline.watch_connection_to_cut(connection.sock)
        yield


def send_mail_over_smtp(connection: smtplib.SMTP, sender: str, recipient: str, mail_content: bytes) -> None:
    """Give one mail to the server; returns when the server has said that it has it.

    Raises MailRefusal, MailServerUnreachable.
    """
    deadline = Deadline(_MAIL_SECONDS)
    try:
        with _limit_smtp_connection_to_deadline(deadline, connection):
            connection.sendmail(sender, [recipient], mail_content)
    except smtplib.SMTPRecipientsRefused as error:
        raise _make_refusal(*next(iter(error.recipients.values()))) from error
    except smtplib.SMTPResponseException as error:
        raise _make_refusal(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailServerUnreachable(deadline.explain_error_or_timeout(error)) from error


def _make_refusal(smtp_code: int, response: bytes | str) -> MailRefusal:
    text = response.decode("utf-8", "replace") if isinstance(response, bytes) else response
    why = f"{smtp_code} {text}"
    return MailServerUnreachable(why) if smtp_code == _GOING_DOWN else MailRefusal(why, for_good=500 <= smtp_code < 600)


def deliver_mails_by_their_settings(
    spool: Spool,
    now: Callable[[], datetime.datetime],
    mails: Sequence[Mail],
    report_result: Callable[[DeliveryResult], None],
) -> None:
    """Try these mails, each by its own settings; the caller holds ``spool.hold_delivery_lock``.

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
                report_result(
                    _count_try_and_record_failure(spool, mail, now(), MailServerUnreachable(str(error)), None)
                )
            continue
        _deliver_mails_by_carrier(spool, now, group, carrier, report_result)


HandOver = Callable[[Mail, bytes], None]
"""Gives one mail's content to the other side; returns when it has it. Raises MailRefusal, MailServerUnreachable."""


@dataclass(frozen=True)
class Carrier:
    """The way in which the mails of one file of settings are handed over."""

    session: Callable[[], AbstractContextManager[HandOver]]
    give_up_days: int


def _make_carrier(settings_file: Path, now: Callable[[], datetime.datetime]) -> Carrier:
    """Make a carrier by the settings' kind, which their name tells. Raises InputError."""
    if settings_file.name == webhook.FILE:
        hook = webhook.load_webhook_settings(settings_file)
        return Carrier(lambda: _open_webhook_hand_over(settings_file, hook, now), hook.give_up_days)
    mail_settings = settings.load_mail_settings(settings_file)
    server = settings.load_server(settings_file, mail_settings)
    return Carrier(lambda: _open_smtp_hand_over(server), mail_settings.give_up_days)


@contextmanager
def _open_smtp_hand_over(mail_server: MailServer) -> Iterator[HandOver]:
    with open_encrypted_smtp_session(mail_server) as connection:
        yield lambda mail, content: send_mail_over_smtp(connection, mail.sender, mail.recipient, content)


@contextmanager
def _open_webhook_hand_over(
    settings_file: Path, webhook_settings: webhook.WebhookSettings, now: Callable[[], datetime.datetime]
) -> Iterator[HandOver]:
    with contextlib.ExitStack() as stack:
        try:
            hook = stack.enter_context(webhook.open_webhook_with_secret(settings_file, webhook_settings))
        except InputError as error:
            raise MailServerUnreachable(str(error)) from error
        yield lambda mail, content: webhook.post_message_to_webhook(hook, mail, content, lambda: now().timestamp())


def _deliver_mails_by_carrier(
    spool: Spool,
    now: Callable[[], datetime.datetime],
    mails: Sequence[Mail],
    carrier: Carrier,
    report_result: Callable[[DeliveryResult], None],
) -> None:
    pending_mails = list(mails)
    while pending_mails:
        try:
            with carrier.session() as give:
                while pending_mails:
                    mail = pending_mails.pop(0)
                    content = spool.count_try_and_read_mail_content(mail, now())
                    try:
                        give(mail, content)
                    except MailRefusal as error:
                        report_result(_record_failed_delivery_try(spool, mail, now(), error, carrier))
                        if isinstance(error, MailServerUnreachable):
                            break
                    else:
                        spool.mark_sent(mail, now())
                        report_result(DeliveryResult(mail, "sent"))
        except MailServerUnreachable as error:
            for mail in pending_mails:
                report_result(_count_try_and_record_failure(spool, mail, now(), error, carrier))
            return


def _count_try_and_record_failure(
    spool: Spool, mail: Mail, tried_at: datetime.datetime, error: MailRefusal, carrier: Carrier | None
) -> DeliveryResult:
    spool.count_try_and_read_mail_content(mail, tried_at)
    return _record_failed_delivery_try(spool, mail, tried_at, error, carrier)


def _record_failed_delivery_try(
    spool: Spool, mail: Mail, tried_at: datetime.datetime, error: MailRefusal, carrier: Carrier | None
) -> DeliveryResult:
    days = carrier.give_up_days if carrier else MailSettings.model_fields["give_up_days"].default
    state = spool.record_failed_try_of_mail(
        mail, tried_at, str(error), for_good=error.for_good, give_up_after=datetime.timedelta(days=days)
    )
    return DeliveryResult(mail, state, str(error))
