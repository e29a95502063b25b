"""From the kept runs and an inventory to the files of an official report, all put in place or none."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks.clauses import OF_REGIME, load
from auditor.errors import InputError
from auditor.history.runs import Entry, History
from auditor.inventory import offices, systems
from auditor.inventory.papers import folder
from auditor.models import DocumentKind, Inventory, Lang, Organisation, Regime, Unit, clock
from auditor.report.official import content, docx, pdf, technical
from auditor.report.official.content.given import Rows
from auditor.report.official.deadlines import USUAL_DAYS, Deadlines
from auditor.report.official.document import ANNEX, AnnexKey, Document
from auditor.report.official.incidents import IncidentSummary
from auditor.report.official.period import Period, State, month_before, state
from auditor.results.month_work import Hardened
from auditor.results.office_month import Figures, figures
from auditor.system import files as publish
from auditor.system.yaml_source import line_of

PRESSES = 2
"""So many PDFs are printed at a time, each in up to 180 MB of memory."""


class Issued(NamedTuple):
    """What was written."""

    files: tuple[Path, ...]
    """The main ones first."""
    moved: int
    """How many open findings were due before the day of writing, so that they are asked for by another day."""
    moved_to: datetime.date


def write(
    history: History,
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
    incidents: Callable[[Figures], tuple[IncidentSummary, ...]],
    besides: Callable[[Figures], Mapping[AnnexKey, Rows]] = lambda _month: {},
) -> Issued:
    """Write the report of a unit for a month as DOCX and PDF, and its technical annex as PDF.

    ``incidents`` gives those of the office's month, ``besides`` the rows of further annexes.

    ``regime`` None: that of the organisation. ``today``: the day of writing in Vietnam, before which nothing is asked for. Raises InputError when the unit cannot report, when there is no run in
    the month, or when the template or the folder cannot be used.
    """
    organisation, unit = office(inventory, unit_id)
    now, before, first = states(history, inventory, period)
    month = figures(
        organisation,
        unit,
        inventory.hosts,
        now.run,
        before.run if before else None,
        first.run if first else None,
        hardenings(history, inventory, period) if first else (),
    )
    if not month.run.hosts and not month.unaudited:
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
        read=clock.read(now.moments[0]).date(),
        written=today,
    )
    given = content.Given(
        figures=month,
        catalogue=catalogue,
        period=period,
        moments=now.moments_of({host.name for host in month.run.hosts}),
        deadlines=deadlines,
        regime=regime,
        kind=kind,
        lang=lang,
        previous=before.moments[0] if before else None,
        framework=load(OF_REGIME[regime]),
        incidents=incidents(month),
        levels=systems.levels(folder(inventory.path), organisation, inventory.hosts),
        besides=besides(month),
    )
    made = rendered(content.document(given), month, catalogue, period, template)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", folder=output, why=error.strerror, mend="choose another --output"
        ) from error
    passed = deadlines.passed(finding for finding in month.findings if finding.is_open)
    return Issued(
        files=tuple(_put(output / name, content_) for name, content_ in made.items()),
        moved=len(passed),
        moved_to=deadlines.next_day,
    )


def _put(path: Path, content_: bytes) -> Path:
    """In place, whole; what holds addresses is for its owner only."""
    return publish.private(path, [content_]) if path.name.startswith(ANNEX) else publish.file(path, content_)


def rendered(
    document: Document, month: Figures, catalogue: Catalogue, period: Period, template: Path | None
) -> Mapping[str, bytes]:
    """The files by name: the document as DOCX and PDF, long annexes apart, the technical annex."""
    name, annex = f"{document.kind}-{month.unit.id}-{period}", f"{ANNEX}{month.unit.id}-{period}"
    with ThreadPoolExecutor(PRESSES) as presses:
        try:
            printed = {
                f"{of}{suffix}.pdf": presses.submit(pdf.printed, sheet)
                for of, sheets in (
                    (name, pdf.sheets(document)),
                    (annex, technical.sheets(month, catalogue, period, lang=document.lang)),
                )
                for suffix, sheet in sheets
            }
            made = {f"{name}.docx": docx.render(document, template)}
            return made | {file: press.result() for file, press in printed.items()}
        except InputError:
            presses.shutdown(cancel_futures=True)
            raise


def office(inventory: Inventory, unit_id: str) -> tuple[Organisation, Unit]:
    """The unit that reports, able to. Raises InputError naming file, line and mend when it is not."""
    file = folder(inventory.path) / "organisation.yml"
    organisation = inventory.organisation
    if organisation is None:
        raise InputError("an official report needs the offices", file=file, mend="see inventories/example/office")
    unit = organisation.unit(unit_id)
    if unit is None:
        known = ", ".join(one.id for one in organisation.units[:20])
        raise InputError(
            "--unit {unit}: there is no such unit", unit=unit_id, file=file, mend="known units: {known}", known=known
        )

    def line() -> int | None:
        return line_of(file, ["units", organisation.units.index(unit)])

    today = offices.today(organisation, unit)
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
    if not offices.addressees(organisation, unit):
        raise InputError(
            "unit {unit} has no unit to report to",
            unit=unit.id,
            file=file,
            line=line(),
            mend="give it 'reports_to: [UNIT]', and declare that unit",
        )
    return organisation, unit


def states(history: History, inventory: Inventory, period: Period) -> tuple[State, State | None, State | None]:
    """How things stood at the end of the month; and, without the evidence, at that of the last month before it that has a run, and at this month's first runs, unless those are its last."""
    now, entries, hosts = at_end(history, inventory, period)
    earlier = month_before(entries, period)
    first = state(history.bare, entries[::-1], period, hosts)
    return (
        now,
        state(history.bare, entries, earlier, hosts) if earlier else None,
        first if first and set(first.moments) != set(now.moments) else None,
    )


def at_end(history: History, inventory: Inventory, period: Period) -> tuple[State, tuple[Entry, ...], frozenset[str]]:
    """How things stood at the end of the month, with all kept runs, newest first, and the names of the hosts.

    Raises InputError when there is no run in the month.
    """
    entries = history.entries(inventory.path, limit=None)
    hosts = frozenset(host.name for host in inventory.hosts)
    now = state(history.run, entries, period, hosts)
    if now is None:
        months = sorted({str(Period.of(entry.started)) for entry in entries}, reverse=True)
        raise InputError(
            "{inventory} has no run in {year}-{month}",
            inventory=inventory.path,
            year=period.year,
            month=f"{period.month:02}",
            mend="months with runs: {months}" if months else "run 'auditor audit -i {inventory}' first",
            months=", ".join(months[:12]),
        )
    return now, entries, hosts


def hardenings(history: History, inventory: Inventory, period: Period) -> Iterator[Hardened]:
    """The hardenings of a month whose both audits are kept, oldest first."""
    entries = history.entries(inventory.path, limit=None)
    known = {entry.id for entry in entries}
    for entry in reversed(entries):
        if entry.purpose == "after" and Period.of(entry.started) == period:
            after = history.bare(entry.id)
            if after.hardening is not None and after.hardening.id in known:
                yield Hardened(history.bare(after.hardening.id), after)
