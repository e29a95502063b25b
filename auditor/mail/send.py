"""A report on its way: written for each recipient, put in the spool, and tried at once."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

from auditor.errors import InputError
from auditor.mail import deliver, settings, summary
from auditor.mail.audience import Dispatch
from auditor.mail.clearance import is_marked_as_official_document
from auditor.mail.deliver import DeliveryResult
from auditor.mail.message import Attachment, Letter, PreparedMail
from auditor.mail.spool import Mail, Spool
from auditor.models import clock
from auditor.results.office_month import OfficeMonthFigures
from auditor.text.translations import Words

_MEGABYTE = 1_000_000


def load_attachment(file: Path) -> Attachment:
    """Return a file to go along. Raises InputError when it cannot be read."""
    try:
        return Attachment(file.name, file.read_bytes())
    except OSError as error:
        raise InputError(
            "cannot be read: {why}", why=error.strerror, file=file, mend="check the path and its permissions"
        ) from error


def write_audit_result_letters(
    dispatch: Dispatch, figures: OfficeMonthFigures, attachments: Sequence[Attachment], words: Words
) -> tuple[Letter, ...]:
    """Return one letter per recipient about what was found; ``attachments`` go to all of them."""
    for file in attachments:
        if not is_marked_as_official_document(file.content):
            raise InputError(
                "{name} is not an official report, but would be sent to all recipients",
                name=file.name,
                mend="use --technical for it: it may name servers and their weaknesses",
            )
    if dispatch.technical_attachments and not any(recipient.technical for recipient in dispatch.recipients):
        raise InputError(
            "no role of {unit} may receive the technical annex",
            unit=dispatch.unit.id,
            mend="name the role under technical_roles: in office/organisation.yml",
        )
    finished_letters = []
    for recipient in dispatch.recipients:
        files = (*attachments, *dispatch.list_technical_attachments_for(recipient))
        finished_letters.append(
            Letter(
                sender=dispatch.sender,
                recipient=recipient.address,
                recipient_name=dispatch.unit.name,
                subject=summary.write_audit_result_mail_subject(figures, words),
                body=summary.write_audit_result_mail_body(figures, dispatch.unit, words, [file.name for file in files]),
                attachments=files,
                about=figures.run.id,
                foot=summary.write_mail_footer_with_chain_head(dispatch.chain_head, words),
            )
        )
    return tuple(finished_letters)


def post_letters(
    spool: Spool, settings_file: Path, letters: Sequence[Letter], now: datetime.datetime
) -> tuple[Mail, ...]:
    """Put letters in the spool, all or none, to be sent by the settings in ``settings_file``."""
    limit = settings.load_mail_settings(settings_file).max_megabytes * _MEGABYTE
    return spool.add_mails_to_send(
        [PreparedMail.from_letter(letter, now, limit) for letter in letters], settings_file, now
    )


def deliver_due_mails_in_spool(
    spool: Spool,
    now: Callable[[], datetime.datetime],
    report_result: Callable[[DeliveryResult], None],
    *,
    include_not_due: bool = False,
    only_mails: Sequence[Mail] | None = None,
) -> bool:
    """Try what is due, or with ``include_not_due`` all that waits, or only ``only_mails``.

    Return False when another process is at it.
    """
    with spool.hold_delivery_lock() as ours:
        if ours:
            due = spool.list_due(now(), include_not_due=include_not_due)
            mail_ids = None if only_mails is None else {mail.id for mail in only_mails}
            deliver.deliver_mails_by_their_settings(
                spool, now, [mail for mail in due if mail_ids is None or mail.id in mail_ids], report_result
            )
        return ours


def write_trial_letter(sender: str, recipient: str, words: Words, now: datetime.datetime) -> Letter:
    """Return a letter that only shows that mail works."""
    return Letter(
        sender=sender,
        recipient=recipient,
        recipient_name="Lũy Tre",
        subject=words("mail.trial.subject"),
        body=words("mail.trial.body", when=words.format_epoch_second(int(now.timestamp()))) + "\n",
        about=clock.format_iso_moment(now),
    )
