"""From the kept runs and an inventory to the official report of a month."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks.clauses import OF_REGIME, load_framework
from auditor.errors import InputError
from auditor.history.runs import RunEntry, RunHistory
from auditor.inventory import offices, systems
from auditor.inventory.exceptions import get_office_folder_of_inventory
from auditor.models import DocumentKind, Inventory, Lang, Organisation, Regime, Unit, clock
from auditor.report.official import content, docx, technical
from auditor.report.official.content.context import Rows
from auditor.report.official.deadlines import USUAL_DAYS, Deadlines
from auditor.report.official.document import ANNEX, AnnexKey
from auditor.report.official.incidents import IncidentSummary
from auditor.report.official.period import (
    MonthState,
    Period,
    build_state_at_end_of_month,
    find_last_month_with_run_before,
)
from auditor.report.official.writer import DocumentToWrite
from auditor.results.month_work import HardeningAudits
from auditor.results.office_month import MonthRuns, OfficeMonthFigures, compute_office_month_figures
from auditor.system.yaml_source import find_line_of_path_in_yaml_file
from auditor.text.translations import Words


@dataclass(frozen=True)
class ReportOptions:
    """How a monthly report is written."""

    kind: DocumentKind
    lang: Lang
    today: datetime.date
    """The day of writing in Vietnam, before which nothing is asked for."""
    regime: Regime | None = None
    """None: that of the organisation."""
    template: Path | None = None
    """An officer's own."""
    incidents: Callable[[OfficeMonthFigures], tuple[IncidentSummary, ...]] = lambda _month: ()
    """Gives those of the office's month."""
    extra_annex_rows: Callable[[OfficeMonthFigures], Mapping[AnnexKey, Rows]] = lambda _month: {}
    """Gives the rows of further annexes."""


def build_monthly_report(
    history: RunHistory,
    inventory: Inventory,
    catalogue: Catalogue,
    unit_id: str,
    period: Period,
    options: ReportOptions,
) -> DocumentToWrite:
    """Return the report of a unit for a month, with its technical annex.

    Raises InputError when the unit cannot report, or when there is no run in the month.
    """
    organisation, unit = get_reporting_unit(inventory, unit_id)
    now, before, first = load_start_and_end_states_of_month(history, inventory, period)
    month = compute_office_month_figures(
        organisation,
        unit,
        inventory.hosts,
        MonthRuns(
            now.run,
            before.run if before else None,
            first.run if first else None,
            iter_hardenings(history, inventory, period) if first else (),
        ),
    )
    if not month.run.hosts and not month.unaudited_sites:
        raise InputError(
            "no site or host belongs to {unit} or a unit below it",
            unit=unit.id,
            mend="declare the unit at its sites (unit:) or hosts (luytre_unit:)",
        )
    regime = options.regime or organisation.regime
    deadlines = Deadlines(
        period=period,
        days={**USUAL_DAYS, **organisation.deadline_days},
        since=history.since(now.run.id),
        read_on=clock.parse_iso_moment(now.run_start_moments[0]).date(),
        written_on=options.today,
    )
    context = content.ReportContext(
        figures=month,
        catalogue=catalogue,
        period=period,
        moments=now.list_start_moments_of_runs_with_hosts({host.name for host in month.run.hosts}),
        deadlines=deadlines,
        regime=regime,
        kind=options.kind,
        lang=options.lang,
        previous=before.run_start_moments[0] if before else None,
        framework=load_framework(OF_REGIME[regime]),
        incidents=options.incidents(month),
        levels=systems.load_highest_system_level_by_site(
            get_office_folder_of_inventory(inventory.path), organisation, inventory.hosts
        ),
        besides=options.extra_annex_rows(month),
    )
    return DocumentToWrite(
        name=f"{options.kind}-{unit.id}-{period}",
        document=content.build_official_document(context),
        template=options.template or docx.OFFICIAL_TEMPLATE,
        notices=tuple(_iter_notices_of_moved_days(month, deadlines, Words(options.lang))),
        private_annexes={
            f"{ANNEX}{unit.id}-{period}{suffix}.pdf": print_job
            for suffix, print_job in technical.iter_technical_annex_print_jobs(
                month, catalogue, period, lang=options.lang
            )
        },
    )


def _iter_notices_of_moved_days(month: OfficeMonthFigures, deadlines: Deadlines, words: Words) -> Iterator[str]:
    """Yield that open findings were due before the day of writing, so that they are asked for by another day."""
    passed_findings = deadlines.select_findings_due_before_day_of_writing(
        finding for finding in month.findings if finding.is_open
    )
    if passed_findings:
        yield words("official.moved", n=len(passed_findings), day=words.format_date(deadlines.next_working_day))


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
