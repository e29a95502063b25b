"""The month's table of protection, connection and monitoring: from kept runs to a letter and a workbook.

What was read on hosts, what an office declares and what nobody knows are told apart in every cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from auditor.audit.controls import Catalogue
from auditor.errors import InputError
from auditor.history.runs import RunEntry, RunHistory
from auditor.inventory import offices
from auditor.inventory import sharing_declarations as declared
from auditor.inventory.exceptions import get_office_folder_of_inventory
from auditor.inventory.sharing_declarations import MATTERS, Declaration, Matter
from auditor.models import Inventory, Lang, Organisation, Unit
from auditor.report.official import docx
from auditor.report.official.content import form
from auditor.report.official.content.blocks import (
    make_closing_sentence_block,
    make_list_item_block,
    make_paragraph,
    punctuate_items,
)
from auditor.report.official.content.context import BLANK
from auditor.report.official.document import COLUMNS, Annex, OfficialDocument, TextBlock
from auditor.report.official.monthly import get_reporting_unit, load_end_state
from auditor.report.official.period import (
    MonthState,
    Period,
    build_state_at_end_of_month,
    find_last_month_with_run_before,
)
from auditor.report.official.writer import DocumentToWrite
from auditor.report.sharing.table import OfficeRow, SharingTotals, build_sharing_rows_by_office, compute_sharing_totals
from auditor.report.sheets import Sheet, SheetColumn
from auditor.results.office_month import MonthRuns, compute_office_month_figures
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

_MAX_WHAT = 120


@dataclass(frozen=True)
class SharingReport:
    """An office's month: whose, which, and its rows."""

    organisation: Organisation
    unit: Unit
    period: Period
    moments: tuple[str, ...]
    """When the runs behind it were, newest first."""
    rows: tuple[OfficeRow, ...]

    @property
    def totals(self) -> SharingTotals:
        """Return what the rows come to."""
        return compute_sharing_totals(self.rows)


def build_sharing_letter(report: SharingReport, lang: Lang) -> OfficialDocument:
    """Return the letter with its table."""
    words = Words(lang)
    unit, kind, symbol = (
        report.unit,
        words("official.kind.cong-van"),
        form.make_document_number_symbol(report.unit, "cong-van"),
    )
    month, security = (
        words.format_full_month(report.period.year, report.period.month),
        words(f"official.security.{report.organisation.regime}"),
    )
    return OfficialDocument(
        lang=lang,
        kind="cong-van",
        name=words("sharing.document_name", unit=unit.name, month=month),
        made=report.moments[0],
        superior=form.list_superior_office_header_lines(report.organisation, unit),
        agency=form.list_office_header_lines(unit.name),
        nation=words("official.nation"),
        motto=words("official.motto"),
        number=words("official.number", blank=BLANK, symbol=symbol),
        place_and_date=words("official.place_and_date", place=form.get_place_of_dating(unit), blank=BLANK),
        concerning=form.break_letter_subject_below_number(words("sharing.concerning", security=security, month=month)),
        circulation=words("official.circulation"),
        title="",
        subject=(),
        greeting=words("official.greeting"),
        addressees=form.list_greeting_addressee_lines(
            [above.name for above in offices.list_units_reported_to(report.organisation, unit)]
        ),
        body=punctuate_items(_iter_letter_body_blocks(report, words, month, security)),
        recipients_title=words("official.recipients"),
        recipients=form.list_recipient_lines(report.organisation, unit, words),
        signing=form.list_signature_lines(unit, words),
        annexes=(
            Annex(
                key="sharing",
                label=words("official.annex.only"),
                title=words("sharing.annex.title"),
                attached=words(
                    "official.annex.attached",
                    kind=kind,
                    number=words("official.number.inline", blank=BLANK, symbol=symbol),
                    blank=BLANK,
                    unit=unit.name,
                ),
                note=words("sharing.annex.note", moment=words.format_iso_moment(report.moments[0])),
                columns=tuple(words(f"sharing.column.{column.key}") for column in COLUMNS["sharing"]),
                rows=format_sharing_table_rows_as_text(report.rows, words),
            ),
        ),
    )


def _iter_letter_body_blocks(report: SharingReport, words: Words, month: str, security: str) -> Iterator[TextBlock]:
    yield make_paragraph(words("sharing.opening", unit=report.unit.name, month=month, security=security))
    for label, value in iter_sharing_totals_with_labels(report.totals, words):
        yield make_list_item_block(f"{label}: {value}")
    yield make_closing_sentence_block(words("sharing.closing"))


def iter_sharing_totals_with_labels(sharing_totals: SharingTotals, words: Words) -> Iterable[tuple[str, int | str]]:
    """Yield each total with its label."""
    for key in (
        *("units", "sites", "hosts", "protected", "central", "connection", "monitoring"),
        *("contacts", "injected", "vulnerable", "handled"),
    ):
        yield words(f"sharing.total.{key}"), _format_number_or_unknown(getattr(sharing_totals, key), words)


def iter_sharing_table_cells_by_office(
    rows: Iterable[OfficeRow], words: Words
) -> Iterator[tuple[str | int | None, ...]]:
    """Yield the table's columns, a row an office."""
    for number, row in enumerate(rows, 1):
        yield (
            number,
            row.unit.name,
            ", ".join(row.sites) or "–",
            row.hosts,
            describe_protection_products_of_office(row, words),
            *(
                describe_declaration(row.declarations.get_declaration(matter), words)
                for matter in MATTERS
                if matter != "protection"
            ),
            _format_number_or_unknown(row.contacts.count_or_none_if_unknown, words),
            _format_number_or_unknown(row.injected_sites.count_or_none_if_unknown, words),
            _format_number_or_unknown(row.vulnerable.count_or_none_if_unknown, words),
            _format_number_or_unknown(row.handled_items.count_or_none_if_unknown, words),
            write_note_on_other_operators_and_unknowns(row, words),
        )


def format_sharing_table_rows_as_text(rows: Iterable[OfficeRow], words: Words) -> tuple[tuple[str, ...], ...]:
    """Return the rows of the table as text, a row an office."""
    return tuple(
        tuple(str(cell) if cell is not None else "" for cell in row)
        for row in iter_sharing_table_cells_by_office(rows, words)
    )


def _format_number_or_unknown(value: int | None, words: Words) -> int | str:
    return value if value is not None else words("sharing.unknown")


def describe_protection_products_of_office(row: OfficeRow, words: Words) -> str:
    """Return products that were seen on hosts, then what the office declares besides.

    It is "not known" where there is neither.
    """
    product_texts = [
        words(f"sharing.product.{state}", product=product, count=n, of=row.hosts)
        for state, counts in (("running", row.running_products), ("stopped", row.stopped_products))
        for product, n in counts.items()
    ]
    if row.hosts > row.unread and not product_texts:
        product_texts.append(words("sharing.product.none"))
    parts = [words("sharing.read", what="; ".join(product_texts))] if product_texts else []
    parts += (
        [words("sharing.declared", what=describe_declaration(row.declarations.protection, words))]
        if row.declarations.protection
        else []
    )
    return "; ".join(parts) or words("sharing.unknown")


def describe_declaration(declaration: Declaration | None, words: Words) -> str:
    """Return what an office declares of a matter."""
    if declaration is None:
        return words("sharing.unknown")
    what = f" ({escape_text_to_one_line(declaration.what, _MAX_WHAT)})" if declaration.what else ""
    if declaration.since is None:
        return words("sharing.no") + what
    return words("sharing.since", day=words.format_date(declaration.since)) + what


def write_note_on_other_operators_and_unknowns(row: OfficeRow, words: Words) -> str:
    """Return who else runs its hosts, and what is not known."""
    parts = [words("sharing.note.served_by", unit=unit.name) for unit in row.served_by]
    for key, n in (
        ("unread", row.unread),
        ("unaudited", row.unaudited_sites),
        ("injected", row.injected_sites.unknown_subjects),
        ("vulnerable", row.vulnerable.unknown_subjects),
        ("contacts", row.contacts.unknown_subjects),
    ):
        if n:
            parts.append(words(f"sharing.note.{key}", count=n))
    return "; ".join(parts)


def iter_sources_of_declared_values(
    rows: Iterable[OfficeRow], words: Words
) -> Iterator[tuple[str, str, str, str, date | None]]:
    """Yield where each declared value comes from: office, matter, what it is, whose word, of which day."""
    for row in rows:
        for matter in MATTERS:
            declaration = row.declarations.get_declaration(matter)
            yield (
                row.unit.name,
                words(f"sharing.matter.{matter}"),
                describe_declaration(declaration, words),
                escape_text_to_one_line(declaration.role, _MAX_WHAT) if declaration else words("sharing.unknown"),
                declaration.dated if declaration else None,
            )


def iter_declarations_made_after_day(
    rows: Iterable[OfficeRow], last_day: date
) -> Iterator[tuple[Unit, Matter, Declaration]]:
    """Yield what was said after the month's last day: the table is as of then."""
    for row in rows:
        for matter in MATTERS:
            declaration = row.declarations.get_declaration(matter)
            if declaration is not None and declaration.dated > last_day:
                yield row.unit, matter, declaration


def build_sharing_table(
    history: RunHistory, inventory: Inventory, catalogue: Catalogue, unit_id: str, period: Period, *, lang: Lang
) -> DocumentToWrite:
    """Return the table of a unit and those below it for a month, as a letter and a workbook.

    Raises InputError when the unit cannot report, when there is no run in the month, or when what is declared is not
    fit.
    """
    report = gather_report(history, inventory, catalogue, unit_id, period)
    words = Words(lang)
    doubts = tuple(_iter_doubts_on_later_declarations(report, words))
    return DocumentToWrite(
        name=f"thong-ke-chia-se-{report.unit.id}-{report.period}",
        document=build_sharing_letter(report, lang),
        template=docx.SHARING_TEMPLATE,
        notices=doubts,
        sheets=_build_sharing_workbook_sheets(report, doubts, words),
        office=report.unit.name,
    )


def gather_report(
    history: RunHistory, inventory: Inventory, catalogue: Catalogue, unit_id: str, period: Period
) -> SharingReport:
    """Return the month of a unit and those below it. Raises InputError as ``build_sharing_table``."""
    organisation, unit = get_reporting_unit(inventory, unit_id)
    declarations = declared.load_sharing_declarations_by_unit(
        get_office_folder_of_inventory(inventory.path), organisation
    )
    now, entries, hosts = load_end_state(history, inventory, period)
    month = compute_office_month_figures(organisation, unit, inventory.hosts, MonthRuns(now.run))
    before = _load_state_at_start_of_month(history, entries, period, hosts, now)
    office_rows = build_sharing_rows_by_office(month, before.run if before else None, declarations, catalogue)
    if not office_rows:
        raise InputError(
            "no site or host belongs to {unit} or a unit below it",
            unit=unit.id,
            mend="declare the unit at its sites (unit:) or hosts (luytre_unit:)",
        )
    return SharingReport(month.organisation, month.unit, period, now.run_start_moments, office_rows)


def _load_state_at_start_of_month(
    history: RunHistory, entries: tuple[RunEntry, ...], period: Period, hosts: frozenset[str], end_state: MonthState
) -> MonthState | None:
    """Return how things stood when the month began.

    At the end of the last one that has a run, else at this one's first runs, unless those are its last.
    """
    earlier = find_last_month_with_run_before(entries, period)
    if earlier is not None:
        return build_state_at_end_of_month(history.run, entries, earlier, hosts)
    first = build_state_at_end_of_month(history.run, entries[::-1], period, hosts)
    return first if first is not None and set(first.run_start_moments) != set(end_state.run_start_moments) else None


def _build_sharing_workbook_sheets(report: SharingReport, doubts: tuple[str, ...], words: Words) -> tuple[Sheet, ...]:
    """Return the workbook: the table, its totals, the sources of declared values, and what needs a look, if any."""
    widths = (6, 30, 26, 8, 30, 24, 24, 24, 12, 12, 12, 12, 40)
    columns = (
        SheetColumn(words(f"sharing.column.{column.key}"), width)
        for column, width in zip(COLUMNS["sharing"], widths, strict=True)
    )
    total = (SheetColumn(words("yearly.column.total"), 70), SheetColumn(words("yearly.column.value"), 20))
    source_columns = (("unit", 36), ("matter", 36), ("value", 40), ("role", 30), ("dated", 12))
    doubt = SheetColumn(words("yearly.sheet.doubts"), 100)
    return (
        Sheet(words("sharing.sheet.table"), tuple(columns), iter_sharing_table_cells_by_office(report.rows, words)),
        Sheet(words("yearly.sheet.totals"), total, iter_sharing_totals_with_labels(report.totals, words)),
        Sheet(
            words("sharing.sheet.sources"),
            tuple(SheetColumn(words(f"sharing.source.{key}"), width) for key, width in source_columns),
            iter_sources_of_declared_values(report.rows, words),
        ),
        *([Sheet(doubt.heading, (doubt,), ((doubt_text,) for doubt_text in doubts))] if doubts else []),
    )


def _iter_doubts_on_later_declarations(report: SharingReport, words: Words) -> Iterator[str]:
    """Yield what was said after the month."""
    for unit, matter, declaration in iter_declarations_made_after_day(report.rows, report.period.last_day):
        yield words(
            "sharing.doubt.later",
            unit=unit.name,
            matter=words(f"sharing.matter.{matter}"),
            day=words.format_date(declaration.dated),
            last=words.format_date(report.period.last_day),
        )
