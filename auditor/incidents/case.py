"""An incident as its entries make it. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from auditor.errors import InputError
from auditor.incidents import deadlines
from auditor.incidents.deadlines import Due
from auditor.models import Regime, clock
from auditor.models.incidents import (
    Answered,
    Closed,
    Collected,
    Contained,
    Custody,
    Entry,
    FilledIn,
    Found,
    Joined,
    Notified,
    Opened,
    Released,
    Reported,
    Spared,
    Stamped,
)
from auditor.models.ranks import FOR_GOOD, Form, Means, Question, Report

State = Literal["begun", "confirmed", "refused", "unknown", "releasing", "released", "ended"]
"""``ended``: a process that is no more, be it that another action ended it or that it was gone."""
LOST = frozenset({"not_in_force", "not_on_record"})
"""Why it is not known of what was confirmed: the host was brought back and does not hold it, or has nothing of it on record any more."""


SHUT: frozenset[Means] = frozenset({"path", "site"})
"""Means that keep from visitors, and from reviews, what a person has yet to take out."""


@dataclass(frozen=True)
class Action:
    """Something contained or cleaned on a host, as far as it is known."""

    number: int
    host: str
    means: Means
    what: str
    """As the ``read`` of its kind in ``auditor.incidents.means`` writes it."""
    state: State
    until: datetime.datetime | None = None
    """When it ends by itself; None: when it is released, or not known yet."""
    why: str = ""
    """The name of the reason that the last entry about it gives."""
    at: datetime.datetime | None = None
    """When that was written."""

    @property
    def lost(self) -> bool:
        """Whether its host said that it does not hold it any more."""
        return self.state == "unknown" and self.why in LOST

    @property
    def done(self) -> bool:
        """Whether it was done and looked at, be it that it was released since, or that its host does not hold it any more."""
        return self.state in ("confirmed", "releasing", "released") or self.lost

    def open(self, now: datetime.datetime) -> bool:
        """Whether it may be in force there; what was cleaned is how the site is."""
        lasts = self.means not in FOR_GOOD and (self.until is None or self.until > now)
        return not self.settled or (self.state == "confirmed" and lasts)

    @property
    def settled(self) -> bool:
        """Whether it is known what it came to."""
        return self.state in ("confirmed", "refused", "released", "ended")


@dataclass(frozen=True)
class Case:
    """What the entries of one incident come to."""

    id: str
    detected: datetime.datetime
    regime: Regime
    subjects: tuple[str, ...] = ()
    findings: tuple[Found, ...] = ()
    spared: Mapping[Report, str] = field(default_factory=dict)
    """Reports that a person decided are not owed, with the reason."""
    reported: Mapping[Report, datetime.datetime] = field(default_factory=dict)
    """When a report first went out."""
    actions: Mapping[int, Action] = field(default_factory=dict)
    """By their numbers."""
    answers: Mapping[Question, tuple[str, ...]] = field(default_factory=dict)
    """What a person said for the forms."""
    forms: Mapping[Form, FilledIn] = field(default_factory=dict)
    """Forms as they were last filled in."""
    notified: frozenset[str] = frozenset()
    """Mails that told offices of it, by what tells each from others."""
    collections: Mapping[int, Collected] = field(default_factory=dict)
    """Evidence by its numbers."""
    cause: str | None = None
    """None: it is open."""
    entries: tuple[Entry, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.cause is None

    @property
    def dues(self) -> tuple[Due, ...]:
        """The reports that are owed, the earliest first, whether or not they have gone out."""
        personal = self.answers.get("personal_data") == ("yes",)
        owed = deadlines.of(self.regime, self.detected, personal=personal)
        return tuple(one for one in owed if one.report not in self.spared)

    @property
    def looked_at_after(self) -> datetime.datetime:
        """The moment after which its sites and hosts have to be looked at before it is over: what was looked at before it was written down missed it."""
        written = (one.at for one in self.entries if isinstance(one.deed, Opened | Joined))
        return max(self.detected, *map(clock.read, written))

    def shown_again(self, names: Collection[str]) -> datetime.datetime | None:
        """Return when visitors of a site, which has these names, were last let in to what had been kept from them; None: nothing was. A review before that did not see it."""
        shut = {n for n, one in self.actions.items() if one.means in SHUT and one.what.partition("/")[0] in names}
        moments = (
            clock.read(one.at)
            for one in self.entries
            if isinstance(one.deed, Released) and one.deed.state == "released" and one.deed.number in shut
        )
        return max(moments, default=None)

    def custody(self, number: int) -> tuple[Entry, ...]:
        """The entries about one collection: who had it when."""
        return tuple(
            one
            for one in self.entries
            if isinstance(one.deed, Collected | Custody | Stamped) and one.deed.number == number
        )

    def owed(self) -> tuple[Due, ...]:
        """Those of them that have not gone out."""
        return tuple(one for one in self.dues if one.report not in self.reported)

    def overdue(self, now: datetime.datetime) -> tuple[Due, ...]:
        """Those whose time is over."""
        return tuple(one for one in self.owed() if one.by <= now)


def fold(incident: str, entries: Sequence[Entry]) -> Case:
    """The incident that a ledger tells of. Raises InputError for a ledger that tells of none: somebody changed the history."""
    first = entries[0].deed if entries else None
    if not isinstance(first, Opened):
        raise _changed(incident)
    case = Case(
        id=incident,
        detected=clock.read(first.detected),
        regime=first.regime,
        subjects=first.subjects,
        findings=first.findings,
        entries=tuple(entries),
    )
    for entry in entries[1:]:
        case = _after(case, entry)
    return case


def _changed(incident: str) -> InputError:
    return InputError(
        "the entries of {incident} were changed after they were recorded",
        incident=incident,
        mend="see 'auditor history verify'",
    )


def cases(ledgers: Mapping[str, Sequence[Entry]]) -> tuple[Case, ...]:
    """All incidents, the oldest first."""
    return tuple(fold(incident, entries) for incident, entries in ledgers.items())


def _after(case: Case, entry: Entry) -> Case:
    match entry.deed:
        case Joined(subjects=subjects, findings=findings):
            return replace(
                case,
                subjects=tuple(dict.fromkeys((*case.subjects, *subjects))),
                findings=tuple(dict.fromkeys((*case.findings, *findings))),
            )
        case Spared(report=report, why=why):
            return replace(case, spared={**case.spared, report: why})
        case Reported(report=report):
            return replace(case, reported={report: clock.read(entry.happened), **case.reported})
        case Answered(answers=answers):
            return replace(case, answers={**case.answers, **answers})
        case FilledIn() as deed:
            return replace(case, forms={**case.forms, deed.form: deed})
        case Notified(mails=mails):
            return replace(case, notified=case.notified | {*mails})
        case Contained() | Released() as deed:
            action = replace(_action(case, deed), why=deed.why, at=clock.read(entry.at))
            return replace(case, actions={**_without_ended(case, deed), deed.number: action})
        case Collected() as deed:
            return replace(case, collections={**case.collections, deed.number: deed})
        case Closed(cause=cause):
            return replace(case, cause=cause)
    return case


def _without_ended(case: Case, deed: Contained | Released) -> Mapping[int, Action]:
    """The actions; those that had stopped the process which the deed says is no more are over."""
    if not (isinstance(deed, Contained) and deed.ends_process):
        return case.actions
    gone = (deed.host, "process", deed.what)
    state: State = "ended" if deed.state == "confirmed" else "released"
    return {
        number: replace(one, state=state)
        if (one.host, one.means, one.what) == gone and one.state in ("confirmed", "unknown")
        else one
        for number, one in case.actions.items()
    }


def _action(case: Case, deed: Contained | Released) -> Action:
    if isinstance(deed, Released) and deed.number not in case.actions:
        raise _changed(case.id)
    if isinstance(deed, Contained):
        until = clock.read(deed.until) if deed.until else None
        gone = deed.ends_process and deed.state == "refused"
        return Action(deed.number, deed.host, deed.means, deed.what, "ended" if gone else deed.state, until)
    return replace(case.actions[deed.number], state=_AFTER[deed.state])


_AFTER: Mapping[str, State] = {
    "begun": "releasing",
    "refused": "confirmed",
    "released": "released",
    "unknown": "unknown",
}
"""What an action is after its release came to that."""
