"""``auditor incident next`` and ``close``: what comes next, to the end, and all that is in the way of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.incidents.case_log import (
    IncidentArgument,
    WhoOption,
    parse_office_role,
    write_decided_event_to_ledger,
)
from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.models import clock

if TYPE_CHECKING:
    from auditor.incidents.case import IncidentCase
    from auditor.models import Inventory


def print_next_incident_step(
    incident: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Incident ID; default: the open incident with the earliest due report."),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Print the next step of an incident, its exact command, and the time left for each report that is due.

    The step depends on the case log and the newest audit, in this order: containment, evidence, the first reports,
    manual review and manual steps, another check, the full report, the closing form, closing. The office role in the
    command is the one that acted last: replace it with your own.

    Exit code: 0 there is a step, or no incident is open.

    Example:
      auditor incident next SC-20261127-1 -i inventories/lab

    """
    from auditor.commands.incidents.next_steps import build_next_step_and_view
    from auditor.commands.output import console
    from auditor.inventory import hosts as inventories
    from auditor.text.translations import Words

    inventory_data, words, now = inventories.load_inventory(inventory), Words(lang), clock.now()
    case = _choose_named_or_most_urgent_case(inventory_data, incident)
    if case is None or not case.is_open:
        message = words("incidents.next.none") if case is None else words("incidents.next.closed", incident=case.id)
        typer.echo("null" if as_json else console.escape_markup(message))
        return
    step, view = build_next_step_and_view(inventory_data, case, inventory, lang, now)
    if as_json:
        typer.echo(json.dumps(view.build_next_step_json(step), ensure_ascii=False, indent=1))
    else:
        for line in view.iter_step_and_deadline_lines(step):
            console.out.print(line, markup=False, soft_wrap=True, highlight=False)


def close_incident(
    incident: IncidentArgument,
    cause: Annotated[
        str, typer.Option("--cause", metavar="TEXT", help="How the intruder got in, or why that is not known.")
    ],
    who: WhoOption,
    control: Annotated[
        str | None,
        typer.Option(
            "--control",
            metavar="CONTROL:SITE|HOST",
            help="The open control that allowed the incident; a later audit shows that it is met.",
        ),
    ] = None,
    removed_names: Annotated[
        list[str] | None,
        typer.Option(
            "--gone",
            metavar="SITE|HOST",
            help=(
                "A site or host that left the inventory and is no longer in service, so it cannot be checked; "
                "repeat the option for more."
            ),
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Close an incident: no report may be due, the checks must be clean, and the closing form must exist.

    Lists all obstacles to closing at once, each with the command that removes it.

    Exit code: 0 closed, 2 an obstacle remains.

    Example:
      auditor incident close SC-20261127-1 --cause "Mật khẩu quản trị bị lộ" --who "Chánh Văn phòng" -i inventories/lab

    """
    from auditor.commands.incidents import incident_view
    from auditor.commands.output import console
    from auditor.errors import MISTAKE
    from auditor.history.incidents import IncidentStore
    from auditor.history.runs import RunHistory
    from auditor.incidents import closure
    from auditor.incidents.sentences import validate_and_redact_user_sentence
    from auditor.incidents.transitions import get_open_case
    from auditor.inventory import hosts as inventories
    from auditor.text.translations import Words

    inventory_data, now = inventories.load_inventory(inventory), clock.now()
    where = control.partition(":")[::2] if control else None
    newest, speaker = RunHistory().latest(inventory_data.path), parse_office_role(who)
    case = get_open_case(IncidentStore().load_case_logs_of_inventory(inventory_data.path), incident)
    root = closure.RootCause(
        validate_and_redact_user_sentence("--cause", cause),
        where,
        closure.require_confirmation_of_removed_subjects(case, inventory_data.hosts, removed_names or ()),
    )
    view = incident_view.IncidentView(case, str(inventory), Words(lang), now, speaker)
    remaining_obstacles = list(closure.find_obstacles_to_closing_case(case, newest, inventory_data.hosts, now, root))
    if remaining_obstacles:
        if as_json:
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
        inventory_data, who, closure.make_case_closing_decision(incident, root, newest, inventory_data.hosts, now)
    )
    if as_json:
        typer.echo("[]")
    else:
        console.out.print(Words(lang)("incidents.closed.now", incident=incident), markup=False, soft_wrap=True)


def _choose_named_or_most_urgent_case(inventory_data: Inventory, incident: str | None) -> IncidentCase | None:
    """Return the incident that is named, or of the open ones the one of which something is owed first.

    Raises InputError for one that is none.
    """
    from auditor.history.incidents import IncidentStore
    from auditor.incidents.case import fold_case, fold_cases

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
