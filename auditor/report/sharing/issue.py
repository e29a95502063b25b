"""From kept runs and an inventory to the files of the sharing table, all put in place or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from auditor.audit.controls import Catalogue
from auditor.errors import InputError
from auditor.history.runs import Entry, History
from auditor.inventory import sharing as declared
from auditor.inventory.papers import folder
from auditor.models import Inventory, Lang
from auditor.report import xlsx
from auditor.report.official import docx, pdf, template
from auditor.report.official.document import COLUMNS
from auditor.report.official.issue import at_end, office
from auditor.report.official.period import Period, State, month_before, state
from auditor.report.sharing import document
from auditor.report.sharing.document import Sharing, counted, later, printed, sources
from auditor.report.sharing.table import rows
from auditor.report.sheets import Column, Sheet
from auditor.results.office_month import figures
from auditor.system import files as publish
from auditor.text.words import Words


class Issued(NamedTuple):
    """What was written, and what an officer has to look at before it is sent."""

    files: tuple[Path, ...]
    doubts: tuple[str, ...]


def write(
    history: History,
    inventory: Inventory,
    catalogue: Catalogue,
    unit_id: str,
    period: Period,
    *,
    output: Path,
    lang: Lang,
) -> Issued:
    """Write the table of a unit and those below it for a month as DOCX, PDF and XLSX. The same runs, the same bytes.

    Raises InputError when the unit cannot report, when there is no run in the month, when what is declared is not fit,
    or the folder cannot be used.
    """
    of = gathered(history, inventory, catalogue, unit_id, period)
    words = Words(lang)
    doubts = tuple(_doubts(of, words))
    made = rendered(of, doubts, lang)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", folder=output, why=error.strerror, mend="choose another --output"
        ) from error
    return Issued(tuple(publish.file(output / name, content) for name, content in made.items()), doubts)


def gathered(history: History, inventory: Inventory, catalogue: Catalogue, unit_id: str, period: Period) -> Sharing:
    """The month of a unit and those below it. Raises InputError as ``write``."""
    organisation, unit = office(inventory, unit_id)
    said = declared.load(folder(inventory.path), organisation)
    now, entries, hosts = at_end(history, inventory, period)
    month = figures(organisation, unit, inventory.hosts, now.run, None)
    before = _begun(history, entries, period, hosts, now)
    found = rows(month, before.run if before else None, said, catalogue)
    if not found:
        raise InputError(
            "no site or host belongs to {unit} or a unit below it",
            unit=unit.id,
            mend="declare the unit at its sites (unit:) or hosts (luytre_unit:)",
        )
    return Sharing(month.organisation, month.unit, period, now.moments, found)


def _begun(
    history: History, entries: tuple[Entry, ...], period: Period, hosts: frozenset[str], now: State
) -> State | None:
    """How things stood when the month began: at the end of the last one that has a run, else at this one's first runs, unless those are its last."""
    earlier = month_before(entries, period)
    if earlier is not None:
        return state(history.run, entries, earlier, hosts)
    first = state(history.run, entries[::-1], period, hosts)
    return first if first is not None and set(first.moments) != set(now.moments) else None


def rendered(of: Sharing, doubts: tuple[str, ...], lang: Lang) -> Mapping[str, bytes]:
    """The files by name."""
    name = f"thong-ke-chia-se-{of.unit.id}-{of.period}"
    letter = document.document(of, lang)
    words = Words(lang)
    book = xlsx.book(tables(of, doubts, words), letter.name, of.unit.name, letter.made, words)
    pages = {f"{name}{suffix}.pdf": pdf.printed(sheet) for suffix, sheet in pdf.sheets(letter)}
    return {f"{name}.docx": docx.render(letter, template.SHARING), **pages, f"{name}.xlsx": book}


def tables(of: Sharing, doubts: tuple[str, ...], words: Words) -> tuple[Sheet, ...]:
    """The workbook: the table, its totals, whose word the declared values are, and what has to be looked at, if anything."""
    widths = (6, 30, 26, 8, 30, 24, 24, 24, 12, 12, 12, 12, 40)
    columns = (
        Column(words(f"sharing.column.{column.key}"), width)
        for column, width in zip(COLUMNS["sharing"], widths, strict=True)
    )
    total = (Column(words("yearly.column.total"), 70), Column(words("yearly.column.value"), 20))
    said = (("unit", 36), ("matter", 36), ("value", 40), ("role", 30), ("dated", 12))
    doubt = Column(words("yearly.sheet.doubts"), 100)
    return (
        Sheet(words("sharing.sheet.table"), tuple(columns), printed(of.rows, words)),
        Sheet(words("yearly.sheet.totals"), total, counted(of.totals, words)),
        Sheet(
            words("sharing.sheet.sources"),
            tuple(Column(words(f"sharing.source.{key}"), width) for key, width in said),
            sources(of.rows, words),
        ),
        *([Sheet(doubt.heading, (doubt,), ((one,) for one in doubts))] if doubts else []),
    )


def _doubts(of: Sharing, words: Words) -> Iterator[str]:
    """What was said after the month."""
    for unit, matter, one in later(of.rows, of.period.last_day):
        yield words(
            "sharing.doubt.later",
            unit=unit.name,
            matter=words(f"sharing.matter.{matter}"),
            day=words.day(one.dated),
            last=words.day(of.period.last_day),
        )
