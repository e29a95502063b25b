"""A list in whatever form it came: CSV, XLSX, YAML, CSAF 2.0 or STIX 2.1. Nothing is corrected, and nothing dropped."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.inventory.table import source
from auditor.inventory.table.columns import folded
from auditor.system.yaml_source import load_yaml

MAX_ROWS = 10_000
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d\u00ad]")
_ID = re.compile(r"CVE-(?:1999|2[0-9]{3})-[0-9]{4,19}\Z")
_MEANT = re.compile(r"(?<![A-Za-z0-9])cve[^\s,;|/]*", re.IGNORECASE)
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("cve", "ma cve", "cve id", "ma lo hong", "lo hong", "dinh danh", "ma dinh danh", "vulnerability"),
    "product": ("san pham", "product", "phan mem", "san pham bi anh huong", "san pham anh huong", "affected product"),
    "due": ("han", "thoi han", "han xu ly", "thoi han xu ly", "due", "due date", "deadline", "ngay hoan thanh"),
}
_FIRST_SERIAL, _LAST_SERIAL = 36_526, 73_050
"""Days since the end of 1899 in spreadsheets: of 2000 to 2099."""


@dataclass(frozen=True)
class Item:
    """One row or entry: the ids that it names, and what it says of them."""

    number: int
    """Of the row in its spreadsheet, or of the entry, from 1."""
    ids: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    """What was meant for an id and is none."""
    product: str = ""
    due: date | None = None
    due_text: str = ""
    """What stands for a date and is none."""


@dataclass(frozen=True)
class Advisory:
    """A list."""

    file: Path
    title: str
    items: tuple[Item, ...]


def read(file: Path) -> Advisory:
    """The list in a file. Raises InputError for what is none."""
    kind = file.suffix.lower()
    if kind in (".csv", ".xlsx"):
        found = _of_table(file)
    elif kind in (".yml", ".yaml"):
        found = _of_yaml(file)
    elif kind == ".json":
        found = _of_json(file)
    else:
        raise InputError(
            "is neither CSV, XLSX, YAML nor JSON (CSAF, STIX)", file=file, mend="save it in one of these forms"
        )
    if not any(item.ids or item.wrong for item in found.items):
        raise InputError("names no CVE", file=file, mend="check that it is the list itself")
    return found


def ids_in(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids in a text, and what was meant for one and is none: full-width letters and dashes of any kind are what they look like."""
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text))
    right, wrong = [], []
    for word in _MEANT.findall(plain):
        bare = word.strip(".:()[]{}\"'").upper()
        if _ID.match(bare):
            right.append(bare)
        elif bare != "CVE" or re.search(r"CVE\s+\d", plain, re.IGNORECASE):
            wrong.append(word)
    return tuple(dict.fromkeys(right)), tuple(dict.fromkeys(wrong))


def day_in(text: str) -> date | None:
    """A day written as 2026-11-30, 30/11/2026, or as a spreadsheet counts days; None for anything else."""
    text = text.strip()
    first = re.match(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00)?)?\Z", text)
    last = re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\Z", text)
    try:
        if first:
            return date(int(first[1]), int(first[2]), int(first[3]))
        if last:
            return date(int(last[3]), int(last[2]), int(last[1]))
    except ValueError:
        return None
    if text.isascii() and text.isdigit() and _FIRST_SERIAL <= int(text[:6]) <= _LAST_SERIAL:
        return date(1899, 12, 30) + timedelta(int(text))
    return None


def _item(number: int, texts: Iterable[str], product: str = "", due: str = "") -> Item:
    right, wrong = ids_in("\n".join(texts))
    day = day_in(due)
    return Item(number, right, wrong, product.strip(), day, "" if day else due.strip())


def _entry(number: int, texts: Sequence[str], product: str = "", due: str = "") -> Item:
    """One that has to name an id: where it names none, what it has instead is named."""
    item = _item(number, texts, product, due)
    if item.ids or item.wrong:
        return item
    return replace(item, wrong=(" ".join(texts).strip()[:80] or "-",))


# --- tables ------------------------------------------------------------------------------------------------


def _of_table(file: Path) -> Advisory:
    title, items = "", []
    for sheet in source.sheets(file, _known):
        place, columns = next(
            ((at, found) for at, row in enumerate(sheet[:40]) if (found := _columns(row.cells))), (-1, {})
        )
        title = title or next((cell for row in sheet[: max(place, 0)] for cell in row.cells if cell), "")
        items += list(_items(sheet[place + 1 :], columns))
    if len(items) > MAX_ROWS:
        raise InputError("has more than {limit} rows", limit=MAX_ROWS, file=file, mend="read it in parts, a file each")
    return Advisory(file, title, tuple(items))


def _known(cells: Sequence[str]) -> int:
    return len(_columns(cells))


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Which column is what, where these cells are headings: one has to be of ids."""
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        name = folded(cell)
        for what, names in _HEADINGS.items():
            if name in names and what not in found:
                found[what] = index
    return found if "id" in found else {}


def _items(rows: Sequence[source.Row], columns: Mapping[str, int]) -> Iterator[Item]:
    """Rows that say something; without headings every cell may hold ids."""
    for row in rows:
        cells = row.cells

        def cell(what: str, cells: Sequence[str] = cells) -> str:
            at = columns.get(what)
            return cells[at] if at is not None and at < len(cells) else ""

        if columns and cell("id"):
            yield _entry(row.number, [cell("id")], cell("product"), cell("due"))
        elif not columns:
            item = _item(row.number, cells)
            if item.ids or item.wrong:
                yield item


# --- YAML and JSON -----------------------------------------------------------------------------------------


def _of_yaml(file: Path) -> Advisory:
    data = load_yaml(file)
    if not isinstance(data, list):
        raise InputError(
            "is no list", file=file, mend="write a list of entries, each with cve: and, if known, product: and due:"
        )
    return Advisory(file, "", tuple(_entries(data)))


def _entries(data: list[Any]) -> Iterator[Item]:
    for number, entry in enumerate(data, 1):
        given = entry if isinstance(entry, Mapping) else {"cve": entry}
        named = given.get("cve")
        texts = [str(one) for one in named] if isinstance(named, list) else [str(named)]
        yield _entry(number, texts, str(given.get("product") or ""), str(given.get("due") or ""))


def _of_json(file: Path) -> Advisory:
    try:
        data = json.loads(source.content(file))
    except (ValueError, RecursionError) as error:
        raise InputError("is no JSON", file=file, mend="fetch it again, as a whole") from error
    if isinstance(data, dict) and isinstance(data.get("objects"), list):
        return Advisory(file, "", tuple(_of_stix(data["objects"])))
    if (
        isinstance(data, dict)
        and isinstance(data.get("vulnerabilities"), list)
        and isinstance(data.get("document"), dict)
    ):
        return Advisory(file, str(data["document"].get("title") or ""), tuple(_of_csaf(data)))
    raise InputError("is neither a CSAF advisory nor a STIX bundle", file=file, mend="check where it came from")


def _of_stix(objects: list[Any]) -> Iterator[Item]:
    for number, one in enumerate(objects, 1):
        if isinstance(one, dict) and one.get("type") == "vulnerability":
            references = [each for each in one.get("external_references") or () if isinstance(each, dict)]
            named = [str(each.get("external_id")) for each in references if each.get("source_name") == "cve"]
            yield _entry(number, named or [str(one.get("name") or "")])


def _of_csaf(data: Mapping[str, Any]) -> Iterator[Item]:
    names = dict(_csaf_products(data.get("product_tree")))
    for number, one in enumerate(data["vulnerabilities"], 1):
        if isinstance(one, dict):
            status = one.get("product_status")
            affected = status.get("known_affected") if isinstance(status, dict) else None
            products = [names.get(str(each), str(each)) for each in affected or ()]
            yield _entry(number, list(_csaf_ids(one)), ", ".join(products)[:200])


def _csaf_ids(one: Mapping[str, Any]) -> Iterator[str]:
    """Its CVE; without one its maker's own ids, or its title."""
    if one.get("cve"):
        yield str(one["cve"])
        return
    own = [str(each.get("text")) for each in one.get("ids") or () if isinstance(each, dict)]
    yield from own or [str(one.get("title") or "")]


def _csaf_products(tree: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    if not isinstance(tree, dict) or depth > 20:
        return
    product = tree.get("product")
    for each in (product, *(tree.get("full_product_names") or ())):
        if isinstance(each, dict):
            yield str(each.get("product_id")), str(each.get("name"))
    for branch in tree.get("branches") or ():
        yield from _csaf_products(branch, depth + 1)
