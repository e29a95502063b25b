"""Declare the verbs of ``auditor incident`` that open, keep and close a case log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
    UnjudgedSiteOption,
    YesOption,
)
from auditor.commands.verbs.base import Verb
from auditor.models.ranks import Report


@dataclass(frozen=True, kw_only=True)
class IncidentOpenOptions(Verb, runs="auditor.commands.incidents.intake:open_incident"):
    """Open an incident, or add to the one open on the same sites or hosts, and list the reports due.

    Entries are links in the history chain: they cannot be changed or deleted later.

    With --contain, what the findings name is contained as by 'auditor incident contain', provided that it is clearly
    one of these: files that only an intruder could have placed, pages, keys, accounts, scheduled jobs, units,
    processes. Sites are visited before and after: if a site no longer serves, the files, units and processes that it
    depends on are restored, except for a site in --unjudged. Whatever is not contained is listed with the command to
    run.

    With --all-found, all certain or likely traces on the given hosts and sites go into one incident and are contained
    as with --contain, after one confirmation.

    Exit code: 0 opened, and everything requested is contained; 1 not everything is contained, or not confirmed.

    Examples:
      auditor incident open antruc.test --who "Văn phòng" --why "Trang chủ bị thay đổi" -i inventories/lab

      auditor incident open --finding CONTROL:web1 --who "Văn phòng" -i inventories/lab

      auditor incident open --finding CONTROL:web1 --contain --who "Văn phòng" -i inventories/lab

      auditor incident open --all-found web1 --who "Văn phòng" -i inventories/lab

    """

    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SITE|HOST]...",
            help="The affected sites and hosts.",
            autocompletion=completions.complete_hosts_and_sites,
        ),
    ] = None
    who: WhoOption
    findings: Annotated[
        list[str] | None,
        typer.Option(
            "--finding",
            metavar="CONTROL:SITE|HOST",
            help=(
                "An open finding of the last audit that shows the incident, as CONTROL:PLACE; repeat the option "
                "for more."
            ),
        ),
    ] = None
    why: Annotated[str | None, typer.Option("--why", metavar="TEXT", help="What was observed, in one sentence.")] = None
    when: Annotated[
        str | None,
        typer.Option(
            "--when",
            metavar="MOMENT",
            help=(
                "Time of detection, such as 2026-11-27 20:15; deadlines count from it. Default: when a finding was "
                "first seen, otherwise now."
            ),
        ),
    ] = None
    join: Annotated[
        str | None,
        typer.Option(
            "--join", metavar="ID", help="The open incident to add this to, if several affect the same sites or hosts."
        ),
    ] = None
    new: Annotated[
        bool, typer.Option("--new", help="Open a separate incident, even if one on the same sites or hosts is open.")
    ] = False
    contain: Annotated[
        bool,
        typer.Option(
            "--contain", help="Contain at once what the findings name, and list what needs manual review first."
        ),
    ] = False
    all_found: Annotated[
        bool,
        typer.Option(
            "--all-found",
            help=(
                "Open one incident for all certain or likely traces of the last hunts and reviews of these hosts and "
                "sites (default: all), and contain at once what can be contained."
            ),
        ),
    ] = False
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="With --all-found: only list what would be contained and what needs manual review."
        ),
    ] = False
    yes: YesOption = False
    unjudged_names: UnjudgedSiteOption = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


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


@dataclass(frozen=True, kw_only=True)
class IncidentListOptions(Verb, runs="auditor.commands.incidents.case_log:list_incidents"):
    """List the incidents, what they affect, and the next report due.

    Example:
      auditor incident list -i inventories/lab

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentShowOptions(Verb, runs="auditor.commands.incidents.case_log:show_incident_with_case_log"):
    """Show an incident: reports due, and all entries of its case log.

    Example:
      auditor incident show SC-20261127-1 -i inventories/lab

    """

    incident: IncidentArgument
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentExportOptions(Verb, runs="auditor.commands.incidents.case_log:export_case_log_as_csv"):
    """Export the case log of an incident as CSV, one entry per row.

    Only the owner can read the file.

    Example:
      auditor incident export SC-20261127-1 dien-bien.csv -i inventories/lab

    """

    incident: IncidentArgument
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Output file.")]
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentNoteOptions(Verb, runs="auditor.commands.incidents.case_log:add_note_to_case_log"):
    """Record an observation, decision or action in the case log of an incident.

    Example:
      auditor incident note SC-20261127-1 "Đã gọi đơn vị vận hành" --who "Văn phòng" -i inventories/lab

    """

    incident: IncidentArgument
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What was observed, decided or done.")]
    who: WhoOption
    when: WhenOption = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentWaiveOptions(Verb, runs="auditor.commands.incidents.case_log:waive_incident_report"):
    """Waive a report: record that it is not due, and why, for example because the incident is not serious.

    Example:
      auditor incident waive SC-20261127-1 now --why "Không ảnh hưởng trật tự, an toàn xã hội" --who "Chánh Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line

    incident: IncidentArgument
    report: ReportArgument
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Reason, in one sentence.")]
    who: WhoOption
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentReportedOptions(Verb, runs="auditor.commands.incidents.case_log:record_that_report_was_sent"):
    """Record that a report was sent.

    Example:
      auditor incident reported SC-20261127-1 first --how "45/BC-UBND" --who "Văn phòng" -i inventories/lab

    """

    incident: IncidentArgument
    report: ReportArgument
    how: Annotated[str, typer.Option("--how", metavar="TEXT", help="Document number, or how the report was sent.")]
    who: WhoOption
    when: WhenOption = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentDueOptions(Verb, runs="auditor.commands.incidents.case_log:list_incident_reports_due"):
    """List the reports that are due for open incidents, earliest first.

    Exit code: 0 nothing is overdue, 1 a report is overdue.

    Example:
      auditor incident due -i inventories/lab

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentNextOptions(Verb, runs="auditor.commands.incidents.conclusion:print_next_incident_step"):
    """Print the next step of an incident, its exact command, and the time left for each report that is due.

    The step depends on the case log and the newest audit, in this order: containment, evidence, the first reports,
    manual review and manual steps, another check, the full report, the closing form, closing. The office role in the
    command is the one that acted last: replace it with your own.

    Exit code: 0 there is a step, or no incident is open.

    Example:
      auditor incident next SC-20261127-1 -i inventories/lab

    """

    incident: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Incident ID; default: the open incident with the earliest due report."),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentCloseOptions(Verb, runs="auditor.commands.incidents.conclusion:close_incident"):
    """Close an incident: no report may be due, the checks must be clean, and the closing form must exist.

    Lists all obstacles to closing at once, each with the command that removes it.

    Exit code: 0 closed, 2 an obstacle remains.

    Example:
      auditor incident close SC-20261127-1 --cause "Mật khẩu quản trị bị lộ" --who "Chánh Văn phòng" -i inventories/lab

    """

    incident: IncidentArgument
    cause: Annotated[
        str, typer.Option("--cause", metavar="TEXT", help="How the intruder got in, or why that is not known.")
    ]
    who: WhoOption
    control: Annotated[
        str | None,
        typer.Option(
            "--control",
            metavar="CONTROL:SITE|HOST",
            help="The open control that allowed the incident; a later audit shows that it is met.",
        ),
    ] = None
    removed_names: Annotated[
        list[str] | None,
        typer.Option(
            "--gone",
            metavar="SITE|HOST",
            help=(
                "A site or host that left the inventory and is no longer in service, so it cannot be checked; "
                "repeat the option for more."
            ),
        ),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG
