"""The month's table of protection, connection and monitoring as a letter. Pure.

What was read on hosts, what an office declares and what nobody knows are told apart in every cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from auditor.inventory import offices
from auditor.inventory.sharing import MATTERS, Declared, Matter
from auditor.models import Lang, Organisation, Unit
from auditor.report.official.content import form
from auditor.report.official.content.blocks import closing, item, paragraph, punctuated
from auditor.report.official.content.given import BLANK
from auditor.report.official.document import COLUMNS, Annex, Block, Document
from auditor.report.official.period import Period
from auditor.report.sharing.table import Row, Totals, totals
from auditor.text.visible import one_line
from auditor.text.words import Words

_MAX_WHAT = 120


@dataclass(frozen=True)
class Sharing:
    """An office's month: whose, which, and its rows."""

    organisation: Organisation
    unit: Unit
    period: Period
    moments: tuple[str, ...]
    """When the runs behind it were, newest first."""
    rows: tuple[Row, ...]

    @property
    def totals(self) -> Totals:
        """What the rows come to."""
        return totals(self.rows)


def document(of: Sharing, lang: Lang) -> Document:
    """The letter with its table."""
    words = Words(lang)
    unit, kind, symbol = of.unit, words("official.kind.cong-van"), form.symbol(of.unit, "cong-van")
    month, security = (
        words.whole_month(of.period.year, of.period.month),
        words(f"official.security.{of.organisation.regime}"),
    )
    return Document(
        lang=lang,
        kind="cong-van",
        name=words("sharing.document_name", unit=unit.name, month=month),
        made=of.moments[0],
        superior=form.superior(of.organisation, unit),
        agency=form.agency(unit.name),
        nation=words("official.nation"),
        motto=words("official.motto"),
        number=words("official.number", blank=BLANK, symbol=symbol),
        place_and_date=words("official.place_and_date", place=form.place(unit), blank=BLANK),
        concerning=form.below_number(words("sharing.concerning", security=security, month=month)),
        circulation=words("official.circulation"),
        title="",
        subject=(),
        greeting=words("official.greeting"),
        addressees=form.addressees([above.name for above in offices.addressees(of.organisation, unit)]),
        body=punctuated(_body(of, words, month, security)),
        recipients_title=words("official.recipients"),
        recipients=form.recipients(of.organisation, unit, words),
        signing=form.signing(unit, words),
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
                note=words("sharing.annex.note", moment=words.moment(of.moments[0])),
                columns=tuple(words(f"sharing.column.{column.key}") for column in COLUMNS["sharing"]),
                rows=in_words(of.rows, words),
            ),
        ),
    )


def _body(of: Sharing, words: Words, month: str, security: str) -> Iterator[Block]:
    yield paragraph(words("sharing.opening", unit=of.unit.name, month=month, security=security))
    for label, value in counted(of.totals, words):
        yield item(f"{label}: {value}")
    yield closing(words("sharing.closing"))


def counted(found: Totals, words: Words) -> Iterable[tuple[str, int | str]]:
    """Each total with its label."""
    for key in (
        *("units", "sites", "hosts", "protected", "central", "connection", "monitoring"),
        *("contacts", "injected", "vulnerable", "handled"),
    ):
        yield words(f"sharing.total.{key}"), _number(getattr(found, key), words)


def printed(rows: Iterable[Row], words: Words) -> Iterator[tuple[str | int | None, ...]]:
    """The table's columns, a row an office."""
    for number, row in enumerate(rows, 1):
        yield (
            number,
            row.unit.name,
            ", ".join(row.sites) or "–",
            row.hosts,
            protection(row, words),
            *(told(row.declared.on(matter), words) for matter in MATTERS if matter != "protection"),
            _number(row.contacts.value, words),
            _number(row.injected.value, words),
            _number(row.vulnerable.value, words),
            _number(row.handled.value, words),
            note(row, words),
        )


def in_words(rows: Iterable[Row], words: Words) -> tuple[tuple[str, ...], ...]:
    """The same as text."""
    return tuple(tuple(str(cell) if cell is not None else "" for cell in row) for row in printed(rows, words))


def _number(value: int | None, words: Words) -> int | str:
    return value if value is not None else words("sharing.unknown")


def protection(row: Row, words: Words) -> str:
    """Products that were seen on hosts, then what the office declares besides; "not known" where there is neither."""
    seen = [
        words(f"sharing.product.{state}", product=product, count=n, of=row.hosts)
        for state, found in (("running", row.protected), ("stopped", row.stopped))
        for product, n in found.items()
    ]
    if row.hosts > row.unread and not seen:
        seen.append(words("sharing.product.none"))
    parts = [words("sharing.read", what="; ".join(seen))] if seen else []
    parts += [words("sharing.declared", what=told(row.declared.protection, words))] if row.declared.protection else []
    return "; ".join(parts) or words("sharing.unknown")


def told(declared: Declared | None, words: Words) -> str:
    """What an office declares of a matter."""
    if declared is None:
        return words("sharing.unknown")
    what = f" ({one_line(declared.what, _MAX_WHAT)})" if declared.what else ""
    if declared.since is None:
        return words("sharing.no") + what
    return words("sharing.since", day=words.day(declared.since)) + what


def note(row: Row, words: Words) -> str:
    """Who else runs its hosts, and what is not known."""
    parts = [words("sharing.note.served_by", unit=unit.name) for unit in row.served_by]
    for key, n in (
        ("unread", row.unread),
        ("unaudited", row.unaudited),
        ("injected", row.injected.unknown),
        ("vulnerable", row.vulnerable.unknown),
        ("contacts", row.contacts.unknown),
    ):
        if n:
            parts.append(words(f"sharing.note.{key}", count=n))
    return "; ".join(parts)


def sources(rows: Iterable[Row], words: Words) -> Iterator[tuple[str, str, str, str, date | None]]:
    """Where each declared value comes from: office, matter, what it is, whose word, of which day."""
    for row in rows:
        for matter in MATTERS:
            declared = row.declared.on(matter)
            yield (
                row.unit.name,
                words(f"sharing.matter.{matter}"),
                told(declared, words),
                one_line(declared.role, _MAX_WHAT) if declared else words("sharing.unknown"),
                declared.dated if declared else None,
            )


def later(rows: Iterable[Row], last: date) -> Iterator[tuple[Unit, Matter, Declared]]:
    """What was said after the month's last day: the table is as of then."""
    for row in rows:
        for matter in MATTERS:
            declared = row.declared.on(matter)
            if declared is not None and declared.dated > last:
                yield row.unit, matter, declared
