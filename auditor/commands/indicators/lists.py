"""``auditor indicators import``, ``found``, ``list``, ``remove`` and ``export``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from rich.table import Table

from auditor.audit import controls
from auditor.commands.output import console
from auditor.commands.verbs.indicators import (
    IndicatorsExportOptions,
    IndicatorsFoundOptions,
    IndicatorsImportOptions,
    IndicatorsListOptions,
    IndicatorsRemoveOptions,
)
from auditor.errors import InputError
from auditor.history.hunts import HuntHistory
from auditor.history.runs import RunHistory
from auditor.history.scans import ScanHistory
from auditor.indicators import export as forms
from auditor.indicators import observations, own_assets, store
from auditor.indicators import observations as finding
from auditor.indicators.export import Form, Sightings
from auditor.indicators.importer import import_indicator_files as import_indicator_files
from auditor.indicators.importer import validate_indicator_list_name
from auditor.indicators.indicator import DEFAULT_TLP, Indicator, Tlp, parse_tlp
from auditor.indicators.store import IndicatorList
from auditor.inventory import hosts as inventories
from auditor.models import Inventory, Lang, clock
from auditor.system import files
from auditor.text.translations import Words

_MAX_WRONG_SHOWN = 20


def import_lists_of_indicators(options: IndicatorsImportOptions) -> None:
    """Run ``auditor indicators import``."""
    imported_lists = import_indicator_files(
        options.files, name=options.name, default_tlp=_parse_tlp(options.tlp) or DEFAULT_TLP, today=clock.today()
    )
    words = Words(options.lang)
    show_lists([list_import.indicator_list for list_import in imported_lists], options.lang, as_json=options.as_json)
    for imported_list in imported_lists:
        for where, text in imported_list.wrong[:_MAX_WRONG_SHOWN]:
            message = words("indicators.wrong", list=imported_list.indicator_list.name, where=where, text=repr(text))
            console.err.print(console.escape_markup(message), soft_wrap=True)
        if len(imported_list.wrong) > _MAX_WRONG_SHOWN:
            console.err.print(words("and_more", n=len(imported_list.wrong) - _MAX_WRONG_SHOWN))


def make_list_of_indicators_seen_here(options: IndicatorsFoundOptions) -> None:
    """Run ``auditor indicators found``."""
    inventory_data, today, words = inventories.load_inventory(options.inventory), clock.today(), Words(options.lang)
    tlp_marking = _parse_tlp(options.tlp) or DEFAULT_TLP
    scan_history, hunts = ScanHistory(), HuntHistory()
    latest_hunts = hunts.load_latest_hunt_by_host(inventory_data.path)
    options_told = finding.SharingPolicy(
        validate_indicator_list_name(options.name),
        tlp_marking,
        lambda kind: words(f"content.kind.{kind}"),
        options.victims,
    )
    indicators = finding.collect_indicators_from_scans_and_hunts(
        finding.ScansAndHunts(
            scan_history.load_latest_look_by_site(inventory_data.path).values(),
            latest_hunts.values(),
            {host: hunts.load_scan_cache_of_host(inventory_data.path, host).sha256_digests for host in latest_hunts},
        ),
        scan_history.load_acceptances(inventory_data.path),
        own_assets.list_own_site_names_and_host_addresses(inventory_data),
        options_told,
        today,
    )
    list_record = store.IndicatorList(
        name=options.name,
        file=inventory_data.path,
        kind="found",
        source=get_name_of_sharing_office(inventory_data),
        dated=max((indicator.first for indicator in indicators), default=today),
        imported=clock.format_iso_moment(clock.now()),
        sha256="",
        indicators=len(indicators),
        unmatched=0,
        never=0,
        wrong=0,
    )
    with store.open_writer() as into:
        into.replace_list_of_same_name(list_record, indicators, ())
        into.check_total_indicator_limit()
    show_lists([list_record], options.lang, as_json=False)


def list_imported_indicator_lists(options: IndicatorsListOptions) -> None:
    """Run ``auditor indicators list``."""
    lists = store.load_lists()
    show_lists(lists, options.lang, as_json=options.as_json)
    raise typer.Exit(int(not lists or any(_compute_age(list_record) > STALE_DAYS for list_record in lists)))


def remove_list_of_indicators(options: IndicatorsRemoveOptions) -> None:
    """Run ``auditor indicators remove``."""
    store.remove_indicator_list(options.name)


def export_shareable_indicators(options: IndicatorsExportOptions) -> None:
    """Run ``auditor indicators export``."""
    inventory_data = inventories.load_inventory(options.inventory)
    form, indicators = (
        _choose_export_format_by_suffix(options.file),
        list_shareable_valid_indicators(options.name, options.tlp),
    )
    if options.sightings and form != "stix":
        raise InputError(
            "only STIX supports sightings", file=options.file, mend="use a name that ends in .json, or omit --sightings"
        )
    sighting_dates = load_sightings_of_last_audit(inventory_data) if options.sightings else {}
    files.write_private(
        options.file,
        [forms.render_indicators(indicators, form, get_name_of_sharing_office(inventory_data), sighting_dates)],
    )
    typer.echo(str(options.file))


STALE_DAYS = 35


def get_name_of_sharing_office(inventory: Inventory) -> str:
    """Return the name of the office that hands indicators on."""
    return inventory.organisation.name if inventory.organisation else "Lũy Tre"


def load_sightings_of_last_audit(inventory: Inventory) -> Sightings:
    """Return what of the indicators the last kept audit met. Raises InputError when there is none."""
    run = RunHistory().latest(inventory.path)
    if run is None:
        raise InputError("no audit of this inventory is stored", mend="run 'auditor audit' first, or omit --sightings")
    return observations.count_indicator_sightings_in_run(
        run, controls.load_catalogue().find_controls_that_tell_of("contact", "host")
    )


def list_shareable_valid_indicators(name: str | None, tlp: str) -> Sequence[Indicator]:
    """Return the indicators that hold today and may go as far, of one list or of all.

    Raises InputError when there are none.
    """
    if name is not None and name not in {list_record.name for list_record in store.load_lists()}:
        raise InputError("there is no list {name}", name=name, mend="see 'auditor indicators list'")
    valid_indicators = [
        indicator for indicator in store.load_indicators(name=name) if indicator.is_valid_on_day(clock.today())
    ]
    shareable_indicators = forms.select_indicators_up_to_tlp(valid_indicators, _parse_tlp(tlp) or "GREEN")
    if not shareable_indicators:
        raise InputError(
            "no entry may be shared at {tlp}", tlp=tlp, mend="see 'auditor indicators list', or use another --tlp"
        )
    return shareable_indicators


def _choose_export_format_by_suffix(file: Path) -> Form:
    if file.name.endswith(".misp.json"):
        return "misp"
    forms: dict[str, Form] = {".json": "stix", ".csv": "csv"}
    if file.suffix not in forms:
        raise InputError(
            "the format cannot be determined from the name",
            file=file,
            mend="use a name that ends in .json, .misp.json or .csv",
        )
    return forms[file.suffix]


def _parse_tlp(text: str | None) -> Tlp | None:
    if text is None:
        return None
    tlp_marking = parse_tlp(text)
    if tlp_marking is None:
        raise InputError(
            "--tlp {text}: there is no such marking", text=text, mend="use CLEAR, GREEN, AMBER, AMBER+STRICT or RED"
        )
    return tlp_marking


def _compute_age(list_record: IndicatorList) -> int:
    return (clock.today() - list_record.dated).days


def show_lists(lists: Sequence[IndicatorList], lang: Lang, *, as_json: bool) -> None:
    """Print the lists as a table, or as JSON."""
    if as_json:
        typer.echo(
            json.dumps([asdict(list_record) for list_record in lists], ensure_ascii=False, indent=1, default=str)
        )
        return
    words = Words(lang)
    if not lists:
        console.out.print(words("indicators.none"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("list", "source", "dated", "indicators", "unmatched", "never", "wrong"):
        table.add_column(words(f"indicators.column.{heading}"), overflow="fold")
    for current_list in lists:
        day = words.format_date(current_list.dated)
        old = _compute_age(current_list) > STALE_DAYS
        table.add_row(
            console.escape_markup(current_list.name),
            console.escape_markup(current_list.source or current_list.file),
            f"[red]{day}: {words('vulnerabilities.old', n=_compute_age(current_list))}[/]" if old else day,
            *map(str, (current_list.indicators, current_list.unmatched, current_list.never, current_list.wrong)),
        )
    console.out.print(table)
