"""``auditor report``: a kept run's reports, written again unless another command of the group is named."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from auditor.audit import controls
from auditor.commands.options.selection import reject_local_with_inventory
from auditor.commands.verbs.report import (
    ReportOfficialOptions,
    ReportSharingOptions,
    ReportWriteOptions,
    ReportYearlyOptions,
)
from auditor.errors import InputError
from auditor.fleet.runner import THIS_MACHINE
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents import monthly
from auditor.inventory import hosts as inventories
from auditor.models import clock
from auditor.report import advisory, files
from auditor.report.official import monthly as monthly_report
from auditor.report.official.content.context import Rows
from auditor.report.official.document import AnnexKey
from auditor.report.official.incidents import IncidentSummary
from auditor.report.official.period import Period
from auditor.report.official.writer import DocumentToWrite, write_document
from auditor.report.sharing.document import build_sharing_table, format_sharing_table_rows_as_text, gather_report
from auditor.report.yearly.document import build_yearly_table
from auditor.report.yearly.table import ReportingYear
from auditor.results.office_month import OfficeMonthFigures
from auditor.text.translations import Words


def write_reports_of_run(options: ReportWriteOptions) -> None:
    """Run ``auditor report write``."""
    reject_local_with_inventory(options.context)
    inventory_name = THIS_MACHINE if options.local else str(options.inventory)
    history = RunHistory()
    run = history.run(options.run_id) if options.run_id else history.latest(inventory_name)
    if run is None:
        raise InputError(
            "the history has no run of {inventory}",
            mend="run 'auditor audit -i {inventory}' first",
            inventory=inventory_name,
        )
    trend = history.trend(run.inventory)
    report_files = files.write_report_files_of_run(
        run,
        controls.load_catalogue(),
        output=options.output,
        lang=options.lang,
        formats=options.formats,
        comparison=files.ReportComparison(history.before(run), trend),
    )
    if options.as_json:
        typer.echo(json.dumps({"run": run.id, **report_files.model_dump(mode="json")}, ensure_ascii=False, indent=1))
        return
    for path in report_files.main_files:
        typer.echo(str(path))


def write_yearly_table_of_systems(options: ReportYearlyOptions) -> None:
    """Run ``auditor report yearly``."""
    table = build_yearly_table(
        inventories.load_inventory(options.inventory),
        options.unit,
        ReportingYear.parse(options.year),
        lang=options.lang,
        today=clock.today(),
    )
    _write_document_and_print_files(table, options.output)


def write_monthly_sharing_table(options: ReportSharingOptions) -> None:
    """Run ``auditor report sharing``."""
    table = build_sharing_table(
        RunHistory(),
        inventories.load_inventory(options.inventory),
        controls.load_catalogue(),
        options.unit,
        Period.parse_year_and_month(options.period),
        lang=options.lang,
    )
    _write_document_and_print_files(table, options.output)


def write_official_monthly_report(options: ReportOfficialOptions) -> None:
    """Run ``auditor report official``."""
    month, words = Period.parse_year_and_month(options.period), Words(options.lang)
    history, inventory_data, catalogue = (
        RunHistory(),
        inventories.load_inventory(options.inventory),
        controls.load_catalogue(),
    )
    advisory_answers = (
        advisory.load_advisory_answers_from_json(options.answers) if options.answers is not None else None
    )

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
        if options.with_sharing:
            of = gather_report(history, inventory_data, catalogue, options.unit, month)
            annex_rows["sharing"] = tuple(row[1:] for row in format_sharing_table_rows_as_text(of.rows, words))
        return annex_rows

    report = monthly_report.build_monthly_report(
        history,
        inventory_data,
        catalogue,
        options.unit,
        month,
        monthly_report.ReportOptions(
            kind=options.kind,
            lang=options.lang,
            today=clock.today(),
            regime=options.regime,
            template=options.template,
            incidents=summarize_incidents,
            extra_annex_rows=build_annexes,
        ),
    )
    _write_document_and_print_files(report, options.output)


def _write_document_and_print_files(document: DocumentToWrite, output: Path) -> None:
    for path in write_document(document, output).files:
        typer.echo(str(path))
    for notice in document.notices:
        typer.echo(notice, err=True)
