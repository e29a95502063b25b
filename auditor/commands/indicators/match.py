"""``auditor indicators match``: which indicators stand in logs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import typer
from rich.table import Table

from auditor.commands.output import console
from auditor.commands.verbs.indicators import IndicatorsMatchOptions
from auditor.errors import InputError
from auditor.indicators import logs as reading
from auditor.indicators import own_assets, store
from auditor.indicators.indicator import Indicator
from auditor.inventory import hosts as inventories
from auditor.models import Lang, clock
from auditor.text.translations import Words

_MAX_ROWS = 200


def search_logs_for_indicators(options: IndicatorsMatchOptions) -> None:
    """Run ``auditor indicators match``."""
    inventory_data = inventories.load_inventory(options.inventory)
    against = own_assets.build_index_without_own_assets(store.load_indicators(), inventory_data, clock.today())
    if not against:
        raise InputError("no indicator is valid today", mend="import a list: 'auditor indicators import FILE'")
    matches_by_log = {str(file): reading.count_indicators_in_log(file, against) for file in options.logs}
    if options.as_json:
        typer.echo(json.dumps(_build_matches_json(matches_by_log), ensure_ascii=False, indent=1))
    else:
        _print_indicator_matches(matches_by_log, options.lang)
    raise typer.Exit(int(any(matches_by_log.values())))


def _sort_matches(matches_by_log: Mapping[str, Mapping[Indicator, int]]) -> Sequence[tuple[str, Indicator, int]]:
    rows = [(log, indicator, n) for log, counts in matches_by_log.items() for indicator, n in counts.items()]
    return sorted(rows, key=lambda row: (row[0], -row[2], row[1].text))


def _build_matches_json(matches_by_log: Mapping[str, Mapping[Indicator, int]]) -> list[dict[str, object]]:
    return [
        {
            "log": log,
            "indicator": indicator.text,
            "kind": indicator.kind,
            "places": n,
            "list": indicator.list,
            "id": indicator.id,
            "tlp": indicator.tlp,
            "first": str(indicator.first),
            "until": str(indicator.last_valid_day),
            "note": indicator.note,
        }
        for log, indicator, n in _sort_matches(matches_by_log)
    ]


def _print_indicator_matches(matches_by_log: Mapping[str, Mapping[Indicator, int]], lang: Lang) -> None:

    words = Words(lang)
    rows = _sort_matches(matches_by_log)
    if not rows:
        console.out.print(words("indicators.no_match"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("log", "indicator", "places", "list", "first", "note"):
        table.add_column(words(f"indicators.column.{heading}"), overflow="fold")
    for log, indicator, n in rows[:_MAX_ROWS]:
        cells = (
            log,
            indicator.text,
            str(n),
            f"{indicator.list} (TLP:{indicator.tlp})",
            words.format_date(indicator.first),
            indicator.note,
        )
        table.add_row(*(console.escape_markup(cell) for cell in cells))
    console.out.print(table)
    if len(rows) > _MAX_ROWS:
        console.out.print(words("and_more", n=len(rows) - _MAX_ROWS))
