"""The ledger of incidents: entries are added, none is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import typer
from pydantic import TypeAdapter, ValidationError

from auditor.commands.incidents.next_steps import show_next_step_of_open_incident
from auditor.commands.output import console
from auditor.commands.output import incidents as shown
from auditor.commands.verbs.incidents.case_log import (
    IncidentDueOptions,
    IncidentExportOptions,
    IncidentListOptions,
    IncidentNoteOptions,
    IncidentReportedOptions,
    IncidentShowOptions,
    IncidentWaiveOptions,
)
from auditor.errors import InputError, find_nearest_known_name, get_place_and_message_of_first_error
from auditor.history.incidents import Decided, IncidentStore, Ledgers
from auditor.incidents import descriptions, transitions
from auditor.incidents.case import fold_case, fold_cases
from auditor.incidents.sentences import validate_and_redact_user_sentence
from auditor.inventory import hosts as inventories
from auditor.models import Inventory, Lang, Role, clock
from auditor.models.incidents import NotedEvent, ReportedEvent, WaivedReportEvent
from auditor.system import files
from auditor.text.translations import Words


def list_incidents(options: IncidentListOptions) -> None:
    """Run ``auditor incident list``."""
    all_cases = fold_cases(
        IncidentStore().load_case_logs_of_known_inventory(inventories.load_inventory(options.inventory).path)
    )
    if options.as_json:
        typer.echo(json.dumps([shown.build_incident_json(case) for case in all_cases], ensure_ascii=False, indent=1))
    elif all_cases:
        console.out.print(shown.build_cases_table(all_cases, clock.now(), Words(options.lang)))
    else:
        console.out.print(Words(options.lang)("incidents.none"))


def show_incident_with_case_log(options: IncidentShowOptions) -> None:
    """Run ``auditor incident show``."""
    case = fold_case(
        options.incident,
        IncidentStore().load_case_log_of_incident(inventories.load_inventory(options.inventory).path, options.incident),
    )
    if options.as_json:
        typer.echo(json.dumps(shown.build_incident_json(case), ensure_ascii=False, indent=1))
    else:
        shown.show_case(case, options.lang)


def export_case_log_as_csv(options: IncidentExportOptions) -> None:
    """Run ``auditor incident export``."""
    case = fold_case(
        options.incident,
        IncidentStore().load_case_log_of_incident(inventories.load_inventory(options.inventory).path, options.incident),
    )
    files.write_private(options.file, [descriptions.render_case_timeline_csv(case, Words(options.lang))])
    typer.echo(str(options.file))


def add_note_to_case_log(options: IncidentNoteOptions) -> None:
    """Run ``auditor incident note``."""
    inventory_data = inventories.load_inventory(options.inventory)
    decide = transitions.make_event_recording_decision(
        options.incident, NotedEvent(text=validate_and_redact_user_sentence("TEXT", options.text))
    )
    print_incident_was_recorded(
        write_decided_event_to_ledger(inventory_data, options.who, decide, parse_past_moment(options.when)),
        options.lang,
    )
    show_next_step_of_open_incident(inventory_data, options.incident, options.inventory, options.lang)


def waive_incident_report(options: IncidentWaiveOptions) -> None:
    """Run ``auditor incident waive``."""
    inventory_data = inventories.load_inventory(options.inventory)
    decide = transitions.make_event_recording_decision(
        options.incident,
        WaivedReportEvent(report=options.report, why=validate_and_redact_user_sentence("--why", options.why)),
    )
    print_incident_was_recorded(write_decided_event_to_ledger(inventory_data, options.who, decide), options.lang)
    show_next_step_of_open_incident(inventory_data, options.incident, options.inventory, options.lang)


def record_that_report_was_sent(options: IncidentReportedOptions) -> None:
    """Run ``auditor incident reported``."""
    inventory_data = inventories.load_inventory(options.inventory)
    decide = transitions.make_event_recording_decision(
        options.incident,
        ReportedEvent(report=options.report, how=validate_and_redact_user_sentence("--how", options.how)),
    )
    print_incident_was_recorded(
        write_decided_event_to_ledger(inventory_data, options.who, decide, parse_past_moment(options.when)),
        options.lang,
    )
    show_next_step_of_open_incident(inventory_data, options.incident, options.inventory, options.lang)


def list_incident_reports_due(options: IncidentDueOptions) -> None:
    """Run ``auditor incident due``."""
    now = clock.now()
    open_cases = [
        case
        for case in fold_cases(
            IncidentStore().load_case_logs_of_known_inventory(inventories.load_inventory(options.inventory).path)
        )
        if case.is_open
    ]
    owed = sorted(
        ((due, case.id) for case in open_cases for due in case.list_unsent_owed_reports()), key=lambda item: item[0].by
    )
    if options.as_json:
        data = [
            {"incident": of, "report": due.report, "by": clock.format_iso_moment(due.by), "overdue": due.by <= now}
            for due, of in owed
        ]
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
    elif owed:
        for due, of in owed:
            console.out.print(f"{of}  {shown.format_due(due, now, Words(options.lang))}", markup=False)
    else:
        console.out.print(Words(options.lang)("incidents.nothing_owed"))
    raise typer.Exit(1 if any(due.by <= now for due, _ in owed) else 0)


def write_decided_event_to_ledger(
    inventory_data: Inventory, who: str, decide: Callable[[Ledgers], Decided], happened_at: datetime | None = None
) -> str:
    """Write what is decided; the incident's id. Raises InputError for a role that will not do."""
    return IncidentStore().write(inventory_data.path, parse_office_role(who), decide, happened_at)[0]


def parse_office_role(who: str) -> str:
    """Return an office role. Raises InputError for what is none."""
    try:
        role_name: str = TypeAdapter(Role).validate_python(who)
    except ValidationError as error:
        raise InputError(
            "--who is not valid: {why}",
            why=get_place_and_message_of_first_error(error)[1],
            mend="give an office role, for example 'Chánh Văn phòng'",
        ) from error
    return role_name


def print_incident_was_recorded(incident: str, lang: Lang) -> None:
    """Say that it stands in the ledger."""
    console.out.print(Words(lang)("incidents.written", incident=incident), markup=False)


def parse_sites_and_hosts(inventory_data: Inventory, subject_names: list[str]) -> tuple[str, ...]:
    """Return sites by their domains, and hosts. Raises InputError for what is neither."""
    sites = {name: site.domain for site in inventory_data.sites for name in (site.domain, *site.aliases)}
    hosts = {host.name: host.name for host in inventory_data.hosts}
    for name in subject_names:
        if name not in sites and name not in hosts:
            raise InputError(
                "the inventory has no site or host {site}",
                site=name,
                mend="see 'auditor inventory check'",
                guess=find_nearest_known_name(name, [*sites, *hosts]),
            )
    return tuple((hosts | sites)[name] for name in subject_names)


def parse_past_moment(text: str | None) -> datetime | None:
    """Return a moment by Vietnam's clock that is over."""
    if text is None:
        return None
    try:
        moment = clock.parse_vietnam_minute(text)
    except ValueError:
        raise typer.BadParameter(f"{text}: not a date and time; write it as 2026-11-27 20:15") from None
    if moment > clock.now():
        raise InputError("--when {moment} is in the future", moment=text, mend="give a time in the past")
    return moment
