"""``auditor exceptions``: what the offices decided is all right, of every kind, in one list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import get_args

import typer

from auditor.audit import controls, exceptions, inventory_fit
from auditor.commands.output import console
from auditor.commands.output.exceptions import build_exceptions_table
from auditor.commands.verbs.controls import ExceptionsListOptions
from auditor.errors import InputError, find_nearest_known_name
from auditor.history.prior_state import load_prior_state
from auditor.inventory import hosts as inventories
from auditor.models import Inventory, clock
from auditor.models.exceptions.record import ExceptionKind, ExceptionState
from auditor.text.translations import Words


def list_exceptions_of_inventory(options: ExceptionsListOptions) -> None:
    """Run ``auditor exceptions list``."""
    inventory_data = inventories.load_inventory(options.inventory)
    catalogue = controls.load_catalogue()
    inventory_fit.check_controls_of_papers(inventory_data, catalogue)
    _require_known_names("--kind", options.kinds, get_args(ExceptionKind))
    _require_known_names("--host", options.hosts, [host.name for host in inventory_data.hosts])
    _require_known_names("--site", options.sites, [site.domain for site in inventory_data.sites])
    prior_state = load_prior_state(inventory_data.path)
    states = _select_states(
        exceptions.list_exceptions(inventory_data, prior_state, catalogue, clock.today()), inventory_data, options
    )
    if options.as_json:
        typer.echo(json.dumps([state.model_dump(mode="json") for state in states], ensure_ascii=False, indent=1))
    elif states:
        console.out.print(build_exceptions_table(states, Words(options.lang)))
    else:
        console.out.print(Words(options.lang)("exceptions.none"))


def _select_states(
    states: Sequence[ExceptionState], inventory_data: Inventory, options: ExceptionsListOptions
) -> tuple[ExceptionState, ...]:
    """Return those that all given options select."""
    if options.hosts:
        hosts = [host for host in inventory_data.hosts if host.name in options.hosts]
        states = exceptions.select_exceptions_of_hosts(states, hosts)
    if options.sites:
        states = exceptions.select_exceptions_of_sites(states, inventory_data.hosts, options.sites)
    days, is_in_force_only = options.expires_within, options.in_force or options.expires_within is not None
    return tuple(
        state
        for state in states
        if (not options.kinds or state.kind in options.kinds)
        and (state.is_in_force or not is_in_force_only)
        and (days is None or (state.days_left is not None and state.days_left <= days))
    )


def _require_known_names(option: str, names: Sequence[str] | None, known_names: Sequence[str]) -> None:
    for name in names or ():
        if name not in known_names:
            raise InputError(
                "{option}: there is no {name}",
                option=option,
                name=name,
                mend="see 'auditor exceptions list --help' and 'auditor inventory check'",
                guess=find_nearest_known_name(name, known_names),
            )
