"""The hosts and sites that the rows of a list stand for, and every mistake in it. Pure.

A row is a site with its host, or a host without sites; what is said of a host may be repeated in its other rows, or
left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from auditor.errors import InputError, Sentence
from auditor.inventory.spreadsheet_import import xlsx
from auditor.inventory.spreadsheet_import.columns import DOMAIN, NAME
from auditor.inventory.spreadsheet_import.source import Row, Table
from auditor.inventory.spreadsheet_import.values import parse_cell_text_for_column
from auditor.models import Organisation


@dataclass
class ListItem:
    """A host or a site as the list has it, in the inventory's words, and in which row which of them was said first."""

    row: Row
    values: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)


@dataclass
class HostEntry:
    """A host of the list with its sites."""

    name: str
    host: ListItem
    sites: list[ListItem] = field(default_factory=list)


@dataclass(frozen=True)
class ParsedList:
    """The entries of a list; ``wrong`` is every mistake in it, in order of its rows."""

    entries: tuple[HostEntry, ...]
    wrong: tuple[InputError, ...]


def parse_host_entries_in_table(table: Table, organisation: Organisation | None) -> ParsedList:
    """Return all entries of a list, and all that is wrong with them. Units may be called by their names."""
    reader = _TableReader(table, organisation)
    for row in table.rows:
        reader.add_hosts_and_sites_of_row(row)
    reader.add_errors_for_equal_host_addresses()
    return ParsedList(tuple(reader.entries.values()), tuple(sorted(reader.wrong, key=lambda error: error.line or 0)))


class _TableReader:
    def __init__(self, table: Table, organisation: Organisation | None) -> None:
        self.entries: dict[str, HostEntry] = {}
        self.wrong: list[InputError] = []
        self._table = table
        self._organisation = organisation
        self._sites_by_name: dict[str, tuple[HostEntry, Row]] = {}

    def add_hosts_and_sites_of_row(self, row: Row) -> None:
        """Add what a row says."""
        columns = self._table.headings.columns
        if not any(index in row.odd or _get_cell_text(row, index) for index in columns):
            return
        of_host, of_site = (
            dict(self._iter_parsed_values_of_row(row, "host")),
            dict(self._iter_parsed_values_of_row(row, "site")),
        )
        if self._is_cell_blank(row, NAME.field):
            self._add_error_at_cell(
                "the name of the host is missing", "write it in every row of the host", row, NAME.field
            )
        if NAME.field not in of_host:
            return
        name = of_host.pop(NAME.field)
        entry = self.entries.setdefault(name, HostEntry(name, ListItem(row)))
        for key, cell_value in of_host.items():
            first = entry.host.rows.setdefault(key, row)
            if entry.host.values.setdefault(key, cell_value) != cell_value:
                self._add_error_at_cell(
                    "host {host} has a different value here in row {other}",
                    "write the same value in every row of a host, or write it only once",
                    row,
                    key,
                    host=name,
                    other=first.number,
                )
        if DOMAIN.field in of_site:
            self._add_site_to_host_entry(entry, ListItem(row, of_site, dict.fromkeys(of_site, row)))
        elif of_site and self._is_cell_blank(row, DOMAIN.field):
            self._add_error_at_cell(
                "the domain of the site is missing",
                "add it, or leave all site columns empty in this row",
                row,
                DOMAIN.field,
            )

    def add_errors_for_equal_host_addresses(self) -> None:
        """Find hosts that are one machine."""
        entry_by_address: dict[tuple[str, int], HostEntry] = {}
        for entry in self.entries.values():
            at = entry.host.values.get("ansible_host", entry.name), entry.host.values.get("ansible_port", 22)
            other = entry_by_address.setdefault(at, entry)
            if other is not entry:
                key = "ansible_host" if "ansible_host" in entry.host.rows else NAME.field
                self._add_error_at_cell(
                    "host {other} in row {line} has the same address and port",
                    "name each machine once",
                    entry.host.rows.get(key, entry.host.row),
                    key,
                    other=other.name,
                    line=other.host.row.number,
                )

    def _add_site_to_host_entry(self, entry: HostEntry, site: ListItem) -> None:
        for key, name in [
            ("domain", site.values["domain"]),
            *(("aliases", name) for name in site.values.get("aliases", ())),
        ]:
            other, row = self._sites_by_name.setdefault(name, (entry, site.row))
            if row is not site.row:
                self._add_error_at_cell(
                    "{domain} is already in row {other}, on {host}",
                    "keep it only on the host that serves it",
                    site.row,
                    key,
                    domain=name,
                    other=row.number,
                    host=other.name,
                )
        entry.sites.append(site)

    def _iter_parsed_values_of_row(self, row: Row, kind: Literal["host", "site"]) -> Iterator[tuple[str, Any]]:
        """Yield each column with what it says in this row."""
        for index, column in self._table.headings.columns.items():
            text = _get_cell_text(row, index)
            if column.of != kind or not (text or index in row.odd):
                continue
            match row.odd.get(index):
                case "formula":
                    self._add_error_at_cell(
                        "this is a formula", "write its result: copy, then paste as values", row, column.field
                    )
                case "error":
                    self._add_error_at_cell("this formula has an error", "write the value itself", row, column.field)
                case "date":
                    self._add_error_at_cell(
                        "the spreadsheet converted this to a date",
                        "format the cell as text, then enter the value again",
                        row,
                        column.field,
                    )
                case _ if len(text) >= xlsx.MAX_CELL:
                    self._add_error_at_cell("this is too long", "keep only the value in the cell", row, column.field)
                case _:
                    try:
                        yield column.field, parse_cell_text_for_column(column, text, self._organisation)
                    except InputError as error:
                        self.wrong.append(self._table.locate_error_at_cell(error, row, index))

    def _add_error_at_cell(self, what: str, mend: str, row: Row, key: str, **values: str | int) -> None:
        index = next(index for index, column in self._table.headings.columns.items() if column.field == key)
        self.wrong.append(self._table.locate_error_at_cell(InputError(Sentence(what, values), mend=mend), row, index))

    def _is_cell_blank(self, row: Row, key: str) -> bool:
        index = next(index for index, column in self._table.headings.columns.items() if column.field == key)
        return index not in row.odd and not _get_cell_text(row, index)


def _get_cell_text(row: Row, index: int) -> str:
    return row.cells[index] if index < len(row.cells) else ""
