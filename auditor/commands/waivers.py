"""``auditor waivers``: the office's waivers and attestations, checked and listed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from auditor.audit import controls, exceptions, inventory_fit
from auditor.commands.output import console
from auditor.commands.output.exceptions import build_exceptions_table
from auditor.commands.verbs.controls import WaiversCheckOptions, WaiversListOptions
from auditor.inventory import hosts as inventories
from auditor.models import Attestation, Waiver, clock
from auditor.models.exceptions.record import ExceptionState
from auditor.text.translations import Words


def _list_waivers_and_attestations(inventory: Path) -> tuple[tuple[Waiver | Attestation, ExceptionState], ...]:
    """Return them with where they stand, in the order in which they end."""
    inventory_data = inventories.load_inventory(inventory)
    catalogue = controls.load_catalogue()
    inventory_fit.check_controls_of_papers(inventory_data, catalogue)
    papers: tuple[Waiver | Attestation, ...] = (*inventory_data.waivers, *inventory_data.attestations)
    states = [exceptions.make_state_of_paper(paper, inventory_data, catalogue, clock.today()) for paper in papers]
    return tuple(sorted(zip(papers, states, strict=True), key=lambda pair: pair[1].days_left or 0))


def check_waivers_and_attestations(options: WaiversCheckOptions) -> None:
    """Run ``auditor waivers check``."""
    words = Words(options.lang)
    states = [state for _paper, state in _list_waivers_and_attestations(options.inventory)]
    ending = [state for state in states if state.validity in ("expiring", "expired")]
    if ending:
        console.err.print(build_exceptions_table(ending, words))
    console.out.print(_format_waiver_and_attestation_counts(states, words))
    raise typer.Exit(1 if any(state.validity == "expired" for state in states) else 0)


def list_waivers_and_attestations(options: WaiversListOptions) -> None:
    """Run ``auditor waivers list``."""
    papers = _list_waivers_and_attestations(options.inventory)
    if options.as_json:
        typer.echo(json.dumps([_build_json_data(*pair) for pair in papers], ensure_ascii=False, indent=1))
        return
    states = [state for _paper, state in papers]
    words = Words(options.lang)
    console.out.print(
        build_exceptions_table(states, words) if states else _format_waiver_and_attestation_counts(states, words)
    )


def _build_json_data(paper: Waiver | Attestation, state: ExceptionState) -> dict[str, Any]:
    return {
        "kind": state.kind,
        **paper.model_dump(mode="json"),
        "validity": state.validity,
        "days_left": state.days_left,
        "covers": state.covers,
    }


def _format_waiver_and_attestation_counts(states: Sequence[ExceptionState], words: Words) -> str:
    waivers = sum(state.kind == "waiver" for state in states)
    return f"{words('waivers.n', n=waivers)}, {words('attestations.n', n=len(states) - waivers)}"
