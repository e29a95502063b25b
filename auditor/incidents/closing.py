"""When an incident is over: nothing owed, nothing held without an end, nothing found any more, its cause known, its last form written. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from auditor.audit.controls import COMPROMISE, CONTENT
from auditor.errors import InputError
from auditor.history.incidents import Decided, Ledgers
from auditor.incidents.case import Action, Case
from auditor.incidents.deciding import finding_of, still_open
from auditor.incidents.forms.asked import CLOSING
from auditor.models import Finding, Host, Run, Status, clock
from auditor.models.incidents import Closed, Found

_PASSED = (Status.PASS, Status.NOT_APPLICABLE)
TAKEN_AWAY = frozenset({"file", "cron", "job", "unit", "key", "account", "process", "administrator"})
"""Means whose release would bring an intruder back: what they took may stay away when the incident is over. What others keep shut has an end."""


class Cause(NamedTuple):
    """How it came about."""

    text: str
    control: tuple[str, str] | None = None
    """A control and where it is, which was open and passes now; None: the text is all that is known."""


def closing(
    incident: str, cause: Cause, newest: Run | None, hosts: Sequence[Host], now: datetime.datetime
) -> Callable[[Ledgers], Decided]:
    """Close an incident on these hosts of an inventory, by its newest audit. Raises InputError for the first thing that is in the way."""

    def decide(ledgers: Ledgers) -> Decided:
        case = still_open(ledgers, incident)
        _check_owed(case)
        for action in case.actions.values():
            _check_settled(action, now)
        for found in case.findings:
            _check_gone(found, case, newest)
        _check_clean(case, newest, hosts)
        root = _root(cause, case, newest)
        if CLOSING[case.regime] not in case.forms:
            raise InputError(
                "the closing form of {incident} is not written",
                incident=incident,
                mend="write it with 'auditor incident form {incident} --form {form}'",
                form=CLOSING[case.regime],
            )
        return incident, Closed(cause=cause.text, control=root)

    return decide


def _check_owed(case: Case) -> None:
    if owed := case.owed():
        raise InputError(
            "{incident} still owes the report '{report}'",
            incident=case.id,
            report=owed[0].report,
            mend="say that it went out with 'auditor incident reported', or why it is not owed with 'auditor incident waive'",
        )


def _check_settled(action: Action, now: datetime.datetime) -> None:
    if not action.settled:
        raise InputError(
            "it is not known whether {named} is contained on {host}",
            named=action.what,
            host=action.host,
            mend="'auditor incident release' it, or 'auditor incident contain' it again",
        )
    if action.open(now) and action.until is None and action.means not in TAKEN_AWAY:
        raise InputError(
            "{named} is contained on {host} without an end",
            named=action.what,
            host=action.host,
            mend="'auditor incident release' number {number}",
            number=action.number,
        )


def _check_gone(found: Found, case: Case, newest: Run | None) -> None:
    if not _met(found.control, found.subject, case, newest):
        raise InputError(
            "no audit since then says that {control} on {subject} is met",
            control=found.control,
            subject=found.subject,
            mend="mend it, review or hunt again, then 'auditor audit'",
        )


def _check_clean(case: Case, newest: Run | None, hosts: Sequence[Host]) -> None:
    """Every site was reviewed and every host hunted on since then, and nothing is open of what they found."""
    about = {*case.subjects}
    for host in hosts:
        sites = [site.domain for site in host.sites if site.domain in about or host.name in about]
        if not sites and host.name not in about:
            continue
        for site in sites:
            looks = [one.started for one in newest.reviews if one.site == site] if newest else []
            _check_looked(looks, site, case, "review")
        hunts = [one.started for one in newest.hunts if one.host == host.name] if newest else []
        _check_looked(hunts, host.name, case, "hunt")
        for finding in _seen(newest, {host.name, *sites}):
            if finding.status not in _PASSED:
                raise InputError(
                    "{control} on {subject} is not met",
                    control=finding.control,
                    subject=finding.subject.id,
                    mend="clean it, accept what is the office's own, and review, hunt and audit again",
                )


def _check_looked(moments: Sequence[str], subject: str, case: Case, verb: str) -> None:
    if not any(clock.read(moment) > case.detected for moment in moments):
        raise InputError(
            "no audit tells of a {verb} of {subject} since then",
            verb=verb,
            subject=subject,
            mend="'auditor {verb}', then 'auditor audit'",
        )


def _seen(run: Run | None, subjects: set[str]) -> Iterator[Finding]:
    """What reviews and hunts come to on these."""
    areas = (f"{CONTENT}.", f"{COMPROMISE}.")
    return (
        one for one in (run.findings if run else ()) if one.control.startswith(areas) and one.subject.id in subjects
    )


def _root(cause: Cause, case: Case, newest: Run | None) -> Found | None:
    if cause.control is None:
        return None
    control, subject = cause.control
    if newest is None or not _met(control, subject, case, newest):
        raise InputError(
            "no audit since then says that {control} on {subject} is met",
            control=control,
            subject=subject,
            mend="mend it, then 'auditor audit'; or leave --control out and name the reason",
        )
    return Found(control=control, subject=subject, run=newest.id)


def _met(control: str, subject: str, case: Case, newest: Run | None) -> bool:
    if newest is None or clock.read(newest.started) <= case.detected:
        return False
    finding = finding_of(newest, control, subject)
    return finding is not None and finding.status in _PASSED
