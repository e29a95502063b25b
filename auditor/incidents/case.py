"""An incident as its entries make it. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from auditor.errors import InputError
from auditor.incidents import deadlines
from auditor.incidents.deadlines import ReportDeadline
from auditor.models import Regime, clock
from auditor.models.incidents import (
    AnsweredEvent,
    CaseLogEntry,
    ClosedEvent,
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
from auditor.models.ranks import Form, Question, Report
from auditor.models.response_actions import FOR_GOOD, Means

State = Literal["begun", "confirmed", "refused", "unknown", "releasing", "released", "ended"]
"""``ended``: a process that is no more, be it that another action ended it or that it was gone."""
LOSS_REASONS = frozenset({"not_in_force", "not_on_record"})
"""Why it is not known of what was confirmed.

The host was brought back and does not hold it, or has nothing of it on record any more.
"""


SHUT: frozenset[Means] = frozenset({"path", "site"})
"""Means that keep from visitors, and from reviews, what a person has yet to take out."""


@dataclass(frozen=True)
class ResponseAction:
    """Something contained or cleaned on a host, as far as it is known."""

    number: int
    host: str
    means: Means
    what: str
    """As the ``read`` of its kind in ``auditor.incidents.actions`` writes it."""
    state: State
    until: datetime.datetime | None = None
    """When it ends by itself; None: when it is released, or not known yet."""
    why: str = ""
    """The name of the reason that the last entry about it gives."""
    at: datetime.datetime | None = None
    """When that was written."""

    @property
    def is_lost_by_host(self) -> bool:
        """Return whether its host said that it does not hold it any more."""
        return self.state == "unknown" and self.why in LOSS_REASONS

    @property
    def was_done_and_checked(self) -> bool:
        """Return whether the action was done and checked afterwards.

        It may have been released since, or its host may no longer hold it.
        """
        return self.state in ("confirmed", "releasing", "released") or self.is_lost_by_host

    def is_possibly_in_force(self, now: datetime.datetime) -> bool:
        """Return whether it may be in force there; what was cleaned is how the site is."""
        lasts = self.means not in FOR_GOOD and (self.until is None or self.until > now)
        return not self.is_outcome_known or (self.state == "confirmed" and lasts)

    @property
    def is_outcome_known(self) -> bool:
        """Return whether it is known what it came to."""
        return self.state in ("confirmed", "refused", "released", "ended")


@dataclass(frozen=True)
class IncidentCase:
    """The state of an incident by its entries."""

    id: str
    detected_at: datetime.datetime
    regime: Regime
    subjects: tuple[str, ...] = ()
    findings: tuple[FindingReference, ...] = ()
    waived_reports: Mapping[Report, str] = field(default_factory=dict)
    """Reports that a person decided are not owed, with the reason."""
    sent_reports: Mapping[Report, datetime.datetime] = field(default_factory=dict)
    """When a report first went out."""
    actions: Mapping[int, ResponseAction] = field(default_factory=dict)
    """By their numbers."""
    answers: Mapping[Question, tuple[str, ...]] = field(default_factory=dict)
    """What a person said for the forms."""
    forms: Mapping[Form, FilledFormEvent] = field(default_factory=dict)
    """Forms as they were last filled in."""
    notified_mails: frozenset[str] = frozenset()
    """Mails that told offices of it, by what tells each from others."""
    collections: Mapping[int, CollectedEvent] = field(default_factory=dict)
    """Evidence by its numbers."""
    cause: str | None = None
    """None: it is open."""
    entries: tuple[CaseLogEntry, ...] = ()

    @property
    def is_open(self) -> bool:
        """Return whether it goes on."""
        return self.cause is None

    @property
    def report_deadlines(self) -> tuple[ReportDeadline, ...]:
        """Return the reports that are owed, the earliest first, whether or not they have gone out."""
        personal = self.answers.get("personal_data") == ("yes",)
        owed = deadlines.compute_deadlines(self.regime, self.detected_at, with_personal_data=personal)
        return tuple(due for due in owed if due.report not in self.waived_reports)

    @property
    def earliest_valid_scan_time(self) -> datetime.datetime:
        """Return the moment after which its sites and hosts have to be looked at before it is over.

        What was looked at before it was written down missed it.
        """
        times = (entry.at for entry in self.entries if isinstance(entry.deed, OpenedEvent | JoinedEvent))
        return max(self.detected_at, *map(clock.parse_iso_moment, times))

    def find_last_reopening_time_of_site(self, site_names: Collection[str]) -> datetime.datetime | None:
        """Return when visitors of a site, which has these names, were last let in to what had been kept from them.

        None: nothing was. A review before that did not see it.
        """
        shut = {
            n
            for n, action in self.actions.items()
            if action.means in SHUT and action.what.partition("/")[0] in site_names
        }
        moments = (
            clock.parse_iso_moment(entry.at)
            for entry in self.entries
            if isinstance(entry.deed, LiftedEvent) and entry.deed.state == "released" and entry.deed.number in shut
        )
        return max(moments, default=None)

    def list_custody_entries_of_collection(self, collection_number: int) -> tuple[CaseLogEntry, ...]:
        """Return the entries about one collection: who had it when."""
        return tuple(
            entry
            for entry in self.entries
            if isinstance(entry.deed, CollectedEvent | CustodyEvent | TimestampedEvent)
            and entry.deed.number == collection_number
        )

    def list_unsent_owed_reports(self) -> tuple[ReportDeadline, ...]:
        """Return the reports that are owed and have not gone out."""
        return tuple(due for due in self.report_deadlines if due.report not in self.sent_reports)

    def list_overdue_unsent_reports(self, now: datetime.datetime) -> tuple[ReportDeadline, ...]:
        """Return the reports that are owed, have not gone out, and whose time is over."""
        return tuple(due for due in self.list_unsent_owed_reports() if due.by <= now)


def fold_case(incident: str, entries: Sequence[CaseLogEntry]) -> IncidentCase:
    """Return the incident that a ledger tells of.

    Raises InputError for a ledger that tells of none: somebody changed the history.
    """
    first = entries[0].deed if entries else None
    if not isinstance(first, OpenedEvent):
        raise _make_changed_case_log_error(incident)
    case = IncidentCase(
        id=incident,
        detected_at=clock.parse_iso_moment(first.detected),
        regime=first.regime,
        subjects=first.subjects,
        findings=first.findings,
        entries=tuple(entries),
    )
    for entry in entries[1:]:
        case = _apply_entry(case, entry)
    return case


def _make_changed_case_log_error(incident: str) -> InputError:
    return InputError(
        "the entries of {incident} were changed after they were recorded",
        incident=incident,
        mend="see 'auditor history verify'",
    )


def fold_cases(ledgers: Mapping[str, Sequence[CaseLogEntry]]) -> tuple[IncidentCase, ...]:
    """Return all incidents, the oldest first."""
    return tuple(fold_case(incident, entries) for incident, entries in ledgers.items())


def _apply_entry(case: IncidentCase, entry: CaseLogEntry) -> IncidentCase:
    match entry.deed:
        case JoinedEvent(subjects=subjects, findings=findings):
            return replace(
                case,
                subjects=tuple(dict.fromkeys((*case.subjects, *subjects))),
                findings=tuple(dict.fromkeys((*case.findings, *findings))),
            )
        case WaivedReportEvent(report=report, why=why):
            return replace(case, waived_reports={**case.waived_reports, report: why})
        case ReportedEvent(report=report):
            return replace(case, sent_reports={report: clock.parse_iso_moment(entry.happened), **case.sent_reports})
        case AnsweredEvent(answers=answers):
            return replace(case, answers={**case.answers, **answers})
        case FilledFormEvent() as deed:
            return replace(case, forms={**case.forms, deed.form: deed})
        case NotifiedEvent(mails=mails):
            return replace(case, notified_mails=case.notified_mails | {*mails})
        case ContainedEvent() | LiftedEvent() as deed:
            action = replace(_build_action_after_event(case, deed), why=deed.why, at=clock.parse_iso_moment(entry.at))
            return replace(case, actions={**_end_stop_actions_of_ended_process(case, deed), deed.number: action})
        case CollectedEvent() as deed:
            return replace(case, collections={**case.collections, deed.number: deed})
        case ClosedEvent(cause=cause):
            return replace(case, cause=cause)
    return case


def _end_stop_actions_of_ended_process(
    case: IncidentCase, event: ContainedEvent | LiftedEvent
) -> Mapping[int, ResponseAction]:
    """Return the actions; those that had stopped the process which the deed says is no more are over."""
    if not (isinstance(event, ContainedEvent) and event.has_process_ended):
        return case.actions
    target = (event.host, "process", event.what)
    state: State = "ended" if event.state == "confirmed" else "released"
    return {
        number: replace(action, state=state)
        if (action.host, action.means, action.what) == target and action.state in ("confirmed", "unknown")
        else action
        for number, action in case.actions.items()
    }


def _build_action_after_event(case: IncidentCase, event: ContainedEvent | LiftedEvent) -> ResponseAction:
    if isinstance(event, LiftedEvent) and event.number not in case.actions:
        raise _make_changed_case_log_error(case.id)
    if isinstance(event, ContainedEvent):
        until = clock.parse_iso_moment(event.until) if event.until else None
        has_ended = event.has_process_ended and event.state == "refused"
        return ResponseAction(
            event.number, event.host, event.means, event.what, "ended" if has_ended else event.state, until
        )
    return replace(case.actions[event.number], state=_AFTER[event.state])


_AFTER: Mapping[str, State] = {
    "begun": "releasing",
    "refused": "confirmed",
    "released": "released",
    "unknown": "unknown",
}
"""What an action is after its release came to that."""
