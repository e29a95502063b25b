"""Forms on an incident: what a person answers for them, and the files."""

from __future__ import annotations

import contextlib

import typer

from auditor.commands.incidents.case_log import parse_office_role
from auditor.commands.incidents.next_steps import show_next_step_of_open_incident
from auditor.commands.output import console
from auditor.commands.verbs.incidents.forms import IncidentAnswerOptions, IncidentFormOptions
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents import transitions
from auditor.incidents.case import fold_case
from auditor.incidents.forms import document
from auditor.incidents.forms.schema import parse_answers
from auditor.inventory import hosts as inventories
from auditor.models.incidents import AnsweredEvent
from auditor.report.official.writer import write_document
from auditor.text.translations import Words


def answer_questions_of_incident_forms(options: IncidentAnswerOptions) -> None:
    """Run ``auditor incident answer``."""
    inventory_data = inventories.load_inventory(options.inventory)
    deed = AnsweredEvent(answers=parse_answers(options.answers))
    IncidentStore().write(
        inventory_data.path,
        parse_office_role(options.who),
        transitions.make_event_recording_decision(options.incident, deed),
    )
    console.out.print(Words(options.lang)("incidents.written", incident=options.incident), markup=False)
    show_next_step_of_open_incident(inventory_data, options.incident, options.inventory, options.lang)


def create_incident_form(options: IncidentFormOptions) -> None:
    """Run ``auditor incident form``."""
    words, speaker = Words(options.lang), parse_office_role(options.who)
    inventory_data = inventories.load_inventory(options.inventory)
    ledgers = IncidentStore()
    case = fold_case(options.incident, ledgers.load_case_log_of_incident(inventory_data.path, options.incident))
    chosen_form = document.choose_form(case, options.which)
    reporting_unit = document.choose_reporting_unit(case, inventory_data, options.unit)
    prefill = document.gather_known_values_for_form(
        case, chosen_form, inventory_data, reporting_unit, RunHistory().latest(inventory_data.path), options.lang
    )
    form = document.build_form(prefill)
    written = write_document(form, options.output)
    filled_form = document.record_filled_form(chosen_form, form, written)
    with contextlib.suppress(transitions.DuplicateEntry):
        ledgers.write(
            inventory_data.path, speaker, transitions.make_filled_form_recording_decision(options.incident, filled_form)
        )
    for path in written.files:
        typer.echo(str(path))
    by_hand = document.list_blank_fields_to_fill_in_by_hand(prefill)
    if by_hand:
        console.err.print(words("form.by_hand", fields="; ".join(by_hand)), markup=False, soft_wrap=True)
    for unknown in form.notices:
        console.err.print(unknown, markup=False, soft_wrap=True)
    show_next_step_of_open_incident(inventory_data, options.incident, options.inventory, options.lang)
    raise typer.Exit(1 if form.notices else 0)
