"""A list in whatever form it came: CSV, XLSX, YAML, CSAF 2.0 or STIX 2.1. Nothing is corrected, and nothing dropped."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.feeds.days import parse_day_in_any_form
from auditor.inventory.spreadsheet_import import source
from auditor.inventory.spreadsheet_import.columns import fold_case_accents_and_spaces
from auditor.system.yaml_source import load_yaml
from auditor.vulnerabilities.sources.common import CVE

MAX_ROWS = 10_000
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d\u00ad]")
_CVE_LIKE = re.compile(r"(?<![A-Za-z0-9])cve[^\s,;|/]*", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\d{4,}(?![\w.])")
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("cve", "ma cve", "cve id", "ma lo hong", "lo hong", "dinh danh", "ma dinh danh", "vulnerability"),
    "product": ("san pham", "product", "phan mem", "san pham bi anh huong", "san pham anh huong", "affected product"),
    "due": ("han", "thoi han", "han xu ly", "thoi han xu ly", "due", "due date", "deadline", "ngay hoan thanh"),
}


@dataclass(frozen=True)
class AdvisoryItem:
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
    items: tuple[AdvisoryItem, ...]


def read_advisory_file(file: Path) -> Advisory:
    """Return the list in a file. Raises InputError for what is none."""
    kind = file.suffix.lower()
    if kind in (".csv", ".xlsx"):
        advisory = _read_table(file)
    elif kind in (".yml", ".yaml"):
        advisory = _read_yaml(file)
    elif kind == ".json":
        advisory = _read_json(file)
    else:
        raise InputError(
            "is neither CSV, XLSX, YAML nor JSON (CSAF, STIX)", file=file, mend="save it in one of these formats"
        )
    if not any(item.ids or item.wrong for item in advisory.items):
        raise InputError("does not contain a CVE ID", file=file, mend="check that it is the list itself")
    return advisory


def extract_vulnerability_ids(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids in a text, and what was meant for one and is none.

    Full-width letters and dashes of any kind are what they look like.
    """
    plain = _normalize_unicode_and_dashes(text)
    right, wrong = [], []
    for word in _CVE_LIKE.findall(plain):
        bare = word.strip(".:()[]{}\"'").upper()
        if CVE.match(bare):
            right.append(bare)
        elif bare != "CVE" or re.search(r"CVE\s+\d", plain, re.IGNORECASE):
            wrong.append(word)
    return tuple(dict.fromkeys(right)), tuple(dict.fromkeys(wrong))


def _normalize_unicode_and_dashes(text: str) -> str:
    return _DASHES.sub("-", unicodedata.normalize("NFKC", text))


def _make_item(number: int, texts: Iterable[str], product: str = "", due: str = "") -> AdvisoryItem:
    right, wrong = extract_vulnerability_ids("\n".join(texts))
    day = parse_day_in_any_form(due)
    return AdvisoryItem(number, right, wrong, product.strip(), day, "" if day else due.strip())


def _make_item_that_must_name_an_id(
    number: int, texts: Sequence[str], product: str = "", due: str = ""
) -> AdvisoryItem:
    """Return one that has to name an id: where it names none, what it has instead is named."""
    item, whole = _make_item(number, texts, product, due), " ".join(texts).strip()[:80]
    if any(map(_has_shortened_ids, texts)):
        return replace(item, wrong=(*(text for text in item.wrong if text.upper() != "CVE"), whole))
    return item if item.ids or item.wrong else replace(item, wrong=(whole or "-",))


def _has_shortened_ids(text: str) -> bool:
    """Return whether numbers stand beside the ids, as in ``CVE-2026-1234, 1235``.

    What was meant is for a person to say.
    """
    return _NUMBER.search(_CVE_LIKE.sub(" ", _normalize_unicode_and_dashes(text))) is not None


# --- tables ------------------------------------------------------------------------------------------------


def _read_table(file: Path) -> Advisory:
    title, items = "", []
    for sheet in source.read_sheets_of_csv_or_xlsx(file, _count_recognized_columns):
        place, columns = next(
            (
                (at, matched_columns)
                for at, row in enumerate(sheet[:40])
                if (matched_columns := _match_columns_to_headings(row.cells))
            ),
            (-1, {}),
        )
        title = title or next((cell for row in sheet[: max(place, 0)] for cell in row.cells if cell), "")
        items += list(_iter_items(sheet[place + 1 :], columns))
    if len(items) > MAX_ROWS:
        raise InputError(
            "has more than {limit} rows",
            limit=MAX_ROWS,
            file=file,
            mend="split it into several files and read each one",
        )
    return Advisory(file, title, tuple(items))


def _count_recognized_columns(cells: Sequence[str]) -> int:
    return len(_match_columns_to_headings(cells))


def _match_columns_to_headings(cells: Sequence[str]) -> dict[str, int]:
    """Return which column is what, where these cells are headings: one has to be of ids."""
    columns: dict[str, int] = {}
    for index, cell in enumerate(cells):
        name = fold_case_accents_and_spaces(cell)
        for what, names in _HEADINGS.items():
            if name in names and what not in columns:
                columns[what] = index
    return columns if "id" in columns else {}


def _iter_items(rows: Sequence[source.Row], columns: Mapping[str, int]) -> Iterator[AdvisoryItem]:
    """Yield rows that say something; without headings every cell may hold ids."""
    for row in rows:
        cells = row.cells

        def cell(what: str, cells: Sequence[str] = cells) -> str:
            at = columns.get(what)
            return cells[at] if at is not None and at < len(cells) else ""

        if columns:
            text = cell("id") or row.odd.get(columns["id"], "") or cell("product")
            if text:
                yield _make_item_that_must_name_an_id(row.number, [text], cell("product"), cell("due"))
        else:
            item = _make_item(row.number, cells)
            if item.ids or item.wrong:
                yield item


# --- YAML and JSON -----------------------------------------------------------------------------------------


def _read_yaml(file: Path) -> Advisory:
    data = load_yaml(file)
    if not isinstance(data, list):
        raise InputError(
            "is not a list", file=file, mend="write a list of entries, each with cve: and, if known, product: and due:"
        )
    return Advisory(file, "", tuple(_iter_items_of_yaml_list(data)))


def _iter_items_of_yaml_list(data: list[Any]) -> Iterator[AdvisoryItem]:
    for number, entry in enumerate(data, 1):
        fields = entry if isinstance(entry, Mapping) else {"cve": entry}
        cve = fields.get("cve")
        texts = [str(value) for value in (cve if isinstance(cve, list) else [cve]) if value is not None]
        yield _make_item_that_must_name_an_id(
            number, texts, str(fields.get("product") or ""), str(fields.get("due") or "")
        )


def _read_json(file: Path) -> Advisory:
    try:
        data = json.loads(
            source.read_bounded_file_content(file),
            object_pairs_hook=partial(_build_dict_raising_on_duplicate_name, file),
        )
    except (ValueError, RecursionError) as error:
        raise InputError("is not JSON", file=file, mend="download it again completely") from error
    if isinstance(data, dict) and isinstance(data.get("objects"), list):
        return Advisory(file, "", tuple(_iter_stix_items(data["objects"])))
    if (
        isinstance(data, dict)
        and isinstance(data.get("vulnerabilities"), list)
        and isinstance(data.get("document"), dict)
    ):
        return Advisory(file, str(data["document"].get("title") or ""), tuple(_iter_csaf_items(data)))
    raise InputError("is neither a CSAF advisory nor a STIX bundle", file=file, mend="check the source of the file")


def _build_dict_raising_on_duplicate_name(file: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            "it contains {name} twice",
            name=repr(twice[:80]),
            file=file,
            mend="it is not a file of the publisher; download it again",
        )
    return result


def _list_dicts_under_key(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the objects in a list; none where there is no list."""
    members = document.get(key)
    return [member for member in members if isinstance(member, dict)] if isinstance(members, list) else []


def _iter_stix_items(objects: list[Any]) -> Iterator[AdvisoryItem]:
    for number, stix_object in enumerate(objects, 1):
        if isinstance(stix_object, dict) and stix_object.get("type") == "vulnerability":
            references = _list_dicts_under_key(stix_object, "external_references")
            cves = [str(each.get("external_id")) for each in references if each.get("source_name") == "cve"]
            yield _make_item_that_must_name_an_id(number, cves or [str(stix_object.get("name") or "")])


def _iter_csaf_items(data: Mapping[str, Any]) -> Iterator[AdvisoryItem]:
    names = dict(_iter_products_of_csaf_tree(data.get("product_tree")))
    for number, vulnerability in enumerate(data["vulnerabilities"], 1):
        if isinstance(vulnerability, dict):
            status = vulnerability.get("product_status")
            product_ids = status.get("known_affected") if isinstance(status, dict) else None
            products = (
                [names.get(str(each), str(each)) for each in product_ids] if isinstance(product_ids, list) else []
            )
            yield _make_item_that_must_name_an_id(
                number, list(_iter_ids_of_csaf_vulnerability(vulnerability)), ", ".join(products)[:200]
            )


def _iter_ids_of_csaf_vulnerability(vulnerability: Mapping[str, Any]) -> Iterator[str]:
    """Yield its CVE; without one its maker's own ids, or its title."""
    if vulnerability.get("cve"):
        yield str(vulnerability["cve"])
        return
    own = [str(each.get("text")) for each in _list_dicts_under_key(vulnerability, "ids")]
    yield from own or [str(vulnerability.get("title") or "")]


def _iter_products_of_csaf_tree(tree: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    if not isinstance(tree, dict) or depth > 20:
        return
    product = tree.get("product")
    for each in (*([product] if isinstance(product, dict) else ()), *_list_dicts_under_key(tree, "full_product_names")):
        yield str(each.get("product_id")), str(each.get("name"))
    for branch in _list_dicts_under_key(tree, "branches"):
        yield from _iter_products_of_csaf_tree(branch, depth + 1)
