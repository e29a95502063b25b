"""``auditor incident next`` and ``close``: what comes next, to the end, and all that is in the way of it."""

from __future__ import annotations

import json

import typer

from auditor.commands.incidents import incident_view
from auditor.commands.incidents.case_log import parse_office_role, write_decided_event_to_ledger
from auditor.commands.incidents.next_steps import build_next_step_and_view
from auditor.commands.output import console
from auditor.commands.verbs.incidents.case_log import (
    IncidentCloseOptions,
    IncidentNextOptions,
)
from auditor.errors import MISTAKE
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents import closure
from auditor.incidents.case import IncidentCase, fold_case, fold_cases
from auditor.incidents.sentences import validate_and_redact_user_sentence
from auditor.incidents.transitions import get_open_case
from auditor.inventory import hosts as inventories
from auditor.models import Inventory, clock
from auditor.text.translations import Words


def print_next_incident_step(options: IncidentNextOptions) -> None:
    """Run ``auditor incident next``."""
    inventory_data, words, now = inventories.load_inventory(options.inventory), Words(options.lang), clock.now()
    case = _choose_named_or_most_urgent_case(inventory_data, options.incident)
    if case is None or not case.is_open:
        message = words("incidents.next.none") if case is None else words("incidents.next.closed", incident=case.id)
        typer.echo("null" if options.as_json else console.escape_markup(message))
        return
    step, view = build_next_step_and_view(inventory_data, case, options.inventory, options.lang, now)
    if options.as_json:
        typer.echo(json.dumps(view.build_next_step_json(step), ensure_ascii=False, indent=1))
    else:
        for line in view.iter_step_and_deadline_lines(step):
            console.out.print(line, markup=False, soft_wrap=True, highlight=False)


def close_incident(options: IncidentCloseOptions) -> None:
    """Run ``auditor incident close``."""
    inventory_data, now = inventories.load_inventory(options.inventory), clock.now()
    where = options.control.partition(":")[::2] if options.control else None
    newest, speaker = RunHistory().latest(inventory_data.path), parse_office_role(options.who)
    case = get_open_case(IncidentStore().load_case_logs_of_inventory(inventory_data.path), options.incident)
    root = closure.RootCause(
        validate_and_redact_user_sentence("--cause", options.cause),
        where,
        closure.require_confirmation_of_removed_subjects(case, inventory_data.hosts, options.removed_names or ()),
    )
    view = incident_view.IncidentView(case, str(options.inventory), Words(options.lang), now, speaker)
    remaining_obstacles = list(closure.find_obstacles_to_closing_case(case, newest, inventory_data.hosts, now, root))
    if remaining_obstacles:
        if options.as_json:
            typer.echo(
                json.dumps(
                    [view.build_obstacle_data(obstacle) for obstacle in remaining_obstacles],
                    ensure_ascii=False,
                    indent=1,
                )
            )
        else:
            for line in view.iter_lines_of_obstacles_to_closing(remaining_obstacles):
                console.err.print(line, markup=False, soft_wrap=True, highlight=False)
        raise typer.Exit(MISTAKE)
    write_decided_event_to_ledger(
        inventory_data,
        options.who,
        closure.make_case_closing_decision(options.incident, root, newest, inventory_data.hosts, now),
    )
    if options.as_json:
        typer.echo("[]")
    else:
        console.out.print(
            Words(options.lang)("incidents.closed.now", incident=options.incident), markup=False, soft_wrap=True
        )


def _choose_named_or_most_urgent_case(inventory_data: Inventory, incident: str | None) -> IncidentCase | None:
    """Return the incident that is named, or of the open ones the one of which something is owed first.

    Raises InputError for one that is none.
    """
    if incident is not None:
        return fold_case(incident, IncidentStore().load_case_log_of_incident(inventory_data.path, incident))
    open_cases = [
        case
        for case in fold_cases(IncidentStore().load_case_logs_of_known_inventory(inventory_data.path))
        if case.is_open
    ]
    open_cases = [case for case in open_cases if case.list_unsent_owed_reports()] or open_cases
    return min(
        open_cases,
        key=lambda case: min((due.by for due in case.list_unsent_owed_reports()), default=case.detected_at),
        default=None,
    )
