"""A list in whatever form it came: CSV, XLSX, YAML, CSAF 2.0 or STIX 2.1. Nothing is corrected, and nothing dropped."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
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
_NUMBER = re.compile(r"(?<![\w.])\d{4,}(?![\w.])")
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
            "is neither CSV, XLSX, YAML nor JSON (CSAF, STIX)", file=file, mend="save it in one of these formats"
        )
    if not any(item.ids or item.wrong for item in found.items):
        raise InputError("does not contain a CVE ID", file=file, mend="check that it is the list itself")
    return found


def ids_in(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids in a text, and what was meant for one and is none: full-width letters and dashes of any kind are what they look like."""
    plain = _plain(text)
    right, wrong = [], []
    for word in _MEANT.findall(plain):
        bare = word.strip(".:()[]{}\"'").upper()
        if _ID.match(bare):
            right.append(bare)
        elif bare != "CVE" or re.search(r"CVE\s+\d", plain, re.IGNORECASE):
            wrong.append(word)
    return tuple(dict.fromkeys(right)), tuple(dict.fromkeys(wrong))


def _plain(text: str) -> str:
    return _DASHES.sub("-", unicodedata.normalize("NFKC", text))


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
    item, whole = _item(number, texts, product, due), " ".join(texts).strip()[:80]
    if any(map(_shortened, texts)):
        return replace(item, wrong=(*(one for one in item.wrong if one.upper() != "CVE"), whole))
    return item if item.ids or item.wrong else replace(item, wrong=(whole or "-",))


def _shortened(text: str) -> bool:
    """Whether numbers stand beside the ids, as in ``CVE-2026-1234, 1235``: what was meant is for a person to say."""
    return _NUMBER.search(_MEANT.sub(" ", _plain(text))) is not None


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
        raise InputError(
            "has more than {limit} rows",
            limit=MAX_ROWS,
            file=file,
            mend="split it into several files and read each one",
        )
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

        if columns:
            shown = cell("id") or row.odd.get(columns["id"], "") or cell("product")
            if shown:
                yield _entry(row.number, [shown], cell("product"), cell("due"))
        else:
            item = _item(row.number, cells)
            if item.ids or item.wrong:
                yield item


# --- YAML and JSON -----------------------------------------------------------------------------------------


def _of_yaml(file: Path) -> Advisory:
    data = load_yaml(file)
    if not isinstance(data, list):
        raise InputError(
            "is not a list", file=file, mend="write a list of entries, each with cve: and, if known, product: and due:"
        )
    return Advisory(file, "", tuple(_entries(data)))


def _entries(data: list[Any]) -> Iterator[Item]:
    for number, entry in enumerate(data, 1):
        given = entry if isinstance(entry, Mapping) else {"cve": entry}
        named = given.get("cve")
        texts = [str(one) for one in (named if isinstance(named, list) else [named]) if one is not None]
        yield _entry(number, texts, str(given.get("product") or ""), str(given.get("due") or ""))


def _of_json(file: Path) -> Advisory:
    try:
        data = json.loads(source.content(file), object_pairs_hook=partial(_unique, file))
    except (ValueError, RecursionError) as error:
        raise InputError("is not JSON", file=file, mend="download it again completely") from error
    if isinstance(data, dict) and isinstance(data.get("objects"), list):
        return Advisory(file, "", tuple(_of_stix(data["objects"])))
    if (
        isinstance(data, dict)
        and isinstance(data.get("vulnerabilities"), list)
        and isinstance(data.get("document"), dict)
    ):
        return Advisory(file, str(data["document"].get("title") or ""), tuple(_of_csaf(data)))
    raise InputError("is neither a CSAF advisory nor a STIX bundle", file=file, mend="check the source of the file")


def _unique(file: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            "it contains {name} twice",
            name=repr(twice[:80]),
            file=file,
            mend="it is not a file of the publisher; download it again",
        )
    return found


def _dicts(of: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects in a list; none where there is no list."""
    found = of.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _of_stix(objects: list[Any]) -> Iterator[Item]:
    for number, one in enumerate(objects, 1):
        if isinstance(one, dict) and one.get("type") == "vulnerability":
            references = _dicts(one, "external_references")
            named = [str(each.get("external_id")) for each in references if each.get("source_name") == "cve"]
            yield _entry(number, named or [str(one.get("name") or "")])


def _of_csaf(data: Mapping[str, Any]) -> Iterator[Item]:
    names = dict(_csaf_products(data.get("product_tree")))
    for number, one in enumerate(data["vulnerabilities"], 1):
        if isinstance(one, dict):
            status = one.get("product_status")
            affected = status.get("known_affected") if isinstance(status, dict) else None
            products = [names.get(str(each), str(each)) for each in affected] if isinstance(affected, list) else []
            yield _entry(number, list(_csaf_ids(one)), ", ".join(products)[:200])


def _csaf_ids(one: Mapping[str, Any]) -> Iterator[str]:
    """Its CVE; without one its maker's own ids, or its title."""
    if one.get("cve"):
        yield str(one["cve"])
        return
    own = [str(each.get("text")) for each in _dicts(one, "ids")]
    yield from own or [str(one.get("title") or "")]


def _csaf_products(tree: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    if not isinstance(tree, dict) or depth > 20:
        return
    product = tree.get("product")
    for each in (*([product] if isinstance(product, dict) else ()), *_dicts(tree, "full_product_names")):
        yield str(each.get("product_id")), str(each.get("name"))
    for branch in _dicts(tree, "branches"):
        yield from _csaf_products(branch, depth + 1)
