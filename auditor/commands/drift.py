"""``auditor drift``: what changed since the last confirmed hardening."""

from __future__ import annotations

import json

import typer

from auditor.commands.given.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    select,
)


def drift(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Show what changed on each host since its last confirmed hardening, and which controls that concerns.

    Exit code: 0 nothing changed, 1 something did, 3 a host could not be asked.

    Example:
      auditor drift -i inventories/lab --limit web1

    """
    from auditor.commands.shown.hardenings import show_drift
    from auditor.hardening import drift as drifts
    from auditor.hardening.journal import Journal
    from auditor.inventory import hosts as inventories

    known = inventories.load(inventory)
    hosts, _sites = select(known, limit)
    found = drifts.look(known, hosts, Journal().all(known.path))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False, indent=1))
    else:
        for one in found:
            show_drift(one, lang)
    if any(one.count for one in found):
        raise typer.Exit(1)
    raise typer.Exit(3 if any(one.refused for one in found) else 0)
