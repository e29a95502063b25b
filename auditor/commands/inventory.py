"""``auditor inventory``: what the inventory says, as understood, and lists of servers brought into it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.given.options import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.errors import InputError
from auditor.models.ranks import Purpose

if TYPE_CHECKING:
    from auditor.inventory.table.entries import Entry
    from auditor.inventory.table.record import Imported

app = typer.Typer(help="Inventory: check it, import hosts and sites.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def check(
    purpose: Annotated[
        Purpose | None,
        typer.Option(
            "--for",
            metavar="incidents|official|yearly",
            help=(
                "List what is missing in the office's files for the incident forms, the official report or the "
                "yearly table."
            ),
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Check the inventory and the office's files; print file, line and fix of the first mistake, or the content.

    Exit code with --for: 0 nothing is missing, 1 something is missing.

    Examples:
      auditor inventory check -i inventories/lab

      auditor inventory check --for incidents -i inventories/lab

    """
    from auditor.audit import controls, inventory_fit
    from auditor.commands.shown import papers as shown
    from auditor.commands.shown.console import err, escape, out
    from auditor.inventory import hosts as inventories
    from auditor.inventory import papers, sharing, systems
    from auditor.text.words import Words

    known = inventory_fit.check(inventory, controls.load())
    office = papers.folder(inventory)
    if (office / systems.FILE).exists():
        systems.load(office, known.organisation, known.hosts)
    sharing.load(office, known.organisation)
    words = Words(lang)
    undeclared = inventories.undeclared_units(known)
    if undeclared:
        err.print(words("units_undeclared", units=escape(", ".join(undeclared))))
    shown.expired_statements(known, words)
    if purpose is not None:
        from auditor.incidents import readiness

        gaps = list(readiness.find_gaps(known, purpose, words))
        if as_json:
            typer.echo(json.dumps(gaps, ensure_ascii=False, indent=1))
        else:
            for gap in gaps or [words(f"readiness.complete.{purpose}")]:
                out.print(escape(gap), soft_wrap=True)
        raise typer.Exit(1 if gaps else 0)
    if as_json:
        typer.echo(known.model_dump_json(indent=1))
        return
    units = known.organisation.units if known.organisation else ()
    held = (words("units_n", n=len(units)), words("hosts_n", n=len(known.hosts)), words("sites_n", n=len(known.sites)))
    out.print(", ".join(held))
    for host in known.hosts:
        out.print(f"[bold]{escape(host.name)}[/]  {escape(host.address)}  {escape(host.unit or '–')}")
        for site in host.sites:
            out.print(
                f"  {escape(site.domain)}  {site.server or '?'}  {site.application or '?'}  {escape(site.unit or '–')}"
            )


_MOST_SHOWN = 200
"""Mistakes of a list that are told one by one."""


@app.command("import")
def import_list(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The list: XLSX, or CSV in UTF-8.", show_default=False)
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option("--template", metavar="FILE", help="Write an empty list to fill in (.xlsx or .csv) and exit."),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Import hosts and sites from a spreadsheet into a new file in the inventory folder: the whole list or nothing.

    Every mistake is reported with its row and column. Existing entries of the inventory stay unchanged and are listed.

    Examples:
      auditor inventory import --template danh-sach.xlsx

      auditor inventory import danh-sach.xlsx -i inventories/xa

    """
    from auditor.commands.shown.console import err, out
    from auditor.inventory.table import record
    from auditor.inventory.table import template as templates
    from auditor.text import usage
    from auditor.text.visible import one_line
    from auditor.text.words import Words

    words = Words(lang)
    if template is not None and file is None:
        templates.write(template, words)
        out.print(words("import.template", file=template, folder=inventory), markup=False)
        return
    if file is None or template is not None:
        raise InputError("exactly one file is required", mend="give the list to import, or only --template FILE")
    try:
        done = record.load(file, inventory)
    except record.Wrong as error:
        for wrong in error.every[:_MOST_SHOWN]:
            err.print(one_line(usage.mistake(wrong, lang)), markup=False, soft_wrap=True)
        if len(error.every) > _MOST_SHOWN:
            err.print(words("import.more_n", n=len(error.every) - _MOST_SHOWN))
        raise InputError(
            "the list has {count} mistakes; nothing was imported",
            count=len(error.every),
            file=file,
            mend="fix them and import the list again",
        ) from None
    if as_json:
        _print_import(done)
        return
    for kept in done.kept:
        about = {"host": kept.name, "where": kept.where}
        if kept.differs:
            out.print(words("import.kept.differs", **about, columns=record.shown(kept.differs, words)), markup=False)
        else:
            out.print(words("import.kept", **about), markup=False)
    if done.unread:
        out.print(words("import.unread", columns=one_line(", ".join(done.unread), 500)), markup=False)
    if done.file is None:
        out.print(words("import.nothing"))
        return
    sites = sum(len(entry.sites) for entry in done.entries)
    out.print(
        words(
            "import.written",
            file=done.file,
            hosts=words("hosts_n", n=len(done.entries)),
            sites=words("sites_n", n=sites),
        ),
        markup=False,
    )
    out.print(words("import.next", command=_enroll(done.entries[0], inventory)), markup=False, soft_wrap=True)


def _enroll(entry: Entry, inventory: Path) -> str:
    """The command that enrols a host of the list."""
    options = {"--address": entry.host.said.get("ansible_host"), "--port": entry.host.said.get("ansible_port")}
    given = (f" {option} {value}" for option, value in options.items() if value is not None)
    return f"auditor enroll {entry.name} -i {shlex.quote(str(inventory))}{''.join(given)}"


def _print_import(done: Imported) -> None:
    told = {
        "file": None if done.file is None else str(done.file),
        "hosts": [entry.name for entry in done.entries],
        "sites": [site.said["domain"] for entry in done.entries for site in entry.sites],
        "kept": [vars(kept) for kept in done.kept],
        "unread": done.unread,
    }
    typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
