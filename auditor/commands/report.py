"""``auditor report``: a kept run's reports, written again unless another command of the group is named."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from auditor.commands import mail
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
    reject_local_with_inventory,
)
from auditor.errors import InputError
from auditor.models import DocumentKind, Regime

if TYPE_CHECKING:
    from auditor.report.official.content.context import Rows
    from auditor.report.official.document import AnnexKey
    from auditor.report.official.incidents import IncidentSummary
    from auditor.report.official.writer import DocumentToWrite
    from auditor.results.office_month import OfficeMonthFigures


class _WriteByDefaultGroup(TyperGroup):
    """``auditor report RUN`` and ``auditor report -i INVENTORY`` are ``auditor report write …``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0][:1] in _OF_WRITE and args[0] not in ctx.help_option_names):
            args = ["write", *args]
        return super().parse_args(ctx, args)


_OF_WRITE = {"", "-", *string.digits}
"""What an option or a run's id begins with; anything else names a command, perhaps misspelt."""

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

app = typer.Typer(cls=_WriteByDefaultGroup, rich_markup_mode=None)

app.command("send")(mail.mail_run_to_office_roles)
app.command("notify")(mail.send_state_of_run_to_webhook)


@app.callback()
def describe_report_commands() -> None:
    """Reports of a stored run; 'auditor report RUN' writes them again.

    Examples:
      auditor report -i inventories/lab --lang en

      auditor report 20261124T1 --format xlsx,csv

    """  # noqa: D401  help with a translation


@app.command("write")
def write_reports_of_run(
    context: typer.Context,
    run_id: LastRunArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    output: OutputOption = DEFAULT_OUTPUT,
    formats: FormatOption = DEFAULT_FORMATS,
    local: LocalOption = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write the reports of a stored run: report/index.html, findings.json and junit.xml, or the formats in --format.

    Examples:
      auditor report -i inventories/lab --lang en

      auditor report --local

      auditor report 20261124T1 --format xlsx,csv

    """
    from auditor.audit import controls
    from auditor.fleet.runner import THIS_MACHINE
    from auditor.history.runs import RunHistory
    from auditor.report import files

    reject_local_with_inventory(context)
    inventory_name = THIS_MACHINE if local else str(inventory)
    history = RunHistory()
    run = history.run(run_id) if run_id else history.latest(inventory_name)
    if run is None:
        raise InputError(
            f"the history has no run of {inventory_name}", mend=f"run 'auditor audit -i {inventory_name}' first"
        )
    trend = history.trend(run.inventory)
    report_files = files.write_report_files_of_run(
        run,
        controls.load_catalogue(),
        output=output,
        lang=lang,
        before=history.before(run),
        trend=trend,
        formats=formats,
    )
    if as_json:
        typer.echo(json.dumps({"run": run.id, **report_files.model_dump(mode="json")}, ensure_ascii=False, indent=1))
        return
    for path in report_files.main_files:
        typer.echo(str(path))


@app.command("yearly")
def write_yearly_table_of_systems(
    unit: UnitOption,
    year: Annotated[str, typer.Option("--year", metavar="YYYY", help="The year to report, up to 14 December.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    output: OutputOption = DEFAULT_OUTPUT,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write the yearly table of information systems (Decree 331/2026/NĐ-CP, form 08): DOCX, PDF/A and XLSX.

    office/systems.yml declares the systems. Operators report before 20 December, owners before 25 December.
    Contradictions are reported and listed in the workbook.

    Examples:
      auditor report yearly --unit xa-an-truc --year 2026 -i inventories/lab

      auditor report yearly --unit tinh-tan-giang --year 2026 --output /srv/bao-cao

    """
    from auditor.inventory import hosts as inventories
    from auditor.models import clock
    from auditor.report.yearly import document
    from auditor.report.yearly.table import ReportingYear

    table = document.build_yearly_table(
        inventories.load_inventory(inventory), unit, ReportingYear.parse(year), lang=lang, today=clock.today()
    )
    _write_document_and_print_files(table, output)


@app.command("sharing")
def write_monthly_sharing_table(
    unit: UnitOption,
    period: PeriodOption,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    output: OutputOption = DEFAULT_OUTPUT,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write the monthly table of an office on protection, connection, monitoring and findings: DOCX, PDF/A and XLSX.

    Counts come from the stored audits; office/sharing.yml declares what cannot be read from servers. A value from
    neither source is "not known".

    Examples:
      auditor report sharing --unit xa-an-truc --period 2026-11 -i inventories/lab

      auditor report sharing --unit tinh-tan-giang --period 2026-11 --output /srv/bao-cao

    """
    from auditor.audit import controls
    from auditor.history.runs import RunHistory
    from auditor.inventory import hosts as inventories
    from auditor.report.official.period import Period
    from auditor.report.sharing import document

    table = document.build_sharing_table(
        RunHistory(),
        inventories.load_inventory(inventory),
        controls.load_catalogue(),
        unit,
        Period.parse_year_and_month(period),
        lang=lang,
    )
    _write_document_and_print_files(table, output)


@app.command("official")
def write_official_monthly_report(
    unit: UnitOption,
    period: PeriodOption,
    regime: Annotated[
        Regime | None,
        typer.Option(
            "--regime", metavar="2022|2026", help="Legal framework by year; default: from the organization file."
        ),
    ] = None,
    kind: Annotated[
        DocumentKind,
        typer.Option("--kind", metavar="bao-cao|cong-van", help="A report, or a letter that requests action."),
    ] = "bao-cao",
    template: Annotated[
        Path | None, typer.Option("--template", metavar="FILE.docx", help="Your own template, edited in Word.")
    ] = None,
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
    ] = None,
    with_sharing: Annotated[
        bool, typer.Option("--with-sharing", help="The month's table of protection and sharing, as an annex.")
    ] = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    output: OutputOption = DEFAULT_OUTPUT,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write the official monthly report of an office: DOCX to sign, PDF/A, and a technical annex.

    Examples:
      auditor report official --unit xa-an-truc --period 2026-11 -i inventories/lab

      auditor report official --unit tinh-tan-giang --period 2026-11 --kind cong-van

    """
    from auditor.audit import controls
    from auditor.history.incidents import IncidentStore
    from auditor.history.runs import RunHistory
    from auditor.incidents import monthly
    from auditor.inventory import hosts as inventories
    from auditor.models import clock
    from auditor.report import advisory
    from auditor.report.official import monthly as monthly_report
    from auditor.report.official.period import Period
    from auditor.report.sharing.document import format_sharing_table_rows_as_text, gather_report
    from auditor.text.translations import Words

    month, words = Period.parse_year_and_month(period), Words(lang)
    history, inventory_data, catalogue = RunHistory(), inventories.load_inventory(inventory), controls.load_catalogue()
    advisory_answers = advisory.load_advisory_answers_from_json(answers) if answers is not None else None

    def summarize_incidents(figures: OfficeMonthFigures) -> tuple[IncidentSummary, ...]:
        domains = {site.site.domain for site in figures.summary.sites} | {
            site.domain for site in figures.unaudited_sites
        }
        hosts = {host.name for host in figures.run.hosts}
        return monthly.summarize_incidents_of_month(
            IncidentStore().load_case_logs_of_inventory(inventory_data.path), month, domains, hosts, clock.now()
        )

    def build_annexes(figures: OfficeMonthFigures) -> dict[AnnexKey, Rows]:
        annex_rows: dict[AnnexKey, Rows] = {}
        if advisory_answers is not None:
            annex_rows["answers"] = advisory.build_annex_verdict_rows_for_hosts(
                advisory_answers, (host.name for host in figures.run.hosts), words
            )
        if with_sharing:
            of = gather_report(history, inventory_data, catalogue, unit, month)
            annex_rows["sharing"] = tuple(row[1:] for row in format_sharing_table_rows_as_text(of.rows, words))
        return annex_rows

    report = monthly_report.build_monthly_report(
        history,
        inventory_data,
        catalogue,
        unit,
        month,
        monthly_report.ReportOptions(
            kind=kind,
            lang=lang,
            today=clock.today(),
            regime=regime,
            template=template,
            incidents=summarize_incidents,
            extra_annex_rows=build_annexes,
        ),
    )
    _write_document_and_print_files(report, output)


def _write_document_and_print_files(document: DocumentToWrite, output: Path) -> None:
    from auditor.report.official.writer import write_document

    for path in write_document(document, output).files:
        typer.echo(str(path))
    for notice in document.notices:
        typer.echo(notice, err=True)
