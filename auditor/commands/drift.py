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
    """Show what changed on each host since its last confirmed hardening run, and which controls have regressed.

    Hosts with changes that affect a control in force are audited; the audit is not stored.

    Exit code: 0 nothing changed, 1 something changed, 3 a host could not be queried.

    Example:
      auditor drift -i inventories/lab --limit web1

    """
    import shlex

    from auditor.audit import controls
    from auditor.commands.hardening import audited
    from auditor.commands.shown import console
    from auditor.commands.shown.hardenings import show_drift
    from auditor.commands.shown.incidents import show_contained
    from auditor.hardening import drift as drifts
    from auditor.hardening.journal import Journal
    from auditor.history.incidents import Incidents
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    catalogue = controls.load()
    known = Incidents().carried(inventories.load(inventory))
    hosts, _sites = select(known, limit)
    found = drifts.look(known, hosts, Journal().all(known.path))
    concerned = [host for host in hosts if any(one.host == host.name and one.concerned for one in found)]
    if concerned:
        found = drifts.judged(found, audited(known, catalogue, concerned, lang))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False, indent=1))
    else:
        here = {host.name for host in hosts}
        show_contained((one for one in known.contained if one.host in here), Words(lang))
        for one in found:
            show_drift(one, catalogue, lang)
        if open_again := [one.host for one in found if one.reopened]:
            command = shlex.join(["auditor", "harden", "-i", str(inventory), "--limit", ",".join(open_again)])
            console.out.print(Words(lang)("undone.next.again", command=console.escape(command)), soft_wrap=True)
    if any(one.count for one in found):
        raise typer.Exit(1)
    raise typer.Exit(3 if any(one.refused for one in found) else 0)
