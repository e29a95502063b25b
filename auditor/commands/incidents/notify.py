"""Offices told of an incident by mail: shown first, sent by a person or, where an office says so, by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from auditor.commands import mail
from auditor.commands.incidents.case_log import parse_office_role
from auditor.commands.output import console
from auditor.commands.verbs.incidents.forms import IncidentNotifyOptions
from auditor.errors import InputError
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents import notifications, transitions
from auditor.incidents.case import IncidentCase, fold_case, fold_cases
from auditor.inventory import hosts as inventories
from auditor.mail import audience, settings
from auditor.mail import send as sending
from auditor.mail.message import Attachment, Letter
from auditor.mail.spool import Mail, Spool
from auditor.models import Inventory, Lang, Organisation, Unit, clock
from auditor.models.incidents import NotifiedEvent
from auditor.text import usage
from auditor.text.translations import Words

Treatment = Literal["send", "show", "name", "leave"]
"""What becomes of letters to an office that is not told by itself: sent, shown whole, named, or nothing."""


def notify_offices_of_incident(options: IncidentNotifyOptions) -> None:
    """Run ``auditor incident notify``."""
    words = Words(options.lang)
    speaker = parse_office_role(options.who)
    inventory_data = inventories.load_inventory(options.inventory)
    ledgers = IncidentStore()
    if options.incident is None:
        chosen_cases: Sequence[IncidentCase] = notifications.select_open_and_recently_closed_cases(
            fold_cases(ledgers.load_case_logs_of_known_inventory(inventory_data.path)), clock.now()
        )
    else:
        chosen_cases = [
            fold_case(options.incident, ledgers.load_case_log_of_incident(inventory_data.path, options.incident))
        ]
    attachments = [sending.load_attachment(each) for each in options.technical or ()]
    treatment: Treatment = "send" if options.send else "show" if options.incident else "name"
    mails = _send_or_draft_letters_to_offices(inventory_data, chosen_cases, speaker, attachments, words, treatment)
    mail.print_mails_and_exit_on_failure(mails, words, as_json=False)


def notify_offices_set_to_automatic(inventory_data: Inventory, incident: str, who: str, lang: Lang) -> None:
    """Tell of an incident the offices that say that they are told by themselves.

    What is in the way is said, and stops nothing.
    """
    case = fold_case(incident, IncidentStore().load_case_log_of_incident(inventory_data.path, incident))
    units = (
        notifications.list_notified_units(inventory_data.organisation, case, inventory_data)
        if inventory_data.organisation
        else ()
    )
    if not any(unit.incidents.automatic for unit in units if unit.incidents):
        return
    try:
        mail.print_mails(
            _send_or_draft_letters_to_offices(inventory_data, [case], who, [], Words(lang), "leave"),
            Words(lang),
        )
    except InputError as error:
        console.err.print(
            Words(lang)("incidents.mail.not_told", why=usage.format_input_error_as_line(error, lang)),
            markup=False,
            soft_wrap=True,
        )


def _send_or_draft_letters_to_offices(
    inventory_data: Inventory,
    chosen_cases: Sequence[IncidentCase],
    who: str,
    attachments: Sequence[Attachment],
    words: Words,
    treatment: Treatment,
) -> tuple[Mail, ...]:
    """Return what became of the mails that are sent.

    Raises InputError for the first thing in the way, after all others were told.
    """
    if not chosen_cases:
        return ()  # a timer of an office that has no mail yet has nothing to complain of
    organisation = _get_organisation(inventory_data)
    file = settings.get_mail_settings_path_of_inventory(Path(inventory_data.path))
    sender = _load_mail_sender(file)
    spool = Spool()
    posted_mails: list[Mail] = []
    wrong: list[InputError] = []
    has_drafts = False
    for case in chosen_cases:
        try:
            unit_letters = _write_letters_by_office(
                case, inventory_data, organisation, "" if isinstance(sender, InputError) else sender, attachments, words
            )
            for unit, letters in unit_letters:
                if treatment == "send" or (unit.incidents is not None and unit.incidents.automatic):
                    if isinstance(sender, InputError):
                        raise sender
                    mails = sending.post_letters(spool, file, letters, clock.now())
                    _record_notification_in_ledger(inventory_data.path, who, case, unit, letters)
                    posted_mails += mails
                elif treatment != "leave":
                    _show_unsent_letters(letters, words, whole=treatment == "show")
                    has_drafts = True
        except InputError as error:  # the others are told first
            wrong.append(error)
    if has_drafts and not wrong and isinstance(sender, InputError):
        _warn_that_mail_cannot_be_sent(sender, words)
    sending.deliver_due_mails_in_spool(spool, clock.now, lambda _: None, only_mails=posted_mails)
    if wrong:
        raise wrong[0]
    ids = {posted_mail.id for posted_mail in posted_mails}
    return tuple(queued_mail for queued_mail in spool.list_mails()[::-1] if queued_mail.id in ids)


def _load_mail_sender(file: Path) -> str | InputError:
    """Return who sends; or why nothing can be sent, which is in the way of sending alone."""
    try:
        mail_settings = settings.load_mail_settings(file)
        settings.require_settings_changed_from_example(file, mail_settings)
    except InputError as error:
        return error
    return mail_settings.sender


def _get_organisation(inventory_data: Inventory) -> Organisation:
    if inventory_data.organisation is None:
        raise InputError("this inventory does not declare any offices", mend="write office/organisation.yml")
    return inventory_data.organisation


def _write_letters_by_office(
    case: IncidentCase,
    inventory_data: Inventory,
    organisation: Organisation,
    sender: str,
    attachments: Sequence[Attachment],
    words: Words,
) -> list[tuple[Unit, tuple[Letter, ...]]]:
    """Return, by office, its letters.

    Raises InputError where nobody is told, or nobody of a role that may get what is attached.
    """
    units = notifications.list_notified_units(organisation, case, inventory_data)
    recipients = {
        unit.id: audience.list_recipients(unit, unit.incidents.roles if unit.incidents else ()) for unit in units
    }
    if not units:
        raise InputError(
            "{incident}: no office of its sites, and no office above, declares roles to notify of incidents",
            incident=case.id,
            mend="add 'incidents: {{roles: [ROLE]}}' to a unit in office/organisation.yml",
        )
    if attachments and not any(
        recipient.technical for unit_recipients in recipients.values() for recipient in unit_recipients
    ):
        raise InputError(
            "no role notified of {incident} may receive technical files",
            incident=case.id,
            mend="name the role under technical_roles: in office/organisation.yml",
        )
    head, now = RunHistory().head(), clock.now()
    return [
        (
            unit,
            notifications.write_incident_notification_letters(
                case,
                inventory_data,
                audience.Dispatch(sender, unit, recipients[unit.id], attachments, head),
                now=now,
                words=words,
            ),
        )
        for unit in units
    ]


def _record_notification_in_ledger(
    inventory: str, who: str, case: IncidentCase, unit: Unit, letters: Sequence[Letter]
) -> None:
    """Write in the case log which letters were put in the spool.

    Who is cut off between the two posts the same mails again, which are sent once.
    """
    roles = tuple(unit.incidents.roles if unit.incidents else ())
    notification_event = NotifiedEvent(
        unit=unit.id, roles=roles, mails=tuple(letter.content_digest for letter in letters)
    )
    with contextlib.suppress(transitions.DuplicateEntry):
        IncidentStore().write(
            inventory, who, transitions.make_notification_recording_decision(case.id, notification_event)
        )


def _warn_that_mail_cannot_be_sent(unsendable: InputError, words: Words) -> None:
    """Say what is in the way of sending what was shown."""
    console.err.print(
        words("incidents.mail.unsendable", why=usage.format_input_error_as_line(unsendable, words.lang)),
        markup=False,
        soft_wrap=True,
    )


def _show_unsent_letters(letters: Sequence[Letter], words: Words, *, whole: bool) -> None:
    """Show what would be sent: whole, or only that it waits for somebody to send it."""
    for letter in letters:
        console.out.print(words("incidents.mail.draft", incident=letter.about, to=letter.recipient), markup=False)
    if whole:
        console.out.print(f"\n{letters[0].subject}\n\n{letters[0].body}", markup=False, soft_wrap=True)
