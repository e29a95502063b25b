"""``auditor mail``, ``auditor report send`` and ``auditor report notify``.

Reports to the offices, and what has become of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from auditor.commands.output.console import err, out
from auditor.commands.output.mails import build_mails_table
from auditor.commands.verbs.mail import MailQueueOptions, MailRunOptions, MailTestOptions
from auditor.commands.verbs.report import ReportNotifyOptions, ReportSendOptions
from auditor.errors import InputError
from auditor.history.incidents import IncidentStore, list_open_incidents
from auditor.history.runs import RunHistory
from auditor.inventory import hosts as inventories
from auditor.mail import audience, deliver, heartbeat, notice, settings, webhook
from auditor.mail import send as sending
from auditor.mail.delivery_errors import MailRefusal
from auditor.mail.heartbeat import InventoryStatus
from auditor.mail.message import PreparedMail
from auditor.mail.spool import Mail, Spool
from auditor.models import Run, clock
from auditor.results.intrusions import find_intrusions
from auditor.results.office_month import MonthRuns, compute_office_month_figures
from auditor.text.translations import Words


def _print_json(data: object) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1))


def mail_run_to_office_roles(options: ReportSendOptions) -> None:
    """Run ``auditor report send``."""
    words = Words(options.lang)
    inventory_data = inventories.load_inventory(options.inventory)
    if inventory_data.organisation is None:
        raise InputError("this inventory does not declare any offices", mend="write office/organisation.yml")
    to = audience.get_active_unit_by_id(inventory_data.organisation, options.to_unit)
    about = audience.get_active_unit_by_id(inventory_data.organisation, options.unit) if options.unit else to
    file = settings.get_mail_settings_path_of_inventory(options.inventory)
    known_server = settings.load_mail_settings(file)
    settings.require_settings_changed_from_example(file, known_server)
    history = RunHistory()
    run = _get_named_or_latest_run(history, options.run_id, options.inventory)
    letters = sending.write_audit_result_letters(
        audience.Dispatch(
            known_server.sender,
            to,
            audience.list_recipients(to, options.role or ()),
            [sending.load_attachment(each) for each in options.technical or ()],
            history.head(),
        ),
        compute_office_month_figures(inventory_data.organisation, about, inventory_data.hosts, MonthRuns(run)),
        [sending.load_attachment(each) for each in options.attach or ()],
        words,
    )
    spool = Spool()
    mails = sending.post_letters(spool, file, letters, clock.now())
    sending.deliver_due_mails_in_spool(spool, clock.now, lambda _: None, only_mails=mails)
    ids = {mail.id for mail in mails}
    print_mails_and_exit_on_failure(
        [mail for mail in spool.list_mails()[::-1] if mail.id in ids], words, as_json=options.as_json
    )


def send_state_of_run_to_webhook(options: ReportNotifyOptions) -> None:
    """Run ``auditor report notify``."""
    file = webhook.get_webhook_settings_path_of_inventory(options.inventory)
    origin = webhook.get_https_origin_of_webhook_url(webhook.load_webhook_settings(file), file)
    history = RunHistory()
    run = _get_named_or_latest_run(history, options.run_id, options.inventory)
    link = history.link(run.id)
    spool = Spool()
    mails = spool.add_mails_to_send(
        [notice.prepare_webhook_message_about_run(run, origin, link.hash if link else None)], file, clock.now()
    )
    sending.deliver_due_mails_in_spool(spool, clock.now, lambda _: None, only_mails=mails)
    ids = {mail.id for mail in mails}
    print_mails_and_exit_on_failure(
        [mail for mail in spool.list_mails() if mail.id in ids], Words(options.lang), as_json=options.as_json
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


def send_test_mail(options: MailTestOptions) -> None:
    """Run ``auditor mail test``."""
    words = Words(options.lang)
    file = settings.get_mail_settings_path_of_inventory(options.inventory)
    mail_settings = settings.load_mail_settings(file)
    server = settings.load_server(file, mail_settings)
    letter = sending.write_trial_letter(mail_settings.sender, options.to or mail_settings.sender, words, clock.now())
    prepared_mail = PreparedMail.from_letter(letter, clock.now(), mail_settings.max_megabytes * 1_000_000)
    why = None
    try:
        with deliver.open_encrypted_smtp_session(server) as connection:
            deliver.send_mail_over_smtp(connection, letter.sender, letter.recipient, prepared_mail.content)
    except MailRefusal as error:
        why = str(error)
    if options.as_json:
        _print_json({"recipient": letter.recipient, "host": server.host, "port": server.port, "error": why})
    elif why is None:
        out.print(words("mail.trial.sent", to=letter.recipient, host=server.host), markup=False)
    else:
        err.print(words("mail.trial.failed", to=letter.recipient, why=why), markup=False)
    raise typer.Exit(0 if why is None else 1)


def list_mail_queue(options: MailQueueOptions) -> None:
    """Run ``auditor mail queue``."""
    words = Words(options.lang)
    mails = Spool().list_mails(*(() if options.all_mails else ("waiting", "parked", "given_up")))
    if options.as_json:
        _print_json([vars(mail) for mail in mails])
    elif mails:
        out.print(build_mails_table(mails, words))
    else:
        out.print(words("mail.queue.empty"))


def deliver_due_mail(options: MailRunOptions) -> None:
    """Run ``auditor mail run``."""
    words = Words(options.lang)
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
        spool, clock.now, lambda delivery: tried_ids.append(delivery.mail.id), include_not_due=options.early
    ):
        if options.as_json:
            _print_json([])
        else:
            out.print(words("mail.busy"))
        return
    if wrong:
        raise wrong[0]
    print_mails_and_exit_on_failure(
        [mail for mail in spool.list_mails()[::-1] if mail.id in tried_ids], words, as_json=options.as_json
    )


def _load_status(history: RunHistory, inventory: str) -> InventoryStatus:
    """Return how an inventory stands, for those who hear of nothing."""
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
    for mail in mails:
        when = words.format_epoch_second(mail.next_try)
        message = words(f"mail.became.{mail.state}", to=mail.recipient, why=mail.last_error or "", when=when)
        (out if mail.state in ("sent", "waiting") else err).print(message, markup=False)
