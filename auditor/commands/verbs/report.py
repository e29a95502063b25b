"""Declare ``auditor report``."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import (
    DEFAULT_FORMATS,
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    FormatOption,
    InventoryOption,
    JsonOption,
    LangOption,
    LastRunArgument,
    LocalOption,
    OutputOption,
)
from auditor.commands.verbs.base import Group, LazyGroup, Verb
from auditor.models import DocumentKind, Regime

UnitOption = Annotated[
    str,
    typer.Option(
        "--unit",
        metavar="ID",
        help="The reporting office, including the offices below it.",
        autocompletion=completions.complete_office_units,
    ),
]


PeriodOption = Annotated[str, typer.Option("--period", metavar="YYYY-MM", help="The month to report.")]


@dataclass(frozen=True, kw_only=True)
class ReportWriteOptions(Verb, runs="auditor.commands.report:write_reports_of_run"):
    """Write the reports of a stored run: report/index.html, findings.json and junit.xml, or the formats in --format.

    Examples:
      auditor report -i inventories/lab --lang en

      auditor report --local

      auditor report 20261124T1 --format xlsx,csv

    """

    context: typer.Context
    run_id: LastRunArgument = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    output: OutputOption = DEFAULT_OUTPUT
    formats: FormatOption = DEFAULT_FORMATS
    local: LocalOption = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class ReportYearlyOptions(Verb, runs="auditor.commands.report:write_yearly_table_of_systems"):
    """Write the yearly table of information systems (Decree 331/2026/NĐ-CP, form 08): DOCX, PDF/A and XLSX.

    office/systems.yml declares the systems. Operators report before 20 December, owners before 25 December.
    Contradictions are reported and listed in the workbook.

    Examples:
      auditor report yearly --unit xa-an-truc --year 2026 -i inventories/lab

      auditor report yearly --unit tinh-tan-giang --year 2026 --output /srv/bao-cao

    """

    unit: UnitOption
    year: Annotated[str, typer.Option("--year", metavar="YYYY", help="The year to report, up to 14 December.")]
    inventory: InventoryOption = DEFAULT_INVENTORY
    output: OutputOption = DEFAULT_OUTPUT
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class ReportSharingOptions(Verb, runs="auditor.commands.report:write_monthly_sharing_table"):
    """Write the monthly table of an office on protection, connection, monitoring and findings: DOCX, PDF/A and XLSX.

    Counts come from the stored audits; office/sharing.yml declares what cannot be read from servers. A value from
    neither source is "not known".

    Examples:
      auditor report sharing --unit xa-an-truc --period 2026-11 -i inventories/lab

      auditor report sharing --unit tinh-tan-giang --period 2026-11 --output /srv/bao-cao

    """

    unit: UnitOption
    period: PeriodOption
    inventory: InventoryOption = DEFAULT_INVENTORY
    output: OutputOption = DEFAULT_OUTPUT
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class ReportOfficialOptions(Verb, runs="auditor.commands.report:write_official_monthly_report"):
    """Write the official monthly report of an office: DOCX to sign, PDF/A, and a technical annex.

    Examples:
      auditor report official --unit xa-an-truc --period 2026-11 -i inventories/lab

      auditor report official --unit tinh-tan-giang --period 2026-11 --kind cong-van

    """

    unit: UnitOption
    period: PeriodOption
    regime: Annotated[
        Regime | None,
        typer.Option(
            "--regime", metavar="2022|2026", help="Legal framework by year; default: from the organization file."
        ),
    ] = None
    kind: Annotated[
        DocumentKind,
        typer.Option("--kind", metavar="bao-cao|cong-van", help="A report, or a letter that requests action."),
    ] = "bao-cao"
    template: Annotated[
        Path | None, typer.Option("--template", metavar="FILE.docx", help="Your own template, edited in Word.")
    ] = None
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers",
            metavar="FILE.json",
            help=(
                "Answers to a list of vulnerabilities, as an annex: the output of 'auditor vulnerabilities "
                "advisory --json'."
            ),
        ),
    ] = None
    with_sharing: Annotated[
        bool, typer.Option("--with-sharing", help="The month's table of protection and sharing, as an annex.")
    ] = False
    inventory: InventoryOption = DEFAULT_INVENTORY
    output: OutputOption = DEFAULT_OUTPUT
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class ReportSendOptions(Verb, runs="auditor.commands.mail:mail_run_to_office_roles"):
    """Mail the summary and files of a run to the roles of an office; undelivered mail waits in the queue.

    The same mail to the same address is sent only once, even if you repeat the command.

    Exit code: 0 delivered or waiting, 1 permanently refused.

    Examples:
      auditor report send --to-unit xa-an-truc -i inventories/lab --attach out/bao-cao.pdf

      auditor report send 20261124T1 --unit xa-an-truc --to-unit tinh-tan-giang --technical out/annex.xlsx

    """

    to_unit: Annotated[
        str,
        typer.Option(
            "--to-unit", metavar="UNIT", help="The receiving office.", autocompletion=completions.complete_office_units
        ),
    ]
    run_id: LastRunArgument = None
    unit: Annotated[
        str | None,
        typer.Option(
            "--unit",
            metavar="UNIT",
            help="The office whose sites are reported; default: --to-unit.",
            autocompletion=completions.complete_office_units,
        ),
    ] = None
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="Only this role of the office; repeat the option for more."),
    ] = None
    attach: Annotated[
        list[Path] | None,
        typer.Option(
            "--attach", metavar="FILE", help="An official report, for all recipients; repeat the option for more."
        ),
    ] = None
    technical: Annotated[
        list[Path] | None,
        typer.Option(
            "--technical", metavar="FILE", help="A file for the technical roles only; repeat the option for more."
        ),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class ReportNotifyOptions(Verb, runs="auditor.commands.mail:send_state_of_run_to_webhook"):
    """Send the state of the sites in a run to a webhook as signed JSON; undelivered messages wait in the mail queue.

    office/webhook.yml has the address and the secret. Each run is sent only once, even if you repeat the command.

    Exit code: 0 delivered or waiting, 1 permanently refused.

    Example:
      auditor report notify -i inventories/xa

    """

    run_id: LastRunArgument = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


class _WriteByDefaultGroup(LazyGroup):
    """``auditor report RUN`` and ``auditor report -i INVENTORY`` are ``auditor report write …``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0][:1] in _OF_WRITE and args[0] not in ctx.help_option_names):
            args = ["write", *args]
        return super().parse_args(ctx, args)


_OF_WRITE = {"", "-", *string.digits}
"""What an option or a run's id begins with; anything else names a command, perhaps misspelt."""


REPORT = Group(
    help="""Reports of a stored run; 'auditor report RUN' writes them again.

Examples:
  auditor report -i inventories/lab --lang en

  auditor report 20261124T1 --format xlsx,csv

""",
    entries={
        "send": ReportSendOptions,
        "notify": ReportNotifyOptions,
        "write": ReportWriteOptions,
        "yearly": ReportYearlyOptions,
        "sharing": ReportSharingOptions,
        "official": ReportOfficialOptions,
    },
    group_class=_WriteByDefaultGroup,
)
