"""``auditor mail``, ``auditor report send`` and ``auditor report notify``.

Reports to the offices, and what has become of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
    LastRunArgument,
)
from auditor.errors import InputError
from auditor.models import clock
from auditor.text.translations import Words

if TYPE_CHECKING:
    from auditor.history.runs import RunHistory
    from auditor.mail.heartbeat import InventoryStatus
    from auditor.mail.spool import Mail
    from auditor.models import Run

app = typer.Typer(
    help="Mail to the offices: test it, show the queue, deliver.", no_args_is_help=True, rich_markup_mode=None
)


def _print_json(data: object) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1))


def mail_run_to_office_roles(
    to_unit: Annotated[
        str,
        typer.Option(
            "--to-unit", metavar="UNIT", help="The receiving office.", autocompletion=completions.complete_office_units
        ),
    ],
    run_id: LastRunArgument = None,
    unit: Annotated[
        str | None,
        typer.Option(
            "--unit",
            metavar="UNIT",
            help="The office whose sites are reported; default: --to-unit.",
            autocompletion=completions.complete_office_units,
        ),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="Only this role of the office; repeat the option for more."),
    ] = None,
    attach: Annotated[
        list[Path] | None,
        typer.Option(
            "--attach", metavar="FILE", help="An official report, for all recipients; repeat the option for more."
        ),
    ] = None,
    technical: Annotated[
        list[Path] | None,
        typer.Option(
            "--technical", metavar="FILE", help="A file for the technical roles only; repeat the option for more."
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Mail the summary and files of a run to the roles of an office; undelivered mail waits in the queue.

    The same mail to the same address is sent only once, even if you repeat the command.

    Exit code: 0 delivered or waiting, 1 permanently refused.

    Examples:
      auditor report send --to-unit xa-an-truc -i inventories/lab --attach out/bao-cao.pdf

      auditor report send 20261124T1 --unit xa-an-truc --to-unit tinh-tan-giang --technical out/annex.xlsx

    """
    from auditor.history.runs import RunHistory
    from auditor.inventory import hosts as inventories
    from auditor.mail import audience, settings
    from auditor.mail import send as sending
    from auditor.mail.spool import Spool
    from auditor.results.office_month import compute_office_month_figures

    words = Words(lang)
    inventory_data = inventories.load_inventory(inventory)
    if inventory_data.organisation is None:
        raise InputError("this inventory does not declare any offices", mend="write office/organisation.yml")
    to = audience.get_active_unit_by_id(inventory_data.organisation, to_unit)
    about = audience.get_active_unit_by_id(inventory_data.organisation, unit) if unit else to
    file = settings.get_mail_settings_path_of_inventory(inventory)
    known_server = settings.load_mail_settings(file)
    settings.require_settings_changed_from_example(file, known_server)
    history = RunHistory()
    run = _get_named_or_latest_run(history, run_id, inventory)
    letters = sending.write_audit_result_letters(
        known_server.sender,
        compute_office_month_figures(inventory_data.organisation, about, inventory_data.hosts, run, None),
        to,
        audience.list_recipients(to, role or ()),
        words,
        [sending.load_attachment(each) for each in attach or ()],
        [sending.load_attachment(each) for each in technical or ()],
        history.head(),
    )
    spool = Spool()
    mails = sending.post_letters(spool, file, letters, clock.now())
    sending.deliver_due_mails_in_spool(spool, clock.now, lambda _: None, only_mails=mails)
    ids = {mail.id for mail in mails}
    print_mails_and_exit_on_failure(
        [mail for mail in spool.list_mails()[::-1] if mail.id in ids], words, as_json=as_json
    )


def send_state_of_run_to_webhook(
    run_id: LastRunArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Send the state of the sites in a run to a webhook as signed JSON; undelivered messages wait in the mail queue.

    office/webhook.yml has the address and the secret. Each run is sent only once, even if you repeat the command.

    Exit code: 0 delivered or waiting, 1 permanently refused.

    Example:
      auditor report notify -i inventories/xa

    """
    from auditor.history.runs import RunHistory
    from auditor.mail import notice, webhook
    from auditor.mail import send as sending
    from auditor.mail.spool import Spool

    file = webhook.get_webhook_settings_path_of_inventory(inventory)
    origin = webhook.get_https_origin_of_webhook_url(webhook.load_webhook_settings(file), file)
    history = RunHistory()
    run = _get_named_or_latest_run(history, run_id, inventory)
    link = history.link(run.id)
    spool = Spool()
    mails = spool.add_mails_to_send(
        [notice.prepare_webhook_message_about_run(run, origin, link.hash if link else None)], file, clock.now()
    )
    sending.deliver_due_mails_in_spool(spool, clock.now, lambda _: None, only_mails=mails)
    ids = {mail.id for mail in mails}
    print_mails_and_exit_on_failure(
        [mail for mail in spool.list_mails() if mail.id in ids], Words(lang), as_json=as_json
    )


def _get_named_or_latest_run(history: RunHistory, run_id: str | None, inventory: Path) -> Run:
    run = history.run(run_id) if run_id else history.latest(str(inventory))
    if run is None:
        raise InputError(
            "the history has no run of {inventory}",
            inventory=inventory,
            mend="run 'auditor audit -i {inventory}' first",
        )
    return run


@app.command("test")
def send_test_mail(
    to: Annotated[
        str | None, typer.Option("--to", metavar="ADDRESS", help="Recipient; default: the sender's own address.")
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Send a test message now with the settings in office/mail.yml, and print the result.

    Exit code: 0 the server accepted it, 1 it could not be delivered.

    Example:
      auditor mail test -i inventories/lab

    """
    from auditor.commands.output.console import err, out
    from auditor.mail import deliver, settings
    from auditor.mail import send as sending
    from auditor.mail.delivery_errors import MailRefusal
    from auditor.mail.message import PreparedMail

    words = Words(lang)
    file = settings.get_mail_settings_path_of_inventory(inventory)
    mail_settings = settings.load_mail_settings(file)
    server = settings.load_server(file, mail_settings)
    letter = sending.write_trial_letter(mail_settings.sender, to or mail_settings.sender, words, clock.now())
    prepared_mail = PreparedMail.from_letter(letter, clock.now(), mail_settings.max_megabytes * 1_000_000)
    why = None
    try:
        with deliver.open_encrypted_smtp_session(server) as connection:
            deliver.send_mail_over_smtp(connection, letter.sender, letter.recipient, prepared_mail.content)
    except MailRefusal as error:
        why = str(error)
    if as_json:
        _print_json({"recipient": letter.recipient, "host": server.host, "port": server.port, "error": why})
    elif why is None:
        out.print(words("mail.trial.sent", to=letter.recipient, host=server.host), markup=False)
    else:
        err.print(words("mail.trial.failed", to=letter.recipient, why=why), markup=False)
    raise typer.Exit(0 if why is None else 1)


@app.command("queue")
def list_mail_queue(
    all_mails: Annotated[bool, typer.Option("--all", help="Include delivered mail.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """List waiting, permanently refused and given-up mail.

    Example:
      auditor mail queue

    """
    from auditor.commands.output.console import out
    from auditor.commands.output.mails import build_mails_table
    from auditor.mail.spool import Spool

    words = Words(lang)
    mails = Spool().list_mails(*(() if all_mails else ("waiting", "parked", "given_up")))
    if as_json:
        _print_json([vars(mail) for mail in mails])
    elif mails:
        out.print(build_mails_table(mails, words))
    else:
        out.print(words("mail.queue.empty"))


@app.command("run")
def deliver_due_mail(
    early: Annotated[bool, typer.Option("--early", help="Do not wait for the next scheduled attempt.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Deliver due mail, and a sign of life to addresses that received no mail for a week; for a timer.

    Exit code: 0 all mail delivered or waiting, 1 a mail was permanently refused or given up in this run.

    Example:
      auditor mail run

    """
    from auditor.commands.output.console import out
    from auditor.history.runs import RunHistory
    from auditor.mail import heartbeat
    from auditor.mail import send as sending
    from auditor.mail.spool import Spool

    words = Words(lang)
    spool, history = Spool(), RunHistory()
    wrong = heartbeat.post_heartbeats_to_silent_addresses(
        spool,
        clock.now(),
        lambda of: _load_status(history, str(of)),
        history.head(),
        words,
    )
    tried_ids: list[int] = []
    if not sending.deliver_due_mails_in_spool(
        spool, clock.now, lambda delivery: tried_ids.append(delivery.mail.id), include_not_due=early
    ):
        if as_json:
            _print_json([])
        else:
            out.print(words("mail.busy"))
        return
    if wrong:
        raise wrong[0]
    print_mails_and_exit_on_failure(
        [mail for mail in spool.list_mails()[::-1] if mail.id in tried_ids], words, as_json=as_json
    )


def _load_status(history: RunHistory, inventory: str) -> InventoryStatus:
    """Return how an inventory stands, for those who hear of nothing."""
    from auditor.history.incidents import IncidentStore, list_open_incidents
    from auditor.mail.heartbeat import InventoryStatus
    from auditor.results.intrusions import find_intrusions

    newest = next(iter(history.entries(inventory, 1)), None)
    return InventoryStatus(
        last_audit=newest.started if newest else None,
        incidents=list_open_incidents(IncidentStore().load_case_logs_of_inventory(inventory), clock.now()),
        intrusion_count=len(find_intrusions(history.run(newest.id))) if newest else 0,
    )


def print_mails_and_exit_on_failure(mails: Sequence[Mail], words: Words, *, as_json: bool) -> None:
    """Say what became of each mail, and end with exit code 1 when one will not be delivered."""
    if as_json:
        _print_json([vars(mail) for mail in mails])
    else:
        print_mails(mails, words)
    raise typer.Exit(1 if any(mail.state in ("parked", "given_up") for mail in mails) else 0)


def print_mails(mails: Sequence[Mail], words: Words) -> None:
    """Print what became of each mail, a line each."""
    from auditor.commands.output.console import err, out

    for mail in mails:
        when = words.format_epoch_second(mail.next_try)
        message = words(f"mail.became.{mail.state}", to=mail.recipient, why=mail.last_error or "", when=when)
        (out if mail.state in ("sent", "waiting") else err).print(message, markup=False)
