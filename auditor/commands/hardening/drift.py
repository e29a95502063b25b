"""``auditor drift``: what changed since the last confirmed hardening."""

from __future__ import annotations

import json
import shlex

import typer

from auditor.audit import controls
from auditor.commands.hardening.flow import audit_hosts_with_progress
from auditor.commands.options.selection import select_hosts_and_check_lab
from auditor.commands.output import console
from auditor.commands.output.containments import show_active_containments
from auditor.commands.output.hardenings import show_drift
from auditor.commands.verbs.hardening import DriftOptions
from auditor.hardening import drift as drifts
from auditor.hardening.journal import Journal
from auditor.history.prior_state import load_state_of_incidents
from auditor.inventory import hosts as inventories
from auditor.text.translations import Words


def show_drift_since_last_hardening(options: DriftOptions) -> None:
    """Run ``auditor drift``."""
    catalogue = controls.load_catalogue()
    inventory_data = inventories.load_inventory(options.inventory)
    prior_state = load_state_of_incidents(inventory_data.path)
    hosts, _sites = select_hosts_and_check_lab(inventory_data, options.limit)
    drifts_by_host = drifts.ask_hosts_for_drift(inventory_data, hosts, Journal().list_hardenings(inventory_data.path))
    changed_hosts = [
        host
        for host in hosts
        if any(host_drift.host == host.name and host_drift.concerned_controls for host_drift in drifts_by_host)
    ]
    if changed_hosts:
        drifts_by_host = drifts.add_reopened_controls_from_audit(
            drifts_by_host,
            audit_hosts_with_progress(inventory_data, prior_state, catalogue, changed_hosts, options.lang),
        )
    if options.as_json:
        typer.echo(
            json.dumps(
                [host_drift.model_dump(mode="json") for host_drift in drifts_by_host], ensure_ascii=False, indent=1
            )
        )
    else:
        here = {host.name for host in hosts}
        show_active_containments(
            (contained_action for contained_action in prior_state.containments if contained_action.host in here),
            Words(options.lang),
        )
        for current_drift in drifts_by_host:
            show_drift(current_drift, catalogue, options.lang)
        if open_again := [host_drift.host for host_drift in drifts_by_host if host_drift.reopened]:
            command = shlex.join(["auditor", "harden", "-i", str(options.inventory), "--limit", ",".join(open_again)])
            console.out.print(
                Words(options.lang)("undone.next.again", command=console.escape_markup(command)), soft_wrap=True
            )
    if any(host_drift.count for host_drift in drifts_by_host):
        raise typer.Exit(1)
    raise typer.Exit(3 if any(host_drift.refused for host_drift in drifts_by_host) else 0)
