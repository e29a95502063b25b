"""The columns of such a list, known by their headings in both languages. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from auditor.errors import InputError, find_nearest_known_name
from auditor.text.translations import Words


@dataclass(frozen=True)
class Column:
    """The target of a column: a variable of a host, or a field of a site.

    ``several``: a cell may hold more than one value.
    """

    of: Literal["host", "site"]
    field: str
    several: bool = False
    others: tuple[str, ...] = ()
    """What else it is called."""

    def get_template_heading(self, words: Words) -> str:
        """Return the heading as the template has it."""
        return words(f"column.{self.field}")


NAME = Column("host", "name", others=("tên máy chủ", "server", "server name", "host name", "hostname"))
DOMAIN = Column("site", "domain", others=("trang", "trang web", "website", "site", "trang thông tin điện tử"))
COLUMNS = (
    NAME,
    Column("host", "ansible_host", others=("địa chỉ ip", "địa chỉ máy chủ", "ip", "ip address")),
    Column("host", "ansible_port", others=("cổng", "port")),
    Column("host", "luytre_unit", others=("đơn vị quản lý máy chủ",)),
    Column("host", "luytre_admins", several=True, others=("admins",)),
    Column("host", "luytre_open_ports", several=True),
    Column("host", "luytre_trusted_networks", several=True),
    DOMAIN,
    Column("site", "aliases", several=True, others=("bí danh", "aliases")),
    Column("site", "unit", others=("đơn vị chủ quản", "đơn vị quản lý", "cơ quan", "office")),
    Column("site", "server", others=("phần mềm web", "webserver")),
    Column("site", "application", others=("phần mềm", "cms", "mã nguồn")),
    Column("site", "level", others=("cấp độ an toàn", "cấp độ attt", "security level")),
    Column("site", "document_root", others=("thư mục web", "webroot", "web root")),
    Column("site", "backup_dir", others=("backup folder",)),
    Column("site", "backup_max_days", others=("số ngày sao lưu",)),
)
_NOT_READ = ("stt", "tt", "số thứ tự", "no", "ghi chú", "note", "notes", "remarks")
"""What such lists have for people alone."""
_LEAST = 2
"""So many known headings make a row the one of the headings."""
HEAD_ROWS = 30
"""Among so many rows it is looked for: titles stand above it."""


def fold_case_accents_and_spaces(text: str) -> str:
    """Lower case without accents, marks or double spaces, so that a heading is known however it was typed."""
    plain = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    return " ".join(re.findall(r"[^\W_]+", "".join(char for char in plain if not unicodedata.combining(char))))


def get_column_letter(index: int) -> str:
    """Return what a spreadsheet calls a column, from 0: A, B, … Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


@dataclass(frozen=True)
class Headings:
    """The places of the columns."""

    columns: Mapping[int, Column]
    texts: Mapping[int, str]
    """Their headings as written."""
    unread: tuple[str, ...]
    """Headings of what is not read, without those that are for people alone."""


def count_known_headings_in_row(cells: Sequence[str]) -> int:
    """Return how many of the cells are headings of ours."""
    column_by_name = _map_folded_names_to_columns()
    return len(
        {column_by_name[name] for cell in cells if (name := fold_case_accents_and_spaces(cell)) in column_by_name}
    )


def is_row_of_known_headings(cells: Sequence[str]) -> bool:
    """Return whether this is the row of the headings."""
    return count_known_headings_in_row(cells) >= _LEAST


def parse_row_of_headings(cells: Sequence[str]) -> Headings:
    """Return what the cells of the row of headings stand for.

    Raises InputError for a column that is lacking, there twice, or mistyped.
    """
    column_by_name = _map_folded_names_to_columns()
    columns: dict[int, Column] = {}
    unread = []
    for index, cell in enumerate(cells):
        name = fold_case_accents_and_spaces(cell)
        column = column_by_name.get(name)
        if column is None:
            if name and name not in map(fold_case_accents_and_spaces, _NOT_READ):
                guess = find_nearest_known_name(name, column_by_name)
                if guess is not None:
                    raise InputError(
                        "{heading} is not a column of the list (column {letter})",
                        heading=cell.strip(),
                        letter=get_column_letter(index),
                        mend=(
                            "rename it to {known}; to have the column ignored, give it a completely different heading"
                        ),
                        known=_format_heading_in_both_languages(column_by_name[guess]),
                    )
                unread.append(cell.strip())
        elif column in columns.values():
            raise InputError(
                "two columns are {heading}", heading=cell.strip(), mend="keep one of them, or rename the other"
            )
        else:
            columns[index] = column
    for required_column in (NAME, *([DOMAIN] if any(column.of == "site" for column in columns.values()) else [])):
        if required_column not in columns.values():
            raise InputError(
                "there is no column {heading}",
                heading=_format_heading_in_both_languages(required_column),
                mend="add it, or begin with 'auditor inventory import --template FILE'",
            )
    return Headings(columns, {index: cells[index].strip() for index in columns}, tuple(unread))


def _format_heading_in_both_languages(column: Column) -> str:
    """Return its heading in both languages."""
    return " / ".join(column.get_template_heading(Words(lang)) for lang in ("vi", "en"))


def _map_folded_names_to_columns() -> Mapping[str, Column]:
    return dict(_iter_folded_names_of_columns())


def _iter_folded_names_of_columns() -> Iterator[tuple[str, Column]]:
    for column in COLUMNS:
        for lang in ("vi", "en"):
            yield fold_case_accents_and_spaces(column.get_template_heading(Words(lang))), column
        yield from ((fold_case_accents_and_spaces(name), column) for name in (column.field, *column.others))
