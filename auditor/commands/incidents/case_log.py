"""The ledger of incidents: entries are added, none is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.incidents.next_steps import show_next_step_of_open_incident
from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
)
from auditor.errors import InputError, find_nearest_known_name, get_place_and_message_of_first_error
from auditor.models import clock
from auditor.models.ranks import Report

if TYPE_CHECKING:
    from auditor.history.incidents import Decided, Ledgers
    from auditor.models import Inventory, Lang

IncidentArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Incident ID, as shown by 'auditor incident list'.")
]
WhoOption = Annotated[
    str, typer.Option("--who", metavar="ROLE", help="Office role that records this, never a person's name.")
]
WhenOption = Annotated[
    str | None,
    typer.Option("--when", metavar="MOMENT", help="When it happened, such as 2026-11-27 20:15; default: now."),
]
ReportArgument = Annotated[
    Report,
    typer.Argument(
        metavar="now|first|full|personal",
        help="The report: immediate notification, initial notice, full report, or personal-data breach notification.",
    ),
]


def list_incidents(
    inventory: InventoryOption = DEFAULT_INVENTORY, as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG
) -> None:
    """List the incidents, what they affect, and the next report due.

    Example:
      auditor incident list -i inventories/lab

    """
    from auditor.commands.output import console
    from auditor.commands.output import incidents as shown
    from auditor.history.incidents import IncidentStore
    from auditor.incidents.case import fold_cases
    from auditor.inventory import hosts as inventories
    from auditor.text.translations import Words

    all_cases = fold_cases(
        IncidentStore().load_case_logs_of_known_inventory(inventories.load_inventory(inventory).path)
    )
    if as_json:
        typer.echo(json.dumps([shown.build_incident_json(case) for case in all_cases], ensure_ascii=False, indent=1))
    elif all_cases:
        console.out.print(shown.build_cases_table(all_cases, clock.now(), Words(lang)))
    else:
        console.out.print(Words(lang)("incidents.none"))


def show_incident_with_case_log(
    incident: IncidentArgument,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Show an incident: reports due, and all entries of its case log.

    Example:
      auditor incident show SC-20261127-1 -i inventories/lab

    """
    from auditor.commands.output import incidents as shown
    from auditor.history.incidents import IncidentStore
    from auditor.incidents.case import fold_case
    from auditor.inventory import hosts as inventories

    case = fold_case(
        incident, IncidentStore().load_case_log_of_incident(inventories.load_inventory(inventory).path, incident)
    )
    if as_json:
        typer.echo(json.dumps(shown.build_incident_json(case), ensure_ascii=False, indent=1))
    else:
        shown.show_case(case, lang)


def export_case_log_as_csv(
    incident: IncidentArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Output file.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Export the case log of an incident as CSV, one entry per row.

    Only the owner can read the file.

    Example:
      auditor incident export SC-20261127-1 dien-bien.csv -i inventories/lab

    """
    from auditor.history.incidents import IncidentStore
    from auditor.incidents import descriptions
    from auditor.incidents.case import fold_case
    from auditor.inventory import hosts as inventories
    from auditor.system import files
    from auditor.text.translations import Words

    case = fold_case(
        incident, IncidentStore().load_case_log_of_incident(inventories.load_inventory(inventory).path, incident)
    )
    files.write_private(file, [descriptions.render_case_timeline_csv(case, Words(lang))])
    typer.echo(str(file))


def add_note_to_case_log(
    incident: IncidentArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What was observed, decided or done.")],
    who: WhoOption,
    when: WhenOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Record an observation, decision or action in the case log of an incident.

    Example:
      auditor incident note SC-20261127-1 "Đã gọi đơn vị vận hành" --who "Văn phòng" -i inventories/lab

    """
    from auditor.incidents import transitions
    from auditor.incidents.sentences import validate_and_redact_user_sentence
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import NotedEvent

    inventory_data = inventories.load_inventory(inventory)
    decide = transitions.make_event_recording_decision(
        incident, NotedEvent(text=validate_and_redact_user_sentence("TEXT", text))
    )
    print_incident_was_recorded(
        write_decided_event_to_ledger(inventory_data, who, decide, parse_past_moment(when)), lang
    )
    show_next_step_of_open_incident(inventory_data, incident, inventory, lang)


def waive_incident_report(
    incident: IncidentArgument,
    report: ReportArgument,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Reason, in one sentence.")],
    who: WhoOption,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Waive a report: record that it is not due, and why, for example because the incident is not serious.

    Example:
      auditor incident waive SC-20261127-1 now --why "Không ảnh hưởng trật tự, an toàn xã hội" --who "Chánh Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line
    from auditor.incidents import transitions
    from auditor.incidents.sentences import validate_and_redact_user_sentence
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import WaivedReportEvent

    inventory_data = inventories.load_inventory(inventory)
    decide = transitions.make_event_recording_decision(
        incident, WaivedReportEvent(report=report, why=validate_and_redact_user_sentence("--why", why))
    )
    print_incident_was_recorded(write_decided_event_to_ledger(inventory_data, who, decide), lang)
    show_next_step_of_open_incident(inventory_data, incident, inventory, lang)


def record_that_report_was_sent(
    incident: IncidentArgument,
    report: ReportArgument,
    how: Annotated[str, typer.Option("--how", metavar="TEXT", help="Document number, or how the report was sent.")],
    who: WhoOption,
    when: WhenOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Record that a report was sent.

    Example:
      auditor incident reported SC-20261127-1 first --how "45/BC-UBND" --who "Văn phòng" -i inventories/lab

    """
    from auditor.incidents import transitions
    from auditor.incidents.sentences import validate_and_redact_user_sentence
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import ReportedEvent

    inventory_data = inventories.load_inventory(inventory)
    decide = transitions.make_event_recording_decision(
        incident, ReportedEvent(report=report, how=validate_and_redact_user_sentence("--how", how))
    )
    print_incident_was_recorded(
        write_decided_event_to_ledger(inventory_data, who, decide, parse_past_moment(when)), lang
    )
    show_next_step_of_open_incident(inventory_data, incident, inventory, lang)


def list_incident_reports_due(
    inventory: InventoryOption = DEFAULT_INVENTORY, as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG
) -> None:
    """List the reports that are due for open incidents, earliest first.

    Exit code: 0 nothing is overdue, 1 a report is overdue.

    Example:
      auditor incident due -i inventories/lab

    """
    from auditor.commands.output import console
    from auditor.commands.output import incidents as shown
    from auditor.history.incidents import IncidentStore
    from auditor.incidents.case import fold_cases
    from auditor.inventory import hosts as inventories
    from auditor.text.translations import Words

    now = clock.now()
    open_cases = [
        case
        for case in fold_cases(
            IncidentStore().load_case_logs_of_known_inventory(inventories.load_inventory(inventory).path)
        )
        if case.is_open
    ]
    owed = sorted(
        ((due, case.id) for case in open_cases for due in case.list_unsent_owed_reports()), key=lambda item: item[0].by
    )
    if as_json:
        data = [
            {"incident": of, "report": due.report, "by": clock.format_iso_moment(due.by), "overdue": due.by <= now}
            for due, of in owed
        ]
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
    elif owed:
        for due, of in owed:
            console.out.print(f"{of}  {shown.format_due(due, now, Words(lang))}", markup=False)
    else:
        console.out.print(Words(lang)("incidents.nothing_owed"))
    raise typer.Exit(1 if any(due.by <= now for due, _ in owed) else 0)


def write_decided_event_to_ledger(
    inventory_data: Inventory, who: str, decide: Callable[[Ledgers], Decided], happened_at: datetime | None = None
) -> str:
    """Write what is decided; the incident's id. Raises InputError for a role that will not do."""
    from auditor.history.incidents import IncidentStore

    return IncidentStore().write(inventory_data.path, parse_office_role(who), decide, happened_at)[0]


def parse_office_role(who: str) -> str:
    """Return an office role. Raises InputError for what is none."""
    from pydantic import TypeAdapter, ValidationError

    from auditor.models import Role

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
    from auditor.commands.output import console
    from auditor.text.translations import Words

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
