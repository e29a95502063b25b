"""From an inventory to the files of the yearly table, all put in place or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from auditor.errors import InputError
from auditor.inventory import offices, systems
from auditor.inventory.papers import folder
from auditor.inventory.systems import contradictions
from auditor.models import Inventory, Lang, clock
from auditor.report import xlsx
from auditor.report.official import docx, pdf, template
from auditor.report.official.document import COLUMNS
from auditor.report.official.issue import office
from auditor.report.sheets import Column, Sheet
from auditor.report.yearly import document
from auditor.report.yearly.document import Yearly, counted, rows
from auditor.report.yearly.table import Year, later, of_units
from auditor.system import files as publish
from auditor.text.words import Words


class Issued(NamedTuple):
    """What was written, and what an officer has to look at before it is sent."""

    files: tuple[Path, ...]
    doubts: tuple[str, ...]


def write(inventory: Inventory, unit_id: str, year: Year, *, output: Path, lang: Lang, today: date) -> Issued:
    """Write the table of a unit as DOCX, PDF and XLSX. The same day, the same bytes.

    Raises InputError when the unit cannot report, when the systems are not declared rightly, or the folder cannot be used.
    """
    organisation, unit = office(inventory, unit_id)
    declared = systems.load(folder(inventory.path), organisation, inventory.hosts)
    within = offices.all_within(organisation, [unit.id])
    of = Yearly(organisation, unit, declared, of_units(declared.systems, within), year)
    if not of.systems:
        raise InputError(
            "neither {unit} nor a unit below it owns or operates an information system",
            unit=unit.id,
            file=folder(inventory.path) / systems.FILE,
            mend="see docs/en/yearly.md",
        )
    words = Words(lang)
    doubts = tuple(_doubts(of, inventory, words))
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", folder=output, why=error.strerror, mend="choose another --output"
        ) from error
    made = rendered(of, doubts, lang, clock.beginning(today))
    return Issued(tuple(publish.file(output / name, content) for name, content in made.items()), doubts)


def rendered(of: Yearly, doubts: tuple[str, ...], lang: Lang, made: str) -> Mapping[str, bytes]:
    """The files by name."""
    name = f"{of.year.year}-{of.unit.id}"
    letter = document.document(of, lang, made)
    words = Words(lang)
    book = xlsx.book(tables(of, doubts, words), letter.name, of.unit.name, made, words)
    printed = {f"bao-cao-nam-{name}{suffix}.pdf": pdf.printed(sheet) for suffix, sheet in pdf.sheets(letter)}
    return {
        f"bao-cao-nam-{name}.docx": docx.render(letter, template.YEARLY),
        **printed,
        f"bao-cao-nam-{name}.xlsx": book,
    }


def tables(of: Yearly, doubts: tuple[str, ...], words: Words) -> tuple[Sheet, ...]:
    """The workbook: the form's table, its totals, and what has to be looked at, if anything."""
    widths = (6, 30, 28, 28, 8, 18, 24, 24, 14, 22, 14, 22)
    columns = (Column(words(f"yearly.column.{key}"), width) for key, width in zip(_KEYS, widths, strict=True))
    total = (Column(words("yearly.column.total"), 60), Column(words("yearly.column.value"), 16))
    return (
        Sheet(
            words("yearly.sheet.systems"),
            tuple(columns),
            (tuple(cell or None for cell in row) for row in rows(of, words)),
        ),
        Sheet(words("yearly.sheet.totals"), total, counted(of, words)),
        *(
            [
                Sheet(
                    words("yearly.sheet.doubts"),
                    (Column(words("yearly.sheet.doubts"), 100),),
                    ((one,) for one in doubts),
                )
            ]
            if doubts
            else []
        ),
    )


_KEYS = tuple(column.key for column in COLUMNS["systems"])


def _doubts(of: Yearly, inventory: Inventory, words: Words) -> Iterator[str]:
    """What contradicts itself, and what is of after the year."""
    within = offices.all_within(of.organisation, [of.unit.id])
    sites = [site for host in inventory.hosts for site in host.sites if (site.unit or host.unit) in within]
    for one in contradictions(of.systems, sites):
        yield words(f"yearly.doubt.{one.key}", **dict(one.values))
    for system, day in later(of.systems, of.year):
        yield words("yearly.doubt.later", system=system.name, day=words.day(day), last=words.day(of.year.last))
