"""``auditor harden``: replan, show, ask, change exactly that, prove that the sites still serve."""

from __future__ import annotations

import typer

from auditor.commands.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    OutputOption,
    YesOption,
    select,
)
from auditor.commands.plan import WithHostOption
from auditor.models import Lang


def harden(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    with_host: WithHostOption = False,
    output: OutputOption = DEFAULT_OUTPUT,
    yes: YesOption = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Turn failing findings into passes: audit, plan, ask, apply, visit every site again, audit again.

    Exit code: 0 it did its work, 1 a host could not be finished or a site is not served as before.

    Examples:
      auditor harden -i inventories/lab

      auditor harden -i inventories/lab --limit web3 --yes

    """
    from auditor import controls
    from auditor import inventory as inventories
    from auditor.commands import hardening, terminal

    language: Lang = "en" if lang == "en" else "vi"
    catalogue = controls.load()
    known = inventories.load(inventory)
    hosts, sites = select(known, limit)
    only = frozenset() if with_host else sites
    result = hardening.harden(known, catalogue, hosts, only, output, language, ask=not yes, quiet=as_json)
    if as_json:
        typer.echo(result.as_json())
    elif result.report is not None:
        terminal.out.print(str(result.report))
    raise typer.Exit(0 if result.sound else 1)
