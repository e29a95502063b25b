"""``auditor inventory``: what the inventory says, as understood."""

from __future__ import annotations

import typer

from auditor.commands.given.options import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption

app = typer.Typer(help="The inventory.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """The inventory."""


@app.command()
def check(
    inventory: InventoryOption = DEFAULT_INVENTORY, as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG
) -> None:
    """Check the inventory and the office's papers; name file, line and fix of the first mistake, or show what was understood.

    Example:
      auditor inventory check -i inventories/lab

    """
    from auditor.audit import controls, inventory_fit
    from auditor.commands.shown.console import err, escape, out
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    known = inventory_fit.check(inventory, controls.load())
    words = Words(lang)
    undeclared = inventories.undeclared_units(known)
    if undeclared:
        err.print(words("units_undeclared", units=escape(", ".join(undeclared))))
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
