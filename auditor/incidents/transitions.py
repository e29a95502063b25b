"""What may be written to a ledger, upon what is there. Each raises InputError for what must not be. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from auditor.errors import InputError
from auditor.history.incidents import NEW, Decided, Ledgers, get_case_log_of_incident
from auditor.incidents.case import IncidentCase, ResponseAction, fold_case, fold_cases
from auditor.models import Finding, Run, Status, Text
from auditor.models.incidents import (
    AnyEvent,
    CollectedEvent,
    ContainedEvent,
    CustodyEvent,
    FilledFormEvent,
    FindingReference,
    JoinedEvent,
    LiftedEvent,
    NotifiedEvent,
    OpenedEvent,
    ReportedEvent,
    TimestampedEvent,
    WaivedReportEvent,
)
from auditor.models.ranks import Report
from auditor.models.response_actions import FOR_GOOD, Means
from auditor.text.translations import Words

MAX_LOST_NUMBERS = 1_000
"""Numbers that are passed over where a host says that it keeps something by them.

It may be the intruder's host, and there are 999,999.
"""


class ActionTarget(NamedTuple):
    """What a response action is about, and by which means."""

    host: str
    means: Means
    what: str


def make_case_opening_decision(
    opening: OpenedEvent, *, force_new: bool, join_incident: str | None = None
) -> Callable[[Ledgers], Decided]:
    """Open an incident about some subjects.

    Or join the open one that is about any of them, unless ``force_new`` asks for a new one, or the one that
    ``join_incident`` names.

    Raises InputError where several are open, of which none is named: what is contained later is undone by the incident
    that has it.
    """

    def decide(ledgers: Ledgers) -> Decided:
        open_cases = (
            find_open_cases(ledgers, opening.subjects)
            if join_incident is None
            else (get_open_case(ledgers, join_incident),)
        )
        if len(open_cases) > 1 and not force_new:
            raise InputError(
                "{incidents} all affect {subjects}",
                incidents=", ".join(case.id for case in open_cases),
                subjects=", ".join(opening.subjects),
                mend="choose one with '--join {first}', or open another one with --new",
                first=open_cases[0].id,
            )
        if open_cases and not force_new:
            return open_cases[-1].id, JoinedEvent(subjects=opening.subjects, findings=opening.findings, why=opening.why)
        return NEW, opening

    return decide


def find_open_cases(ledgers: Ledgers, subjects: Collection[str]) -> tuple[IncidentCase, ...]:
    """Return the open incidents about any of these sites and hosts, the oldest first."""
    return tuple(case for case in fold_cases(ledgers) if case.is_open and not set(subjects).isdisjoint(case.subjects))


def make_event_recording_decision(incident: str, event: AnyEvent) -> Callable[[Ledgers], Decided]:
    """Write that to an incident that is open; a report goes out, or is spared, only where it is owed.

    What is contained can be released also when the incident is over.
    """

    def decide(ledgers: Ledgers) -> Decided:
        if isinstance(event, LiftedEvent):
            return incident, event
        case = get_open_case(ledgers, incident)
        if isinstance(event, ReportedEvent | WaivedReportEvent):
            _require_report_owed_and_unsent(case, event.report)
        return incident, event

    return decide


def make_action_start_decision(
    incident: str,
    target: ActionTarget,
    seconds: int | None,
    now: datetime.datetime,
    above_number: int = 0,
    *,
    again: bool = False,
) -> Callable[[Ledgers], Decided]:
    """Begin to contain or clean something on a host, by a number above ``above_number``.

    Or go on with what somebody was cut off from.

    ``again``: it is contained, and somebody has put it there anew.
    """

    def decide(ledgers: Ledgers) -> Decided:
        case = get_open_case(ledgers, incident)
        same = [
            action
            for action in _list_actions_in_force_on_target(case, target, now)
            if not (again and action.is_outcome_known)
        ]
        if same and same[-1].is_outcome_known:
            raise InputError(
                "{named} is already contained on {host}, number {number}",
                named=target.what,
                host=target.host,
                number=same[-1].number,
                mend="release that first with 'auditor incident release'",
            )
        number = (
            same[-1].number
            if same
            else max((min(above_number, len(case.actions) + MAX_LOST_NUMBERS), *case.actions)) + 1
        )
        started_action = ContainedEvent(
            number=number, host=target.host, means=target.means, what=target.what, seconds=seconds, state="begun"
        )
        return incident, started_action

    return decide


def is_target_contained_by_incident(
    incident: str, target: ActionTarget, now: datetime.datetime, ledgers: Ledgers
) -> bool:
    """Return whether an incident is known to contain that."""
    same = _list_actions_in_force_on_target(
        fold_case(incident, get_case_log_of_incident(ledgers, incident)), target, now
    )
    return bool(same) and same[-1].is_outcome_known


def _list_actions_in_force_on_target(
    case: IncidentCase, target: ActionTarget, now: datetime.datetime
) -> list[ResponseAction]:
    return [
        action
        for action in case.actions.values()
        if (action.host, action.means, action.what) == target and action.is_possibly_in_force(now)
    ]


def find_other_incident_containing_target(
    incident: str, target: ActionTarget, now: datetime.datetime, ledgers: Ledgers
) -> tuple[str, int] | None:
    """Return the action, by incident and number, by which another incident contains the same thing on a host.

    None where none is known to.
    """
    for case in fold_cases(ledgers):
        for action in case.actions.values() if case.id != incident else ():
            if (
                (action.host, action.means, action.what) == target
                and action.state == "confirmed"
                and action.is_possibly_in_force(now)
            ):
                return case.id, action.number
    return None


def make_notification_recording_decision(incident: str, event: NotifiedEvent) -> Callable[[Ledgers], Decided]:
    """Write that an office was told, also of an incident that is over.

    Raises DuplicateEntry when that is written already.
    """

    def decide(ledgers: Ledgers) -> Decided:
        case = fold_case(incident, get_case_log_of_incident(ledgers, incident))
        if case.notified_mails.issuperset(event.mails):
            raise DuplicateEntry
        return incident, event

    return decide


def make_filled_form_recording_decision(incident: str, event: FilledFormEvent) -> Callable[[Ledgers], Decided]:
    """Write that a form was filled in, also of an incident that is over.

    Raises DuplicateEntry when the same files are written down.
    """

    def decide(ledgers: Ledgers) -> Decided:
        if fold_case(incident, get_case_log_of_incident(ledgers, incident)).forms.get(event.form) == event:
            raise DuplicateEntry
        return incident, event

    return decide


class DuplicateEntry(Exception):
    """The entry that was to be written is there already."""


def make_collection_recording_decision(incident: str, collection_event: CollectedEvent) -> Callable[[Ledgers], Decided]:
    """Write that evidence was collected, by the next number; also of an incident that is over."""

    def decide(ledgers: Ledgers) -> Decided:
        case = fold_case(incident, get_case_log_of_incident(ledgers, incident))
        return incident, collection_event.model_copy(update={"number": len(case.collections) + 1})

    return decide


def make_custody_recording_decision(
    incident: str, event: CustodyEvent | TimestampedEvent
) -> Callable[[Ledgers], Decided]:
    """Write what became of a collection. Years later its incident is over."""

    def decide(ledgers: Ledgers) -> Decided:
        get_collection(fold_case(incident, get_case_log_of_incident(ledgers, incident)), event.number)
        return incident, event

    return decide


def get_collection(case: IncidentCase, number: int) -> CollectedEvent:
    """Return the evidence of that number. Raises InputError for a number of none."""
    if number not in case.collections:
        raise InputError(
            "{incident} has no evidence number {number}",
            incident=case.id,
            number=number,
            mend="see 'auditor incident show'",
        )
    return case.collections[number]


def select_actions_to_release(
    incident: str, numbers: Sequence[int], now: datetime.datetime, ledgers: Ledgers
) -> tuple[ResponseAction, ...]:
    """Return what is to be released: the actions of these numbers, or all that are open and contain.

    The last one first, as it may rest on those before it. Raises InputError for a number of none.
    """
    case = fold_case(incident, get_case_log_of_incident(ledgers, incident))
    for number in numbers:
        if number not in case.actions:
            raise InputError(
                "{incident} has no action number {number}",
                incident=incident,
                number=number,
                mend="see 'auditor incident show'",
            )
    chosen_numbers = numbers or [
        action.number
        for action in case.actions.values()
        if action.is_possibly_in_force(now) and action.means not in FOR_GOOD
    ]
    return tuple(case.actions[number] for number in sorted({*chosen_numbers}, reverse=True))


def get_open_case(ledgers: Ledgers, incident: str) -> IncidentCase:
    """Return the incident. Raises InputError when it is over."""
    case = fold_case(incident, get_case_log_of_incident(ledgers, incident))
    if not case.is_open:
        raise InputError("{incident} is closed", incident=incident, mend="open another one")
    return case


def get_open_finding(run: Run, control: str, subject: str) -> FindingReference:
    """Return the open finding of a run. Raises InputError when it has none such."""
    finding = find_finding(run, control, subject)
    if finding is not None and finding.status is Status.PASS:
        raise InputError(
            "the audit of {when} no longer finds {control} on {subject}",
            when=run.started,
            control=control,
            subject=subject,
            mend="open the incident on {subject} itself, with --when set to the time of detection",
        )
    if finding is None or not finding.status.is_open:
        raise InputError(
            "the last audit has no open finding {control} on {subject}",
            control=control,
            subject=subject,
            mend="see 'auditor history show', and write CONTROL:SITE or CONTROL:HOST",
        )
    return FindingReference(control=control, subject=subject, run=run.id)


def find_finding(run: Run, control: str, subject: str) -> Finding | None:
    """Return what a control came to there; None: the run has nothing on it."""
    return next(
        (finding for finding in run.findings if finding.control == control and finding.subject.id == subject), None
    )


def _describe_report_as_not_owed(incident: str, report: Report) -> Text:
    """Return that it is not owed, with the report by its name in each language."""

    def describe(words: Words) -> str:
        return words("incidents.not_owed", incident=incident, report=words(f"incidents.report.{report}"))

    return Text(vi=describe(Words("vi")), en=describe(Words("en")))


def _require_report_owed_and_unsent(case: IncidentCase, report: Report) -> None:
    if report in case.sent_reports or report not in {due.report for due in case.report_deadlines}:
        raise InputError(
            _describe_report_as_not_owed(case.id, report),
            mend="see 'auditor incident show'",
        )
