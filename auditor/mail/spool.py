"""Mails kept until they are delivered: SQLite, one transaction per step, so that a kill loses or doubles nothing.

``waiting`` until the server takes it (``sent``), refuses it for good (``parked``), or has not taken it for too long
(``given_up``). A sent mail leaves its line, without the content, so that it is not sent again.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from auditor.mail.message import PreparedMail
from auditor.system import sqlite_file
from auditor.system.lock import hold_lock

MailState = Literal["waiting", "sent", "parked", "given_up"]
_STATES = ", ".join(f"'{state}'" for state in get_args(MailState))
_MIGRATIONS = (
    sqlite_file.make_migration(
        "CREATE TABLE mails (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, settings TEXT NOT NULL,"
        " sender TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL, about TEXT NOT NULL,"
        f" state TEXT NOT NULL CHECK (state IN ({_STATES})), queued INTEGER NOT NULL, tries INTEGER NOT NULL,"
        " next_try INTEGER NOT NULL, changed INTEGER NOT NULL, last_error TEXT, content BLOB) STRICT",
        "CREATE INDEX mails_by_due ON mails (state, next_try)",
    ),
)
_FIRST = datetime.timedelta(minutes=5)
_LONGEST = datetime.timedelta(hours=4)
_MAIL = (
    "SELECT id, settings, sender, recipient, subject, about, state, queued, tries, next_try, changed, last_error"
    " FROM mails"
)


@dataclass(frozen=True)
class Mail:
    """A line of the spool. Moments are epoch seconds."""

    id: int
    settings: str
    """The path of the settings to send it by."""
    sender: str
    recipient: str
    subject: str
    about: str
    state: MailState
    queued: int
    tries: int
    next_try: int
    changed: int
    last_error: str | None


def compute_pause_before_next_try(failed_tries: int) -> datetime.timedelta:
    """Return how long to wait after so many tries, from 1.

    It is 5 minutes, then twice as long each time, at most 4 hours.
    """
    return min(_FIRST * (1 << min(failed_tries - 1, 10)), _LONGEST)


def get_default_spool_path() -> Path:
    """Return ``spool.sqlite`` in the state folder."""
    return sqlite_file.get_state_folder() / "spool.sqlite"


class Spool:
    """The mails of one file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or get_default_spool_path()

    def add_mails_to_send(
        self, prepared_mails: Iterable[PreparedMail], settings_file: Path, now: datetime.datetime
    ) -> tuple[Mail, ...]:
        """Keep mails to be sent, all or none; their lines in the spool.

        One that is there already is not added: it is the same line, and waits again when it was parked or given up.
        """
        moment = int(now.timestamp())
        with self._open() as database, sqlite_file.hold_write_transaction(database):
            return tuple(
                _insert_or_requeue_mail(database, mail, str(settings_file.resolve()), moment) for mail in prepared_mails
            )

    def list_mails(self, *states: MailState) -> tuple[Mail, ...]:
        """Return the mails in these states, newest first; in any, when none is named."""
        with self._open() as database:
            all_mails = tuple(Mail(*row) for row in database.execute(f"{_MAIL} ORDER BY id DESC"))
        return tuple(mail for mail in all_mails if not states or mail.state in states)

    def list_due(self, now: datetime.datetime, *, include_not_due: bool = False) -> tuple[Mail, ...]:
        """Return the waiting mails whose time has come, or with ``include_not_due`` all that wait; oldest first."""
        waiting_mails = self.list_mails("waiting")[::-1]
        return tuple(mail for mail in waiting_mails if include_not_due or mail.next_try <= now.timestamp())

    def count_try_and_read_mail_content(self, mail: Mail, now: datetime.datetime) -> bytes:
        """Count a try before it is made, so that a killed sender comes back later; the mail's content."""
        tries = mail.tries + 1
        later = int((now + compute_pause_before_next_try(tries)).timestamp())
        with self._open() as database, sqlite_file.hold_write_transaction(database):
            database.execute("UPDATE mails SET tries = ?, next_try = ? WHERE id = ?", (tries, later, mail.id))
            row = database.execute("SELECT content FROM mails WHERE id = ?", (mail.id,)).fetchone()
        return bytes(row[0])

    def mark_sent(self, mail: Mail, now: datetime.datetime) -> None:
        """Record that the server has the mail; its content is not kept."""
        self._change_mail_state(mail, "sent", now, None)
        with self._open() as database, sqlite_file.hold_write_transaction(database):
            database.execute("UPDATE mails SET content = NULL WHERE id = ? AND state = 'sent'", (mail.id,))

    def record_failed_try_of_mail(
        self, mail: Mail, now: datetime.datetime, reason: str, *, for_good: bool, give_up_after: datetime.timedelta
    ) -> MailState:
        """Record that a try came to nothing; return the new state.

        The mail waits on, or is parked (``for_good``), or is given up after ``give_up_after``.
        """
        too_long = now.timestamp() - mail.queued >= give_up_after.total_seconds()
        state: MailState = "parked" if for_good else "given_up" if too_long else "waiting"
        self._change_mail_state(mail, state, now, reason)
        return state

    @contextmanager
    def hold_delivery_lock(self) -> Iterator[bool]:
        """Yield whether this process is the one that delivers now; no two do at once.

        Ends with the process, however it ends.
        """
        with self._open():
            pass
        with ExitStack() as until_then:
            try:
                until_then.enter_context(hold_lock(self.path.with_suffix(".lock"), wait=False))
                alone = True
            except BlockingIOError:
                alone = False
            yield alone

    def _change_mail_state(self, mail: Mail, state: MailState, now: datetime.datetime, error: str | None) -> None:
        with self._open() as database, sqlite_file.hold_write_transaction(database):
            database.execute(
                "UPDATE mails SET state = ?, changed = ?, last_error = ? WHERE id = ?",
                (state, int(now.timestamp()), error, mail.id),
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with sqlite_file.open_and_migrate_database(self.path, _MIGRATIONS, "mail spool") as database:
            yield database


def _insert_or_requeue_mail(
    database: sqlite3.Connection, prepared_mail: PreparedMail, settings_file: str, queued_at: int
) -> Mail:
    letter = prepared_mail.letter
    database.execute(
        "INSERT INTO mails (digest, settings, sender, recipient, subject, about, state, queued, tries, next_try, "
        "changed,"
        " content) VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, 0, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET"
        " settings = excluded.settings, state = 'waiting', queued = excluded.queued, tries = 0,"
        " next_try = excluded.next_try, changed = excluded.changed, last_error = NULL"
        " WHERE state IN ('parked', 'given_up')",
        (
            letter.content_digest,
            settings_file,
            letter.sender,
            letter.recipient,
            letter.subject,
            letter.about,
            queued_at,
            queued_at,
            queued_at,
            prepared_mail.content,
        ),
    )
    return Mail(*database.execute(f"{_MAIL} WHERE digest = ?", (letter.content_digest,)).fetchone())
