"""The yearly report on information systems: from an inventory to a letter and a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from auditor.errors import InputError
from auditor.inventory import offices, systems
from auditor.inventory.exceptions import get_office_folder_of_inventory
from auditor.inventory.systems import Contact, Instrument, System, Systems, find_contradictions
from auditor.models import Inventory, Lang, Organisation, Unit, UnitId, clock
from auditor.report.official import docx
from auditor.report.official.content import form
from auditor.report.official.content.blocks import make_list_item_block, make_paragraph, punctuate_items
from auditor.report.official.content.context import BLANK
from auditor.report.official.document import COLUMNS, Annex, OfficialDocument, TextBlock
from auditor.report.official.monthly import get_reporting_unit
from auditor.report.official.writer import DocumentToWrite
from auditor.report.sheets import Sheet, SheetColumn
from auditor.report.yearly.table import (
    ReportingYear,
    YearlyTotals,
    compute_yearly_totals,
    find_systems_dated_after_year,
    select_systems_owned_or_operated_by_units,
)
from auditor.text.translations import Words

DOTS = "…"
"""Where the form wants something that nobody declared."""


@dataclass(frozen=True)
class YearlyReport:
    """An office's year: whose, which systems, and how the offices are reached."""

    organisation: Organisation
    unit: Unit
    declarations: Systems
    systems: tuple[System, ...]
    """Those that the office, and the offices below it, own or operate."""
    year: ReportingYear

    @property
    def totals(self) -> YearlyTotals:
        """Return what they come to."""
        return compute_yearly_totals(self.systems, self.year)

    @property
    def owning_unit(self) -> Unit:
        """Return the office that owns them; the one that reports, where several do."""
        owners = {system.owner for system in self.systems}
        return (self.organisation.find_unit_by_id(owners.pop()) if len(owners) == 1 else None) or self.unit

    def get_unit_name(self, unit: UnitId) -> str:
        """Return an office's name."""
        office = self.organisation.find_unit_by_id(unit)
        return office.name if office else unit


def build_yearly_letter(report: YearlyReport, lang: Lang, made_at: str) -> OfficialDocument:
    """Return the letter with its table. ``made_at``: the day of writing, ISO 8601."""
    words = Words(lang)
    unit, kind, symbol = (
        report.unit,
        words("official.kind.cong-van"),
        form.make_document_number_symbol(report.unit, "cong-van"),
    )
    inline = words("official.number.inline", blank=BLANK, symbol=symbol)
    return OfficialDocument(
        lang=lang,
        kind="cong-van",
        name=words("yearly.document_name", unit=unit.name, year=str(report.year.year)),
        made=made_at,
        superior=form.list_superior_office_header_lines(report.organisation, unit),
        agency=form.list_office_header_lines(unit.name),
        nation=words("official.nation"),
        motto=words("official.motto"),
        number=words("official.number", blank=BLANK, symbol=symbol),
        place_and_date=words("official.place_and_date", place=form.get_place_of_dating(unit), blank=BLANK),
        concerning=form.break_letter_subject_below_number(words("yearly.concerning")),
        circulation=words("official.circulation"),
        title="",
        subject=(),
        greeting=words("official.greeting"),
        addressees=form.list_greeting_addressee_lines(
            [above.name for above in offices.list_units_reported_to(report.organisation, unit)]
        ),
        body=punctuate_items(_iter_yearly_letter_body_blocks(report, words)),
        recipients_title="",
        recipients=(),
        signing=(),
        annexes=(
            Annex(
                key="systems",
                label=words("official.annex.only"),
                title=words("yearly.annex.title"),
                attached=words("official.annex.attached", kind=kind, number=inline, blank=BLANK, unit=unit.name),
                note=words(
                    "yearly.annex.note",
                    first=words.format_date(report.year.first),
                    last=words.format_date(report.year.last),
                ),
                columns=tuple(words(f"yearly.column.{column.key}") for column in COLUMNS["systems"]),
                rows=tuple(iter_yearly_form_rows_by_system(report, words)),
            ),
        ),
    )


def _iter_yearly_letter_body_blocks(report: YearlyReport, words: Words) -> Iterator[TextBlock]:
    yield make_paragraph(
        words(
            "yearly.opening",
            unit=report.unit.name,
            year=str(report.year.year),
            first=words.format_date(report.year.first),
            last=words.format_date(report.year.last),
        )
    )
    yield TextBlock(kind="heading", text=words("yearly.heading.totals"))
    for label, count in iter_yearly_totals_with_labels(report, words):
        yield make_list_item_block(f"{label}: {count}")
    yield TextBlock(kind="heading", text=words("yearly.heading.offices"))
    specialist = report.organisation.find_unit_by_id(report.declarations.specialist or "")
    for key, office in (("owner", report.owning_unit), ("specialist", specialist)):
        name = office.name if office else DOTS
        yield TextBlock(kind="point", text=words(f"yearly.point.{key}", name=name))
        contact = report.declarations.contacts.get(office.id) if office else None
        for label, value in _iter_contact_fields_with_labels(contact or Contact(), words):
            yield make_list_item_block(f"{label}: {value}")
    yield make_paragraph(words("yearly.closing"))


def iter_yearly_totals_with_labels(report: YearlyReport, words: Words) -> Iterable[tuple[str, str]]:
    """Return section 1 of the form: each total with its label."""
    yearly_totals = report.totals
    for key in ("systems", "classified", "built", "appraised", "approved", "approved_and_checked"):
        yield words(f"yearly.total.{key}"), str(getattr(yearly_totals, key))
    yield words("yearly.total.done_by"), words.format_date(yearly_totals.done_by) if yearly_totals.done_by else DOTS


def _iter_contact_fields_with_labels(contact: Contact, words: Words) -> Iterable[tuple[str, str]]:
    for key in ("mandate", "representative", "address", "telephone", "email"):
        yield words(f"yearly.contact.{key}"), getattr(contact, key) or DOTS


def iter_yearly_form_rows_by_system(report: YearlyReport, words: Words) -> Iterator[tuple[str, ...]]:
    """Yield the form's twelve columns, a row a system. What is not so, or not told, is empty."""
    for number, system in enumerate(report.systems, 1):
        yield (
            str(number),
            system.name,
            report.get_unit_name(system.owner),
            report.get_unit_name(system.operator),
            str(system.level or ""),
            words(f"yearly.dossier.{system.dossier}") if system.dossier else "",
            _format_legal_instrument(system.decision, words),
            _format_legal_instrument(system.regulation, words),
            _format_day_or_empty(system.approval_expected if system.dossier != "approved" else None, words),
            words(f"yearly.measures.{system.measures}"),
            _format_day_or_empty(system.measures_expected if system.measures != "all" else None, words),
            describe_when_system_was_checked(system, report.year, words),
        )


def describe_when_system_was_checked(system: System, year: ReportingYear, words: Words) -> str:
    """Return whether it was checked before it was put to use, within the year, or both."""
    checks = (
        ("before_use", system.checked_before_use is not None and system.checked_before_use <= year.last),
        ("again", system.checked is not None and year.first <= system.checked <= year.last),
    )
    return "; ".join(words(f"yearly.checked.{key}") for key, is_so in checks if is_so)


def _format_legal_instrument(instrument: Instrument | None, words: Words) -> str:
    return (
        words("yearly.instrument", number=instrument.number, day=words.format_date(instrument.day))
        if instrument
        else ""
    )


def _format_day_or_empty(day: date | None, words: Words) -> str:
    return words.format_date(day) if day else ""


def build_yearly_table(
    inventory: Inventory, unit_id: str, year: ReportingYear, *, lang: Lang, today: date
) -> DocumentToWrite:
    """Return the table of a unit, as a letter and a workbook.

    Raises InputError when the unit cannot report, or when the systems are not declared rightly.
    """
    organisation, unit = get_reporting_unit(inventory, unit_id)
    declarations = systems.load_information_systems(
        get_office_folder_of_inventory(inventory.path), organisation, inventory.hosts
    )
    within = offices.list_unit_ids_within_units(organisation, [unit.id])
    report = YearlyReport(
        organisation, unit, declarations, select_systems_owned_or_operated_by_units(declarations.systems, within), year
    )
    if not report.systems:
        raise InputError(
            "neither {unit} nor a unit below it owns or operates an information system",
            unit=unit.id,
            file=get_office_folder_of_inventory(inventory.path) / systems.FILE,
            mend="see docs/en/yearly.md",
        )
    words = Words(lang)
    doubts = tuple(_iter_contradictions_and_later_dates(report, inventory, words))
    return DocumentToWrite(
        name=f"bao-cao-nam-{year.year}-{unit.id}",
        document=build_yearly_letter(report, lang, clock.format_day_start(today)),
        template=docx.YEARLY_TEMPLATE,
        notices=doubts,
        sheets=_build_yearly_workbook_sheets(report, doubts, words),
        office=unit.name,
    )


def _build_yearly_workbook_sheets(report: YearlyReport, doubts: tuple[str, ...], words: Words) -> tuple[Sheet, ...]:
    """Return the workbook: the form's table, its totals, and what has to be looked at, if anything."""
    widths = (6, 30, 28, 28, 8, 18, 24, 24, 14, 22, 14, 22)
    columns = (SheetColumn(words(f"yearly.column.{key}"), width) for key, width in zip(_KEYS, widths, strict=True))
    total = (SheetColumn(words("yearly.column.total"), 60), SheetColumn(words("yearly.column.value"), 16))
    return (
        Sheet(
            words("yearly.sheet.systems"),
            tuple(columns),
            (tuple(cell or None for cell in row) for row in iter_yearly_form_rows_by_system(report, words)),
        ),
        Sheet(words("yearly.sheet.totals"), total, iter_yearly_totals_with_labels(report, words)),
        *(
            [
                Sheet(
                    words("yearly.sheet.doubts"),
                    (SheetColumn(words("yearly.sheet.doubts"), 100),),
                    ((doubt,) for doubt in doubts),
                )
            ]
            if doubts
            else []
        ),
    )


_KEYS = tuple(column.key for column in COLUMNS["systems"])


def _iter_contradictions_and_later_dates(report: YearlyReport, inventory: Inventory, words: Words) -> Iterator[str]:
    """Yield what contradicts itself, and what is of after the year."""
    within = offices.list_unit_ids_within_units(report.organisation, [report.unit.id])
    sites = [site for host in inventory.hosts for site in host.sites if (site.unit or host.unit) in within]
    for contradiction in find_contradictions(report.systems, sites):
        yield words(f"yearly.doubt.{contradiction.key}", **dict(contradiction.values))
    for system, day in find_systems_dated_after_year(report.systems, report.year):
        yield words(
            "yearly.doubt.later",
            system=system.name,
            day=words.format_date(day),
            last=words.format_date(report.year.last),
        )
