"""``auditor indicators match``: which indicators stand in logs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.given.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
)
from auditor.errors import InputError
from auditor.models import clock

if TYPE_CHECKING:
    from auditor.indicators.indicator import Indicator
    from auditor.models import Lang

_SHOWN = 200


def match(
    logs: Annotated[list[Path], typer.Argument(metavar="LOG", help="Logs of any kind, plain, gzip or zip.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Search copied logs for the imported indicators that are valid today.

    Only complete values match; addresses also match listed networks. Sites and hosts of the inventory, and names below
    theirs, never match.

    Exit code: 0 no match, 1 at least one match.

    Example:
      auditor indicators match /srv/nhat-ky/access.log.gz -i inventories/lab

    """
    from auditor.indicators import logs as reading
    from auditor.indicators import ours, store
    from auditor.inventory import hosts as inventories

    known = inventories.load(inventory)
    against = ours.against(store.all_indicators(), known, clock.today())
    if not against:
        raise InputError("no indicator is valid today", mend="import a list: 'auditor indicators import FILE'")
    found = {str(file): reading.read(file, against) for file in logs}
    if as_json:
        typer.echo(json.dumps(_data(found), ensure_ascii=False, indent=1))
    else:
        _show(found, lang)
    raise typer.Exit(int(any(found.values())))


def _ranked(found: Mapping[str, Mapping[Indicator, int]]) -> Sequence[tuple[str, Indicator, int]]:
    rows = [(log, one, n) for log, counts in found.items() for one, n in counts.items()]
    return sorted(rows, key=lambda row: (row[0], -row[2], row[1].text))


def _data(found: Mapping[str, Mapping[Indicator, int]]) -> list[dict[str, object]]:
    return [
        {
            "log": log,
            "indicator": one.text,
            "kind": one.kind,
            "places": n,
            "list": one.list,
            "id": one.id,
            "tlp": one.tlp,
            "first": str(one.first),
            "until": str(one.until),
            "note": one.note,
        }
        for log, one, n in _ranked(found)
    ]


def _show(found: Mapping[str, Mapping[Indicator, int]], lang: Lang) -> None:
    from rich.table import Table

    from auditor.commands.shown import console
    from auditor.text.words import Words

    words = Words(lang)
    rows = _ranked(found)
    if not rows:
        console.out.print(words("indicators.no_match"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("log", "indicator", "places", "list", "first", "note"):
        table.add_column(words(f"indicators.column.{heading}"), overflow="fold")
    for log, one, n in rows[:_SHOWN]:
        cells = (log, one.text, str(n), f"{one.list} (TLP:{one.tlp})", words.day(one.first), one.note)
        table.add_row(*(console.escape(cell) for cell in cells))
    console.out.print(table)
    if len(rows) > _SHOWN:
        console.out.print(words("and_more", n=len(rows) - _SHOWN))
