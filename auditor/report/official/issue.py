"""From the kept runs and an inventory to the files of an official report, all put in place or none."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks.clauses import OF_REGIME, load_framework
from auditor.errors import InputError
from auditor.history.runs import RunEntry, RunHistory
from auditor.inventory import offices, systems
from auditor.inventory.exceptions import get_office_folder_of_inventory
from auditor.models import DocumentKind, Inventory, Lang, Organisation, Regime, Unit, clock
from auditor.report.official import content, docx, pdf, technical
from auditor.report.official.content.context import Rows
from auditor.report.official.deadlines import USUAL_DAYS, Deadlines
from auditor.report.official.document import ANNEX, AnnexKey, OfficialDocument
from auditor.report.official.incidents import IncidentSummary
from auditor.report.official.period import (
    MonthState,
    Period,
    build_state_at_end_of_month,
    find_last_month_with_run_before,
)
from auditor.results.month_work import HardeningAudits
from auditor.results.office_month import OfficeMonthFigures, compute_office_month_figures
from auditor.system import files as publish
from auditor.system.yaml_source import find_line_of_path_in_yaml_file

PRESSES = 2
"""So many PDFs are printed at a time, each in up to 180 MB of memory."""


class IssuedReport(NamedTuple):
    """The files that were written."""

    files: tuple[Path, ...]
    """The main ones first."""
    moved_count: int
    """How many open findings were due before the day of writing, so that they are asked for by another day."""
    moved_to: datetime.date


def write_monthly_official_report_of_unit(
    history: RunHistory,
    inventory: Inventory,
    catalogue: Catalogue,
    unit_id: str,
    period: Period,
    *,
    output: Path,
    kind: DocumentKind,
    regime: Regime | None,
    lang: Lang,
    template: Path | None,
    today: datetime.date,
    incidents: Callable[[OfficeMonthFigures], tuple[IncidentSummary, ...]],
    extra_annex_rows: Callable[[OfficeMonthFigures], Mapping[AnnexKey, Rows]] = lambda _month: {},
) -> IssuedReport:
    """Write the report of a unit for a month as DOCX and PDF, and its technical annex as PDF.

    ``incidents`` gives those of the office's month, ``extra_annex_rows`` the rows of further annexes.

    ``regime`` None: that of the organisation. ``today``: the day of writing in Vietnam, before which nothing is asked
    for. Raises InputError when the unit cannot report, when there is no run in the month, or when the template or the
    folder cannot be used.
    """
    organisation, unit = get_reporting_unit(inventory, unit_id)
    now, before, first = load_start_and_end_states_of_month(history, inventory, period)
    month = compute_office_month_figures(
        organisation,
        unit,
        inventory.hosts,
        now.run,
        before.run if before else None,
        first.run if first else None,
        iter_hardenings(history, inventory, period) if first else (),
    )
    if not month.run.hosts and not month.unaudited_sites:
        raise InputError(
            "no site or host belongs to {unit} or a unit below it",
            unit=unit.id,
            mend="declare the unit at its sites (unit:) or hosts (luytre_unit:)",
        )
    regime = regime or organisation.regime
    deadlines = Deadlines(
        period=period,
        days={**USUAL_DAYS, **organisation.deadline_days},
        since=history.since(now.run.id),
        read_on=clock.parse_iso_moment(now.run_start_moments[0]).date(),
        written_on=today,
    )
    context = content.ReportContext(
        figures=month,
        catalogue=catalogue,
        period=period,
        moments=now.list_start_moments_of_runs_with_hosts({host.name for host in month.run.hosts}),
        deadlines=deadlines,
        regime=regime,
        kind=kind,
        lang=lang,
        previous=before.run_start_moments[0] if before else None,
        framework=load_framework(OF_REGIME[regime]),
        incidents=incidents(month),
        levels=systems.load_highest_system_level_by_site(
            get_office_folder_of_inventory(inventory.path), organisation, inventory.hosts
        ),
        besides=extra_annex_rows(month),
    )
    files = render_official_report_files(content.build_official_document(context), month, catalogue, period, template)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", folder=output, why=error.strerror, mend="choose another --output"
        ) from error
    passed_findings = deadlines.select_findings_due_before_day_of_writing(
        finding for finding in month.findings if finding.is_open
    )
    return IssuedReport(
        files=tuple(_write_owner_only_file(output / name, content_) for name, content_ in files.items()),
        moved_count=len(passed_findings),
        moved_to=deadlines.next_working_day,
    )


def _write_owner_only_file(path: Path, new_content: bytes) -> Path:
    """Put a file in place, whole; what holds addresses is for its owner only."""
    return (
        publish.write_private(path, [new_content])
        if path.name.startswith(ANNEX)
        else publish.write_file(path, new_content)
    )


def render_official_report_files(
    document: OfficialDocument, month: OfficeMonthFigures, catalogue: Catalogue, period: Period, template: Path | None
) -> Mapping[str, bytes]:
    """Return the files by name: the document as DOCX and PDF, long annexes apart, the technical annex."""
    name, annex = f"{document.kind}-{month.unit.id}-{period}", f"{ANNEX}{month.unit.id}-{period}"
    with ThreadPoolExecutor(PRESSES) as presses:
        try:
            pdf_jobs = {
                f"{of}{suffix}.pdf": presses.submit(pdf.render_pdf, sheet)
                for of, sheets in (
                    (name, pdf.iter_document_print_jobs_by_file_suffix(document)),
                    (annex, technical.iter_technical_annex_print_jobs(month, catalogue, period, lang=document.lang)),
                )
                for suffix, sheet in sheets
            }
            rendered_files = {f"{name}.docx": docx.render_document_as_docx(document, template)}
            return rendered_files | {file: press.result() for file, press in pdf_jobs.items()}
        except InputError:
            presses.shutdown(cancel_futures=True)
            raise


def get_reporting_unit(inventory: Inventory, unit_id: str) -> tuple[Organisation, Unit]:
    """Return the unit that reports, able to. Raises InputError naming file, line and mend when it is not."""
    file = get_office_folder_of_inventory(inventory.path) / "organisation.yml"
    organisation = inventory.organisation
    if organisation is None:
        raise InputError("an official report needs the offices", file=file, mend="see inventories/example/office")
    unit = organisation.find_unit_by_id(unit_id)
    if unit is None:
        known_units = ", ".join(listed_unit.id for listed_unit in organisation.units[:20])
        raise InputError(
            "--unit {unit}: there is no such unit",
            unit=unit_id,
            file=file,
            mend="known units: {known}",
            known=known_units,
        )

    def line() -> int | None:
        return find_line_of_path_in_yaml_file(file, ["units", organisation.units.index(unit)])

    today = offices.resolve_successor(organisation, unit)
    if today.id != unit.id:
        raise InputError(
            "unit {unit} no longer exists: {heir} succeeded it",
            unit=unit.id,
            heir=today.name,
            file=file,
            line=line(),
            mend="use --unit {today}",
            today=today.id,
        )
    if not offices.list_units_reported_to(organisation, unit):
        raise InputError(
            "unit {unit} has no unit to report to",
            unit=unit.id,
            file=file,
            line=line(),
            mend="give it 'reports_to: [UNIT]', and declare that unit",
        )
    return organisation, unit


def load_start_and_end_states_of_month(
    history: RunHistory, inventory: Inventory, period: Period
) -> tuple[MonthState, MonthState | None, MonthState | None]:
    """Return how things stood at the end of the month.

    And, without the evidence, at that of the last month before it that has a run, and at this month's first runs,
    unless those are its last.
    """
    now, entries, hosts = load_end_state(history, inventory, period)
    earlier = find_last_month_with_run_before(entries, period)
    first = build_state_at_end_of_month(history.bare, entries[::-1], period, hosts)
    return (
        now,
        build_state_at_end_of_month(history.bare, entries, earlier, hosts) if earlier else None,
        first if first and set(first.run_start_moments) != set(now.run_start_moments) else None,
    )


def load_end_state(
    history: RunHistory, inventory: Inventory, period: Period
) -> tuple[MonthState, tuple[RunEntry, ...], frozenset[str]]:
    """Return how things stood at the end of the month, with all kept runs, newest first, and the names of the hosts.

    Raises InputError when there is no run in the month.
    """
    entries = history.entries(inventory.path, limit=None)
    hosts = frozenset(host.name for host in inventory.hosts)
    now = build_state_at_end_of_month(history.run, entries, period, hosts)
    if now is None:
        months = sorted({str(Period.from_moment(entry.started)) for entry in entries}, reverse=True)
        raise InputError(
            "{inventory} has no run in {year}-{month}",
            inventory=inventory.path,
            year=period.year,
            month=f"{period.month:02}",
            mend="months with runs: {months}" if months else "run 'auditor audit -i {inventory}' first",
            months=", ".join(months[:12]),
        )
    return now, entries, hosts


def iter_hardenings(history: RunHistory, inventory: Inventory, period: Period) -> Iterator[HardeningAudits]:
    """Yield the hardenings of a month whose both audits are kept, oldest first."""
    entries = history.entries(inventory.path, limit=None)
    known_ids = {entry.id for entry in entries}
    for entry in reversed(entries):
        if entry.purpose == "after" and Period.from_moment(entry.started) == period:
            after = history.bare(entry.id)
            if after.hardening is not None and after.hardening.id in known_ids:
                yield HardeningAudits(history.bare(after.hardening.id), after)
