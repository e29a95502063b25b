"""``auditor waivers``: the office's waivers and attestations, checked and listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.models import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.audit.waivers import PaperState
    from auditor.text.translations import Words

app = typer.Typer(help="Waivers and attestations: check, list.", no_args_is_help=True, rich_markup_mode=None)


def _list_waiver_and_attestation_states(inventory: Path) -> tuple[PaperState, ...]:
    from auditor.audit import controls, inventory_fit, waivers
    from auditor.inventory import hosts as inventories

    inventory_data = inventories.load_inventory(inventory)
    catalogue = controls.load_catalogue()
    inventory_fit.check_controls_of_papers(inventory_data, catalogue)
    return waivers.list_paper_states(inventory_data, catalogue, clock.today())


@app.command("check")
def check_waivers_and_attestations(
    inventory: InventoryOption = DEFAULT_INVENTORY, lang: LangOption = DEFAULT_LANG
) -> None:
    """Check office/waivers.yml and office/attestations.yml, and warn about entries that expire soon.

    Exit code: 0 valid, 1 an entry has expired, 2 a mistake, with file, line and fix.

    Example:
      auditor waivers check -i inventories/example

    """
    from auditor.commands.output import console
    from auditor.commands.output.exceptions import build_waivers_and_attestations_table
    from auditor.text.translations import Words

    words = Words(lang)
    states = _list_waiver_and_attestation_states(inventory)
    ending = [state for state in states if state.validity in ("expiring", "expired")]
    if ending:
        console.err.print(build_waivers_and_attestations_table(ending, words))
    console.out.print(_format_waiver_and_attestation_counts(states, words))
    raise typer.Exit(1 if any(state.validity == "expired" for state in states) else 0)


@app.command("list")
def list_waivers_and_attestations(
    inventory: InventoryOption = DEFAULT_INVENTORY, as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG
) -> None:
    """List waivers and attestations: validity, days left, and the hosts or sites that each one covers.

    Example:
      auditor waivers list -i inventories/example

    """
    from auditor.commands.output import console
    from auditor.commands.output.exceptions import build_waivers_and_attestations_table
    from auditor.text.translations import Words

    states = _list_waiver_and_attestation_states(inventory)
    if as_json:
        typer.echo(json.dumps([state.build_json_data() for state in states], ensure_ascii=False, indent=1))
        return
    words = Words(lang)
    console.out.print(
        build_waivers_and_attestations_table(states, words)
        if states
        else _format_waiver_and_attestation_counts(states, words)
    )


def _format_waiver_and_attestation_counts(states: Sequence[PaperState], words: Words) -> str:
    waivers = sum(state.is_waiver for state in states)
    return f"{words('waivers.n', n=waivers)}, {words('attestations.n', n=len(states) - waivers)}"
