"""``auditor indicators import``, ``found``, ``list``, ``remove`` and ``export``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
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
    from auditor.indicators.export import Form, Sightings
    from auditor.indicators.indicator import Indicator, Tlp
    from auditor.indicators.store import Listed
    from auditor.models import Inventory, Lang

_SHOWN_WRONG = 20
SightingsOption = Annotated[
    bool, typer.Option("--sightings", help="Tell also which of them the last kept audit met, and at how many places.")
]


def take_in(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="STIX 2.1, MISP JSON or CSV, plain, gzip or zip.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name of the list; default: the file name.")
    ] = None,
    tlp: Annotated[
        str | None,
        typer.Option("--tlp", metavar="TLP", help="TLP of entries without a marking; default: AMBER."),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Import lists of indicators; each replaces the list of the same name. All files are imported, or none.

    Private addresses, catch-all entries and commonly used services never match and are excluded. Entries that require
    more than one value are stored and counted, but not matched. Invalid entries are reported with their location.

    Examples:
      auditor indicators import c2-thang-11.csv --tlp GREEN

      auditor indicators import bundle.json misp-event.json.gz

    """
    from auditor.commands.shown import console
    from auditor.indicators.importing import take_in as import_files
    from auditor.indicators.indicator import UNMARKED
    from auditor.text.words import Words

    taken = import_files(files, name=name, unmarked=_tlp(tlp) or UNMARKED, today=clock.today())
    words = Words(lang)
    show_lists([one.listed for one in taken], lang, as_json=as_json)
    for one in taken:
        for where, text in one.wrong[:_SHOWN_WRONG]:
            told = words("indicators.wrong", list=one.listed.name, where=where, text=repr(text))
            console.err.print(console.escape(told), soft_wrap=True)
        if len(one.wrong) > _SHOWN_WRONG:
            console.err.print(words("and_more", n=len(one.wrong) - _SHOWN_WRONG))


def found(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the list.")] = "found",
    tlp: Annotated[
        str | None, typer.Option("--tlp", metavar="TLP", help="How far they may go; by default AMBER.")
    ] = None,
    victims: Annotated[
        bool,
        typer.Option("--victims", help="Name public bodies and schools, too, which rather are victims themselves."),
    ] = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Make a list of what the last reviews and hunts saw for certain: servers that pages lead to, and the digests of intruders' programs.

    It takes the place of the list of its name. What is accepted, ours, or used by everybody is left out. It is exported, pushed and compared
    with as any other list.

    Example:
      auditor indicators found --tlp GREEN -i inventories/lab

    """
    from auditor.history.hunts import Hunts
    from auditor.history.looks import Looks
    from auditor.indicators import found as finding
    from auditor.indicators import ours, store
    from auditor.indicators.importing import checked_name
    from auditor.indicators.indicator import UNMARKED
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    known, today, words = inventories.load(inventory), clock.today(), Words(lang)
    marked = _tlp(tlp) or UNMARKED
    kept, hunts = Looks(), Hunts()
    seen = hunts.latest(known.path)
    told = finding.Told(checked_name(name), marked, lambda kind: words(f"content.kind.{kind}"), victims)
    made = finding.of_ours(
        kept.latest(known.path).values(),
        seen.values(),
        {host: hunts.remembered(known.path, host).digests for host in seen},
        kept.accepted(known.path),
        ours.names_and_addresses(known),
        told,
        today,
    )
    listed = store.Listed(
        name=name,
        file=known.path,
        kind="found",
        source=office_of(known),
        dated=max((one.first for one in made), default=today),
        imported=clock.stamp(clock.now()),
        sha256="",
        indicators=len(made),
        unmatched=0,
        never=0,
        wrong=0,
    )
    with store.writing() as into:
        into.put(listed, made, ())
        into.check()
    show_lists([listed], lang, as_json=False)


def show(as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG) -> None:
    """List the imported lists: source, date, and number of entries that can match.

    Exit code: 0 all lists are at most 35 days old; 1 a list is older, or nothing is imported.

    Example:
      auditor indicators list

    """
    from auditor.indicators import store

    found = store.lists()
    show_lists(found, lang, as_json=as_json)
    raise typer.Exit(int(not found or any(_age(one) > STALE_DAYS for one in found)))


def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The list.")], lang: LangOption = DEFAULT_LANG
) -> None:
    """Remove a list.

    Example:
      auditor indicators remove c2-thang-11

    """
    from auditor.indicators import store

    store.remove(name)


def export(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Output file: .json for STIX 2.1, .misp.json for MISP, .csv for a table."),
    ],
    name: Annotated[str | None, typer.Option("--list", metavar="NAME", help="Only this list.")] = None,
    tlp: Annotated[
        str, typer.Option("--tlp", metavar="TLP", help="The strictest TLP to include; default: GREEN.")
    ] = "GREEN",
    sightings: SightingsOption = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Export the indicators that are valid today and may be shared: STIX 2.1, MISP JSON or CSV.

    The file names the organization of the inventory as the source, and nothing else from the inventory.

    Example:
      auditor indicators export chi-bao.json --tlp GREEN -i inventories/lab

    """
    from auditor.indicators import export as forms
    from auditor.inventory import hosts as inventories
    from auditor.system import files

    known = inventories.load(inventory)
    form, going = _form(file), holding(name, tlp)
    if sightings and form != "stix":
        raise InputError(
            "only STIX supports sightings", file=file, mend="use a name that ends in .json, or omit --sightings"
        )
    met = sighted(known) if sightings else {}
    files.private(file, [forms.render(going, form, office_of(known), met)])
    typer.echo(str(file))


STALE_DAYS = 35


def office_of(inventory: Inventory) -> str:
    """By whose word indicators are handed on."""
    return inventory.organisation.name if inventory.organisation else "Lũy Tre"


def sighted(inventory: Inventory) -> Sightings:
    """What of the indicators the last kept audit met. Raises InputError when there is none."""
    from auditor.audit import controls
    from auditor.history.runs import History
    from auditor.indicators import found

    run = History().latest(inventory.path)
    if run is None:
        raise InputError("no audit of this inventory is stored", mend="run 'auditor audit' first, or omit --sightings")
    return found.met(run, controls.load().telling("contact", "host"))


def holding(name: str | None, tlp: str) -> Sequence[Indicator]:
    """The indicators that hold today and may go as far, of one list or of all. Raises InputError when there are none."""
    from auditor.indicators import export as forms
    from auditor.indicators import store

    if name is not None and name not in {one.name for one in store.lists()}:
        raise InputError("there is no list {name}", name=name, mend="see 'auditor indicators list'")
    found = [one for one in store.all_indicators(name=name) if one.holds(clock.today())]
    going = forms.shareable(found, _tlp(tlp) or "GREEN")
    if not going:
        raise InputError(
            "no entry may be shared at {tlp}", tlp=tlp, mend="see 'auditor indicators list', or use another --tlp"
        )
    return going


def _form(file: Path) -> Form:
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


def _tlp(text: str | None) -> Tlp | None:
    from auditor.indicators.indicator import tlp

    if text is None:
        return None
    found = tlp(text)
    if found is None:
        raise InputError(
            "--tlp {text}: there is no such marking", text=text, mend="use CLEAR, GREEN, AMBER, AMBER+STRICT or RED"
        )
    return found


def _age(one: Listed) -> int:
    return (clock.today() - one.dated).days


def show_lists(found: Sequence[Listed], lang: Lang, *, as_json: bool) -> None:
    """Lists as a table, or as JSON."""
    from rich.table import Table

    from auditor.commands.shown import console
    from auditor.text.words import Words

    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1, default=str))
        return
    words = Words(lang)
    if not found:
        console.out.print(words("indicators.none"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("list", "source", "dated", "indicators", "unmatched", "never", "wrong"):
        table.add_column(words(f"indicators.column.{heading}"), overflow="fold")
    for one in found:
        day = words.day(one.dated)
        old = _age(one) > STALE_DAYS
        table.add_row(
            console.escape(one.name),
            console.escape(one.source or one.file),
            f"[red]{day}: {words('vulnerabilities.old', n=_age(one))}[/]" if old else day,
            *map(str, (one.indicators, one.unmatched, one.never, one.wrong)),
        )
    console.out.print(table)
