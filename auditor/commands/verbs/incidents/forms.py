"""Declare the verbs of ``auditor incident`` that notify and fill in forms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    InventoryOption,
    LangOption,
    OutputOption,
)
from auditor.commands.verbs.base import Verb
from auditor.commands.verbs.incidents.case_log import IncidentArgument, WhoOption
from auditor.models.ranks import Form


@dataclass(frozen=True, kw_only=True)
class IncidentNotifyOptions(Verb, runs="auditor.commands.incidents.notify:notify_offices_of_incident"):
    """Mail the state of an incident, and what is due next, to the offices of its sites and to those above.

    Shows the mail as a draft unless you send it; a draft does not need mail server settings. The same state of an
    incident is sent only once, even if you repeat the command; with a timer, offices are notified again as soon as
    something changes or becomes overdue.

    Exit code: 0 shown, delivered or waiting, 1 permanently refused.

    Examples:
      auditor incident notify SC-20261127-1 --who "Văn phòng" -i inventories/lab

      auditor incident notify SC-20261127-1 --send --who "Văn phòng" -i inventories/lab

    """

    incident: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="Incident ID, as shown by 'auditor incident list'; default: all open and recently closed incidents.",
        ),
    ] = None
    who: WhoOption
    send: Annotated[
        bool,
        typer.Option(
            "--send", help="Send the mail; without this option, only offices with 'automatic' under incidents: get it."
        ),
    ] = False
    technical: Annotated[
        list[Path] | None,
        typer.Option(
            "--technical", metavar="FILE", help="A file for the technical roles only; repeat the option for more."
        ),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentAnswerOptions(Verb, runs="auditor.commands.incidents.forms:answer_questions_of_incident_forms"):
    """Answer the questions of the incident forms that the program cannot answer; the last answer to a question counts.

    Questions: name, description, happened, kind, severity, severity_why, how_found, state, informed, cause, scope,
    data, users, downtime, third_parties, personal_data, done, ongoing, planned, recovery, support, purpose, services,
    protection, security_provider, network_provider, enclosed, confidential. For a question with checkboxes, an invalid
    answer lists the valid ones.

    Examples:
      auditor incident answer SC-20261127-1 how_found=log "how_found=notice:Công an tỉnh" severity=ordinary --who "Văn phòng" -i inventories/lab

      auditor incident answer SC-20261127-1 "cause=Mật khẩu quản trị bị lộ" --who "Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line

    incident: IncidentArgument
    answers: Annotated[
        list[str],
        typer.Argument(
            metavar="'QUESTION=ANSWER'...",
            help=(
                "The answer, such as how_found=log or cause='Mật khẩu yếu'; repeat a question to give several answers."
            ),
        ),
    ]
    who: WhoOption
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentFormOptions(Verb, runs="auditor.commands.incidents.forms:create_incident_form"):
    """Create an incident form, filled in as far as possible: DOCX to complete and sign, and PDF/A.

    Names and telephone numbers of people, and dates, are left blank to be filled in by hand; the form does not contain
    hosts or internal addresses. Only the owner can read the files, and their hashes are recorded in the case log.

    Exit code: 0 only fields to be filled in by hand are blank, 1 other mandatory fields are blank and listed.

    Examples:
      auditor incident form SC-20261127-1 --who "Văn phòng" -i inventories/lab

      auditor incident form SC-20261127-1 --form end --who "Văn phòng" -i inventories/lab --output out

    """

    incident: IncidentArgument
    who: WhoOption
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
    ] = None
    unit: Annotated[
        str | None,
        typer.Option(
            "--unit",
            metavar="UNIT",
            help="The reporting office; default: the office of the affected sites.",
            autocompletion=completions.complete_office_units,
        ),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    output: OutputOption = DEFAULT_OUTPUT
    lang: LangOption = DEFAULT_LANG
