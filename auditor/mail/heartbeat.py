"""A mail where none went for a week, so that silence says something.

Whoever waits for word of incidents knows that it would come.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import InputError
from auditor.inventory import organisation
from auditor.mail import send, settings, summary
from auditor.mail.message import Letter
from auditor.mail.spool import Spool
from auditor.models import Organisation, clock
from auditor.models.incidents import OpenIncident
from auditor.text.translations import Words


@dataclass(frozen=True)
class InventoryStatus:
    """The state of an inventory."""

    last_audit: str | None
    """When it was last read; None: no run is kept."""
    incidents: tuple[OpenIncident, ...] = ()
    """Those that the case log has open."""
    intrusion_count: int = 0
    """On how many hosts and sites that audit saw traces of intruders."""


SILENCE = datetime.timedelta(days=7)


def post_heartbeats_to_silent_addresses(
    spool: Spool,
    now: datetime.datetime,
    load_status: Callable[[Path], InventoryStatus],
    chain_head: str | None,
    words: Words,
) -> tuple[InputError, ...]:
    """Put a heartbeat in the spool for each address to which nothing was put for a week.

    Returns the errors that prevented some. The settings are those that mails went by before.

    Those who are told of incidents get it, and where an organisation names none, its sender. ``load_status``: how an
    inventory stands, asked for when somebody is to be told. ``chain_head``: the hash of the last link of the history's
    chain.
    """
    wrong = []
    for file in sorted({Path(mail.settings) for mail in spool.list_mails()}):
        if file.name == settings.FILE and file.is_file():
            try:
                _post_heartbeats_by_settings_file(spool, file, now, load_status, chain_head, words)
            except InputError as error:
                wrong.append(error)
    return tuple(wrong)


def _post_heartbeats_by_settings_file(
    spool: Spool,
    settings_file: Path,
    now: datetime.datetime,
    load_status: Callable[[Path], InventoryStatus],
    chain_head: str | None,
    words: Words,
) -> None:
    sender = settings.load_mail_settings(settings_file).sender
    known_organisation = organisation.load_organisation(settings_file.parent.parent)
    mails = [
        mail for mail in spool.list_mails() if mail.settings == str(settings_file) and mail.queued <= now.timestamp()
    ]
    first_moment = min((mail.queued for mail in mails), default=now.timestamp())
    last_mail_times: dict[str, float] = {}
    for mail in mails:
        last_mail_times[mail.recipient] = max(mail.queued, last_mail_times.get(mail.recipient, first_moment))
    since = (now - SILENCE).timestamp()
    silent = [
        (address, name)
        for address, name in _iter_addresses_awaiting_incident_mail(known_organisation, sender)
        if last_mail_times.get(address, first_moment) <= since
    ]
    if not silent:
        return
    known_now = load_status(settings_file.parent.parent)
    letters = [
        Letter(
            sender=sender,
            recipient=address,
            recipient_name=name,
            subject=words("mail.heartbeat.subject.incident" if known_now.incidents else "mail.heartbeat.subject"),
            body=_write_heartbeat_body(known_now, now, words),
            about=f"heartbeat {clock.convert_moment_to_vietnam_day(now)}",
            foot=summary.write_mail_footer_with_chain_head(chain_head, words),
        )
        for address, name in silent
    ]
    send.post_letters(spool, settings_file, letters, now)


def _iter_addresses_awaiting_incident_mail(
    known_organisation: Organisation | None, sender: str
) -> Iterator[tuple[str, str]]:
    """Yield addresses that wait for word, each once, and whose they are."""
    units = [
        unit
        for unit in (known_organisation.units if known_organisation else ())
        if unit.incidents is not None and unit.successor is None
    ]
    names_by_address = {
        unit.roles[role]: unit.name for unit in units for role in (unit.incidents.roles if unit.incidents else ())
    }
    yield from (names_by_address or {sender: "Lũy Tre"}).items()


def _write_heartbeat_body(status: InventoryStatus, now: datetime.datetime, words: Words) -> str:
    paragraphs = [
        words("mail.heartbeat.body", day=words.format_date(clock.convert_moment_to_vietnam_day(now))),
        *_iter_open_incident_and_intrusion_lines(status, words),
        words("mail.heartbeat.audited", when=words.format_iso_moment(status.last_audit))
        if status.last_audit
        else words("mail.heartbeat.unread"),
        words("mail.automatic"),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _iter_open_incident_and_intrusion_lines(status: InventoryStatus, words: Words) -> Iterator[str]:
    """Say which incidents are open, and whether the last audit saw an intrusion.

    That none is open only as the case log says so.
    """
    for incident in status.incidents:
        yield words("mail.heartbeat.incident", id=incident.id, when=words.format_iso_moment(incident.detected))
    if not status.incidents:
        yield words("mail.heartbeat.no_incident")
    if status.intrusion_count:
        yield words("mail.heartbeat.intruded", count=status.intrusion_count)
