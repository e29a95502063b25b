"""Forms on an incident: what a person answers for them, and the files."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from auditor.commands.incidents.case_log import IncidentArgument, WhoOption, parse_office_role
from auditor.commands.incidents.next_steps import show_next_step_of_open_incident
from auditor.commands.options import completions
from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    InventoryOption,
    LangOption,
    OutputOption,
)
from auditor.models.ranks import Form


def answer_questions_of_incident_forms(
    incident: IncidentArgument,
    answers: Annotated[
        list[str],
        typer.Argument(
            metavar="'QUESTION=ANSWER'...",
            help=(
                "The answer, such as how_found=log or cause='Mật khẩu yếu'; repeat a question to give several answers."
            ),
        ),
    ],
    who: WhoOption,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Answer the questions of the incident forms that the program cannot answer; the last answer to a question counts.

    Questions: name, description, happened, kind, severity, severity_why, how_found, state, informed, cause, scope,
    data, users, downtime, third_parties, personal_data, done, ongoing, planned, recovery, support, purpose, services,
    protection, security_provider, network_provider, enclosed, confidential. For a question with checkboxes, an invalid
    answer lists the valid ones.

    Examples:
      auditor incident answer SC-20261127-1 how_found=log "how_found=notice:Công an tỉnh" severity=ordinary --who "Văn phòng" -i inventories/lab

      auditor incident answer SC-20261127-1 "cause=Mật khẩu quản trị bị lộ" --who "Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line
    from auditor.commands.output import console
    from auditor.history.incidents import IncidentStore
    from auditor.incidents import transitions
    from auditor.incidents.forms.schema import parse_answers
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import AnsweredEvent
    from auditor.text.translations import Words

    inventory_data = inventories.load_inventory(inventory)
    deed = AnsweredEvent(answers=parse_answers(answers))
    IncidentStore().write(
        inventory_data.path, parse_office_role(who), transitions.make_event_recording_decision(incident, deed)
    )
    console.out.print(Words(lang)("incidents.written", incident=incident), markup=False)
    show_next_step_of_open_incident(inventory_data, incident, inventory, lang)


def create_incident_form(
    incident: IncidentArgument,
    who: WhoOption,
    which: Annotated[
        Form | None,
        typer.Option(
            "--form",
            metavar="FORM",
            help=(
                "now, first, full, update or end; under the rules of 2022, mau-03 or mau-04; default: the form of "
                "the next report due."
            ),
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            "--unit",
            metavar="UNIT",
            help="The reporting office; default: the office of the affected sites.",
            autocompletion=completions.complete_office_units,
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    output: OutputOption = DEFAULT_OUTPUT,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Create an incident form, filled in as far as possible: DOCX to complete and sign, and PDF/A.

    Names and telephone numbers of people, and dates, are left blank to be filled in by hand; the form does not contain
    hosts or internal addresses. Only the owner can read the files, and their hashes are recorded in the case log.

    Exit code: 0 only fields to be filled in by hand are blank, 1 other mandatory fields are blank and listed.

    Examples:
      auditor incident form SC-20261127-1 --who "Văn phòng" -i inventories/lab

      auditor incident form SC-20261127-1 --form end --who "Văn phòng" -i inventories/lab --output out

    """
    from auditor.commands.output import console
    from auditor.history.incidents import IncidentStore
    from auditor.history.runs import RunHistory
    from auditor.incidents import transitions
    from auditor.incidents.case import fold_case
    from auditor.incidents.forms import document
    from auditor.inventory import hosts as inventories
    from auditor.report.official.writer import write_document
    from auditor.text.translations import Words

    words, speaker = Words(lang), parse_office_role(who)
    inventory_data = inventories.load_inventory(inventory)
    ledgers = IncidentStore()
    case = fold_case(incident, ledgers.load_case_log_of_incident(inventory_data.path, incident))
    chosen_form = document.choose_form(case, which)
    reporting_unit = document.choose_reporting_unit(case, inventory_data, unit)
    prefill = document.gather_known_values_for_form(
        case, chosen_form, inventory_data, reporting_unit, RunHistory().latest(inventory_data.path), lang
    )
    form = document.build_form(prefill)
    written = write_document(form, output)
    filled_form = document.record_filled_form(chosen_form, form, written)
    with contextlib.suppress(transitions.DuplicateEntry):
        ledgers.write(
            inventory_data.path, speaker, transitions.make_filled_form_recording_decision(incident, filled_form)
        )
    for path in written.files:
        typer.echo(str(path))
    by_hand = document.list_blank_fields_to_fill_in_by_hand(prefill)
    if by_hand:
        console.err.print(words("form.by_hand", fields="; ".join(by_hand)), markup=False, soft_wrap=True)
    for unknown in form.notices:
        console.err.print(unknown, markup=False, soft_wrap=True)
    show_next_step_of_open_incident(inventory_data, incident, inventory, lang)
    raise typer.Exit(1 if form.notices else 0)
