"""What may be written to a ledger, upon what is there. Each raises InputError for what must not be. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Sequence

from auditor.errors import InputError
from auditor.history.incidents import NEW, Decided, Ledgers, of
from auditor.incidents.case import Action, Case, cases, fold
from auditor.models import Finding, Regime, Run, Status, Text, clock
from auditor.models.incidents import (
    AnyDeed,
    Collected,
    Contained,
    Custody,
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
from auditor.models.ranks import FOR_GOOD, Means, Report
from auditor.text.words import Words

MOST_LOST = 1_000
"""Numbers that are passed over where a host says that it keeps something by them: it may be the intruder's host, and there are 999,999."""


def opening(
    subjects: Sequence[str],
    findings: Sequence[Found],
    detected: datetime.datetime,
    regime: Regime,
    why: str | None,
    *,
    new: bool,
    join: str | None = None,
) -> Callable[[Ledgers], Decided]:
    """Open an incident about these subjects; or join the open one that is about any of them, unless it is to be a ``new`` one, or the one that ``join`` names.

    Raises InputError where several are open, of which none is named: what is contained later is undone by the incident that has it.
    """

    def decide(ledgers: Ledgers) -> Decided:
        concerned = about(ledgers, subjects) if join is None else (still_open(ledgers, join),)
        if len(concerned) > 1 and not new:
            raise InputError(
                "{incidents} all affect {subjects}",
                incidents=", ".join(case.id for case in concerned),
                subjects=", ".join(subjects),
                mend="choose one with '--join {first}', or open another one with --new",
                first=concerned[0].id,
            )
        if concerned and not new:
            return concerned[-1].id, Joined(subjects=tuple(subjects), findings=tuple(findings), why=why)
        opened = Opened(
            detected=clock.stamp(detected), subjects=tuple(subjects), findings=tuple(findings), regime=regime, why=why
        )
        return NEW, opened

    return decide


def about(ledgers: Ledgers, subjects: Collection[str]) -> tuple[Case, ...]:
    """Return the open incidents about any of these sites and hosts, the oldest first."""
    return tuple(case for case in cases(ledgers) if case.open and not set(subjects).isdisjoint(case.subjects))


def adding(incident: str, deed: AnyDeed) -> Callable[[Ledgers], Decided]:
    """Write that to an incident that is open; a report goes out, or is spared, only where it is owed.

    What is contained can be released also when the incident is over.
    """

    def decide(ledgers: Ledgers) -> Decided:
        if isinstance(deed, Released):
            return incident, deed
        case = still_open(ledgers, incident)
        if isinstance(deed, Reported | Spared):
            _check_owed(case, deed.report)
        return incident, deed

    return decide


def containing(
    incident: str,
    host: str,
    means: Means,
    what: str,
    seconds: int | None,
    now: datetime.datetime,
    above: int = 0,
    *,
    again: bool = False,
) -> Callable[[Ledgers], Decided]:
    """Begin to contain or clean something on a host, by a number ``above`` that one; or go on with what somebody was cut off from.

    ``again``: it is contained, and somebody has put it there anew.
    """

    def decide(ledgers: Ledgers) -> Decided:
        case = still_open(ledgers, incident)
        same = [one for one in _in_force(case, (host, means, what), now) if not (again and one.settled)]
        if same and same[-1].settled:
            raise InputError(
                "{named} is already contained on {host}, number {number}",
                named=what,
                host=host,
                number=same[-1].number,
                mend="release that first with 'auditor incident release'",
            )
        number = same[-1].number if same else max((min(above, len(case.actions) + MOST_LOST), *case.actions)) + 1
        begun = Contained(number=number, host=host, means=means, what=what, seconds=seconds, state="begun")
        return incident, begun

    return decide


def is_contained(incident: str, host: str, means: Means, what: str, now: datetime.datetime, ledgers: Ledgers) -> bool:
    """Whether an incident is known to contain that on a host."""
    same = _in_force(fold(incident, of(ledgers, incident)), (host, means, what), now)
    return bool(same) and same[-1].settled


def _in_force(case: Case, wanted: tuple[str, Means, str], now: datetime.datetime) -> list[Action]:
    return [one for one in case.actions.values() if (one.host, one.means, one.what) == wanted and one.open(now)]


def another(
    incident: str, host: str, means: Means, what: str, now: datetime.datetime, ledgers: Ledgers
) -> tuple[str, int] | None:
    """Return the action, by incident and number, by which another incident contains the same thing on a host; None where none is known to."""
    wanted = (host, means, what)
    for case in cases(ledgers):
        for one in case.actions.values() if case.id != incident else ():
            if (one.host, one.means, one.what) == wanted and one.state == "confirmed" and one.open(now):
                return case.id, one.number
    return None


def notifying(incident: str, deed: Notified) -> Callable[[Ledgers], Decided]:
    """Write that an office was told, also of an incident that is over. Raises Known when that is written already."""

    def decide(ledgers: Ledgers) -> Decided:
        case = fold(incident, of(ledgers, incident))
        if case.notified.issuperset(deed.mails):
            raise Known
        return incident, deed

    return decide


def filling(incident: str, deed: FilledIn) -> Callable[[Ledgers], Decided]:
    """Write that a form was filled in, also of an incident that is over. Raises Known when the same files are written down."""

    def decide(ledgers: Ledgers) -> Decided:
        if fold(incident, of(ledgers, incident)).forms.get(deed.form) == deed:
            raise Known
        return incident, deed

    return decide


class Known(Exception):
    """What was to be written is there."""


def collecting(incident: str, collected: Collected) -> Callable[[Ledgers], Decided]:
    """Write that evidence was collected, by the next number; also of an incident that is over."""

    def decide(ledgers: Ledgers) -> Decided:
        case = fold(incident, of(ledgers, incident))
        return incident, collected.model_copy(update={"number": len(case.collections) + 1})

    return decide


def keeping(incident: str, deed: Custody | Stamped) -> Callable[[Ledgers], Decided]:
    """Write what became of a collection. Years later its incident is over."""

    def decide(ledgers: Ledgers) -> Decided:
        collection(fold(incident, of(ledgers, incident)), deed.number)
        return incident, deed

    return decide


def collection(case: Case, number: int) -> Collected:
    """The evidence of that number. Raises InputError for a number of none."""
    if number not in case.collections:
        raise InputError(
            "{incident} has no evidence number {number}",
            incident=case.id,
            number=number,
            mend="see 'auditor incident show'",
        )
    return case.collections[number]


def releasing(incident: str, numbers: Sequence[int], now: datetime.datetime, ledgers: Ledgers) -> tuple[Action, ...]:
    """What is to be released: the actions of these numbers, or all that are open and contain; the last one first, as it may rest on those before it. Raises InputError for a number of none."""
    case = fold(incident, of(ledgers, incident))
    for number in numbers:
        if number not in case.actions:
            raise InputError(
                "{incident} has no action number {number}",
                incident=incident,
                number=number,
                mend="see 'auditor incident show'",
            )
    wanted = numbers or [one.number for one in case.actions.values() if one.open(now) and one.means not in FOR_GOOD]
    return tuple(case.actions[number] for number in sorted({*wanted}, reverse=True))


def still_open(ledgers: Ledgers, incident: str) -> Case:
    """The incident. Raises InputError when it is over."""
    case = fold(incident, of(ledgers, incident))
    if not case.open:
        raise InputError("{incident} is closed", incident=incident, mend="open another one")
    return case


def found_in(run: Run, control: str, subject: str) -> Found:
    """The open finding of a run. Raises InputError when it has none such."""
    finding = finding_of(run, control, subject)
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
    return Found(control=control, subject=subject, run=run.id)


def finding_of(run: Run, control: str, subject: str) -> Finding | None:
    """What a control came to there; None: the run has nothing on it."""
    return next((one for one in run.findings if one.control == control and one.subject.id == subject), None)


def _not_owed(incident: str, report: Report) -> Text:
    """Return that it is not owed, with the report by its name in each language."""

    def describe(words: Words) -> str:
        return words("incidents.not_owed", incident=incident, report=words(f"incidents.report.{report}"))

    return Text(vi=describe(Words("vi")), en=describe(Words("en")))


def _check_owed(case: Case, report: Report) -> None:
    if report in case.reported or report not in {due.report for due in case.dues}:
        raise InputError(
            _not_owed(case.id, report),
            mend="see 'auditor incident show'",
        )
