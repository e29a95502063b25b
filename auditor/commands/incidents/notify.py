"""Offices told of an incident by mail: shown first, sent by a person or, where an office says so, by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from auditor.commands.given.options import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, LangOption
from auditor.commands.incidents.ledger import WhoOption, role
from auditor.errors import InputError
from auditor.models import clock

if TYPE_CHECKING:
    from auditor.history.incidents import Incidents
    from auditor.incidents.case import Case
    from auditor.mail.message import Attachment, Letter
    from auditor.mail.spool import Mail, Spool
    from auditor.models import Inventory, Lang, Organisation, Unit
    from auditor.text.words import Words


def notify(
    incident: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="Incident ID, as shown by 'auditor incident list'; default: all open and recently closed incidents.",
        ),
    ] = None,
    *,
    who: WhoOption,
    send: Annotated[
        bool, typer.Option("--send", help="Send the mail; default: only to offices with 'automatic' under incidents:.")
    ] = False,
    technical: Annotated[
        list[Path] | None,
        typer.Option(
            "--technical", metavar="FILE", help="A file for the technical roles only; repeat the option for more."
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Notify the offices of the affected sites, and those above, by mail of the state and of what is due next.

    Shows the mail as a draft unless you send it; a draft does not need mail server settings. The same state of an
    incident is sent only once, even if you repeat the command; with a timer, offices are notified again as soon as
    something changes or becomes overdue.

    Exit code: 0 shown, delivered or waiting, 1 permanently refused.

    Examples:
      auditor incident notify SC-20261127-1 --who "Văn phòng" -i inventories/lab

      auditor incident notify SC-20261127-1 --send --who "Văn phòng" -i inventories/lab

    """
    from auditor.commands import mail
    from auditor.history.incidents import Incidents
    from auditor.incidents import letter
    from auditor.incidents.case import cases, fold
    from auditor.inventory import hosts as inventories
    from auditor.mail import send as sending
    from auditor.text.words import Words

    words = Words(lang)
    speaker = role(who)
    known = inventories.load(inventory)
    ledgers = Incidents()
    if incident is None:
        wanted: Sequence[Case] = letter.to_tell(cases(ledgers.all_known(known.path)), clock.now())
    else:
        wanted = [fold(incident, ledgers.one(known.path, incident))]
    attached = [sending.attachment(each) for each in technical or ()]
    mails = _told(known, wanted, speaker, attached, words, send=send, drafts="whole" if incident else "named")
    mail.report(mails, words, as_json=False)


def at_once(known: Inventory, incident: str, who: str, lang: Lang) -> None:
    """Tell of an incident the offices that say that they are told by themselves; what is in the way is said, and stops nothing."""
    from auditor.commands import mail
    from auditor.commands.shown import console
    from auditor.history.incidents import Incidents
    from auditor.incidents import letter
    from auditor.incidents.case import fold
    from auditor.text import usage
    from auditor.text.words import Words

    case = fold(incident, Incidents().one(known.path, incident))
    units = letter.told(known.organisation, case, known) if known.organisation else ()
    if not any(unit.incidents.automatic for unit in units if unit.incidents):
        return
    try:
        mail.say(_told(known, [case], who, [], Words(lang), send=False, drafts="none"), Words(lang))
    except InputError as error:
        console.err.print(
            Words(lang)("incidents.mail.not_told", why=usage.mistake(error, lang)), markup=False, soft_wrap=True
        )


def _told(
    known: Inventory,
    wanted: Sequence[Case],
    who: str,
    attached: Sequence[Attachment],
    words: Words,
    *,
    send: bool,
    drafts: Literal["whole", "named", "none"],
) -> tuple[Mail, ...]:
    """What became of the mails that are sent. Raises InputError for the first thing in the way, after all others were told."""
    from auditor.history.incidents import Incidents
    from auditor.mail import send as sending
    from auditor.mail import settings
    from auditor.mail.spool import Spool

    if not wanted:
        return ()  # a timer of an office that has no mail yet has nothing to complain of
    organisation = _organisation(known)
    file = settings.path_in(Path(known.path))
    sender = _sender(file)
    spool = Spool()
    posted: list[Mail] = []
    wrong: list[InputError] = []
    drafted = False
    for case in wanted:
        try:
            written = _written(
                case, known, organisation, "" if isinstance(sender, InputError) else sender, attached, words
            )
            for unit, letters in written:
                if send or (unit.incidents is not None and unit.incidents.automatic):
                    if isinstance(sender, InputError):
                        raise sender
                    posted += _post(spool, file, Incidents(), known.path, who, case, unit, letters)
                elif drafts != "none":
                    _draft(letters, words, whole=drafts == "whole")
                    drafted = True
        except InputError as error:  # the others are told first
            wrong.append(error)
    if drafted and not wrong and isinstance(sender, InputError):
        _warn(sender, words)
    sending.run(spool, clock.now, lambda _: None, only=posted)
    if wrong:
        raise wrong[0]
    ids = {one.id for one in posted}
    return tuple(one for one in spool.mails()[::-1] if one.id in ids)


def _sender(file: Path) -> str | InputError:
    """Who sends; or why nothing can be sent, which is in the way of sending alone."""
    from auditor.mail import settings

    try:
        given = settings.load(file)
        settings.check_filled_in(file, given)
    except InputError as error:
        return error
    return given.sender


def _organisation(known: Inventory) -> Organisation:
    if known.organisation is None:
        raise InputError("this inventory does not declare any offices", mend="write office/organisation.yml")
    return known.organisation


def _written(
    case: Case,
    known: Inventory,
    organisation: Organisation,
    sender: str,
    attached: Sequence[Attachment],
    words: Words,
) -> list[tuple[Unit, tuple[Letter, ...]]]:
    """By office, its letters. Raises InputError where none is told, or none of a role that may get what is attached."""
    from auditor.history.runs import History
    from auditor.incidents import letter
    from auditor.mail import audience

    units = letter.told(organisation, case, known)
    recipients = {unit.id: audience.recipients(unit, unit.incidents.roles if unit.incidents else ()) for unit in units}
    if not units:
        raise InputError(
            "{incident}: no office of its sites, and no office above, declares roles to notify of incidents",
            incident=case.id,
            mend="add 'incidents: {{roles: [ROLE]}}' to a unit in office/organisation.yml",
        )
    if attached and not any(one.technical for several in recipients.values() for one in several):
        raise InputError(
            "no role notified of {incident} may receive technical files",
            incident=case.id,
            mend="name the role under technical_roles: in office/organisation.yml",
        )
    head, now = History().head(), clock.now()
    return [
        (
            unit,
            letter.letters(
                case, known, unit, recipients[unit.id], attached, sender=sender, head=head, now=now, words=words
            ),
        )
        for unit in units
    ]


def _post(
    spool: Spool,
    file: Path,
    ledgers: Incidents,
    inventory: str,
    who: str,
    case: Case,
    unit: Unit,
    letters: Sequence[Letter],
) -> tuple[Mail, ...]:
    """Put them in the spool, then write so: who is cut off between the two posts the same mails again, which are sent once."""
    from auditor.incidents import deciding
    from auditor.mail import send as sending
    from auditor.models.incidents import Notified

    posted = sending.post(spool, file, letters, clock.now())
    roles = tuple(unit.incidents.roles if unit.incidents else ())
    told = Notified(unit=unit.id, roles=roles, mails=tuple(letter.digest for letter in letters))
    with contextlib.suppress(deciding.Known):
        ledgers.write(inventory, who, deciding.notifying(case.id, told))
    return posted


def _warn(unsendable: InputError, words: Words) -> None:
    """Say what is in the way of sending what was shown."""
    from auditor.commands.shown import console
    from auditor.text import usage

    console.err.print(
        words("incidents.mail.unsendable", why=usage.mistake(unsendable, words.lang)), markup=False, soft_wrap=True
    )


def _draft(letters: Sequence[Letter], words: Words, *, whole: bool) -> None:
    """Show what would be sent: whole, or only that it waits for somebody to send it."""
    from auditor.commands.shown import console

    for letter in letters:
        console.out.print(words("incidents.mail.draft", incident=letter.about, to=letter.recipient), markup=False)
    if whole:
        console.out.print(f"\n{letters[0].subject}\n\n{letters[0].body}", markup=False, soft_wrap=True)
