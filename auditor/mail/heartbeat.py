"""A mail where none went for a week, so that silence says something: whoever waits for word of incidents knows that it would come."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

from auditor.errors import InputError
from auditor.inventory import organisation
from auditor.mail import send, settings, summary
from auditor.mail.message import Letter
from auditor.mail.spool import Spool
from auditor.models import Organisation, clock
from auditor.text.words import Words

SILENCE = datetime.timedelta(days=7)


def post(
    spool: Spool,
    now: datetime.datetime,
    last_audit: Callable[[Path], str | None],
    head: str | None,
    words: Words,
) -> tuple[InputError, ...]:
    """Put one in the spool for each address to which nothing was put for a week, by the settings that mails went by before; what was in the way.

    Those who are told of incidents get it, and where an organisation names none, its sender. ``last_audit``: when an inventory was last
    read. ``head``: the hash of the last link of the history's chain.
    """
    wrong = []
    for file in sorted({Path(mail.settings) for mail in spool.mails()}):
        if file.name == settings.FILE and file.is_file():
            try:
                _post(spool, file, now, last_audit(file.parent.parent), head, words)
            except InputError as error:
                wrong.append(error)
    return tuple(wrong)


def _post(
    spool: Spool, file: Path, now: datetime.datetime, audited: str | None, head: str | None, words: Words
) -> None:
    sender = settings.load(file).sender
    known = organisation.load(file.parent.parent)
    mails = [mail for mail in spool.mails() if mail.settings == str(file) and mail.queued <= now.timestamp()]
    begun = min((mail.queued for mail in mails), default=now.timestamp())
    heard: dict[str, float] = {}
    for mail in mails:
        heard[mail.recipient] = max(mail.queued, heard.get(mail.recipient, begun))
    since = (now - SILENCE).timestamp()
    silent = [(address, name) for address, name in _waiting(known, sender) if heard.get(address, begun) <= since]
    letters = [
        Letter(
            sender=sender,
            recipient=address,
            recipient_name=name,
            subject=words("mail.heartbeat.subject"),
            body=_body(audited, now, words),
            about=f"heartbeat {clock.day(now)}",
            foot=summary.foot(head, words),
        )
        for address, name in silent
    ]
    if letters:
        send.post(spool, file, letters, now)


def _waiting(known: Organisation | None, sender: str) -> Iterator[tuple[str, str]]:
    """Addresses that wait for word, each once, and whose they are."""
    units = [unit for unit in (known.units if known else ()) if unit.incidents is not None and unit.successor is None]
    found = {unit.roles[role]: unit.name for unit in units for role in (unit.incidents.roles if unit.incidents else ())}
    yield from (found or {sender: "Lũy Tre"}).items()


def _body(audited: str | None, now: datetime.datetime, words: Words) -> str:
    last = words("mail.heartbeat.audited", when=words.moment(audited)) if audited else words("mail.heartbeat.unread")
    return (
        "\n\n".join([words("mail.heartbeat.body", day=words.day(clock.day(now))), last, words("mail.automatic")]) + "\n"
    )
