"""``auditor harden``: replan, show, ask, change exactly that, prove that the sites still serve."""

from __future__ import annotations

import typer

from auditor.commands.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    AcceptOption,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    OutputOption,
    YesOption,
    accepted,
    select,
)
from auditor.commands.plan import WithHostOption
from auditor.models import Lang


def harden(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    with_host: WithHostOption = False,
    accept: AcceptOption = None,
    output: OutputOption = DEFAULT_OUTPUT,
    yes: YesOption = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Turn failing findings into passes: audit, plan, ask, apply, visit every site again, audit again.

    A dangerous change is made only when its control is named by --accept or in the inventory's luytre_accept; it is
    held back otherwise, as are changes outside of the unit's change window. Held changes are counted, and do not
    affect the exit code.

    Exit code: 0 it did its work, 1 a host could not be finished or a site is not served as before.

    Examples:
      auditor harden -i inventories/lab

      auditor harden -i inventories/lab --limit web3 --yes

      auditor harden -i inventories/example --accept ssh.password_auth,tls.redirect

    """
    from auditor import controls
    from auditor import inventory as inventories
    from auditor.commands import hardening, terminal

    language: Lang = "en" if lang == "en" else "vi"
    catalogue = controls.load()
    known = inventories.load(inventory)
    inventories.check_accepted(inventory, catalogue)
    hosts, sites = select(known, limit)
    only = frozenset() if with_host else sites
    named = accepted(accept, catalogue)
    result = hardening.harden(
        known, catalogue, hosts, only, output, language, ask=not yes, quiet=as_json, accepted=named
    )
    if as_json:
        typer.echo(result.as_json())
    elif result.report is not None:
        terminal.out.print(str(result.report))
    raise typer.Exit(0 if result.sound else 1)
