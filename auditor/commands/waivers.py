"""``auditor waivers``: the office's waivers and attestations, checked and listed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from auditor.audit import controls, inventory_fit, waivers
from auditor.audit.waivers import PaperState
from auditor.commands.output import console
from auditor.commands.output.exceptions import build_waivers_and_attestations_table
from auditor.commands.verbs.controls import WaiversCheckOptions, WaiversListOptions
from auditor.inventory import hosts as inventories
from auditor.models import clock
from auditor.text.translations import Words


def _list_waiver_and_attestation_states(inventory: Path) -> tuple[PaperState, ...]:
    inventory_data = inventories.load_inventory(inventory)
    catalogue = controls.load_catalogue()
    inventory_fit.check_controls_of_papers(inventory_data, catalogue)
    return waivers.list_paper_states(inventory_data, catalogue, clock.today())


def check_waivers_and_attestations(options: WaiversCheckOptions) -> None:
    """Run ``auditor waivers check``."""
    words = Words(options.lang)
    states = _list_waiver_and_attestation_states(options.inventory)
    ending = [state for state in states if state.validity in ("expiring", "expired")]
    if ending:
        console.err.print(build_waivers_and_attestations_table(ending, words))
    console.out.print(_format_waiver_and_attestation_counts(states, words))
    raise typer.Exit(1 if any(state.validity == "expired" for state in states) else 0)


def list_waivers_and_attestations(options: WaiversListOptions) -> None:
    """Run ``auditor waivers list``."""
    states = _list_waiver_and_attestation_states(options.inventory)
    if options.as_json:
        typer.echo(json.dumps([state.build_json_data() for state in states], ensure_ascii=False, indent=1))
        return
    words = Words(options.lang)
    console.out.print(
        build_waivers_and_attestations_table(states, words)
        if states
        else _format_waiver_and_attestation_counts(states, words)
    )


def _format_waiver_and_attestation_counts(states: Sequence[PaperState], words: Words) -> str:
    waivers = sum(state.is_waiver for state in states)
    return f"{words('waivers.n', n=waivers)}, {words('attestations.n', n=len(states) - waivers)}"
