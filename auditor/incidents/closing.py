"""When an incident is over: nothing owed, nothing held without an end, nothing found any more, its cause known, its last form written. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from auditor.audit.controls import COMPROMISE, CONTENT
from auditor.errors import InputError
from auditor.fleet.reasons import KEY_CHANGED
from auditor.history.incidents import Decided, Ledgers
from auditor.incidents.case import Action, Case
from auditor.incidents.deciding import finding_of, still_open
from auditor.incidents.forms.asked import CLOSING, OF_REPORT
from auditor.models import Finding, Host, HostOutcome, Run, Status, Text, clock
from auditor.models.incidents import Closed, Found
from auditor.models.ranks import Lang, Report
from auditor.text.words import Words

LANGS: tuple[Lang, ...] = ("vi", "en")
_PASSED = (Status.PASS, Status.NOT_APPLICABLE)
TAKEN_AWAY = frozenset({"file", "cron", "job", "unit", "key", "account", "process", "administrator"})
"""Means whose release would bring an intruder back: what they took may stay away when the incident is over. What others keep shut has an end."""


class Obstacle(NamedTuple):
    """One thing that is in the way of closing an incident."""

    error: InputError
    command: tuple[str, ...]
    """What takes it away: the words after ``auditor``, without the inventory."""
    speaks: bool = True
    """Whether that command is given the office role that says so."""


class Cause(NamedTuple):
    """How it came about."""

    text: str
    control: tuple[str, str] | None = None
    """A control and where it is, which was open and passes now; None: the text is all that is known."""
    gone: tuple[str, ...] = ()
    """Sites and hosts that have left the inventory, of which a person says that they serve no more."""


def closing(
    incident: str, cause: Cause, newest: Run | None, hosts: Sequence[Host], now: datetime.datetime
) -> Callable[[Ledgers], Decided]:
    """Close an incident on these hosts of an inventory, by its newest audit. Raises InputError for the first thing that is in the way."""

    def decide(ledgers: Ledgers) -> Decided:
        case = still_open(ledgers, incident)
        for obstacle in obstacles(case, newest, hosts, now, cause):
            raise obstacle.error
        root = (
            Found(control=cause.control[0], subject=cause.control[1], run=newest.id)
            if cause.control and newest
            else None
        )
        return incident, Closed(cause=cause.text, control=root, gone=cause.gone)

    return decide


def obstacles(
    case: Case,
    newest: Run | None,
    hosts: Sequence[Host],
    now: datetime.datetime,
    cause: Cause | None = None,
    left: Sequence[str] | None = None,
) -> Iterator[Obstacle]:
    """All that is in the way of closing an open incident, each with the command that takes it away, in the order in which that is done.

    ``left``: those of its sites and hosts that have left the inventory; None: ``hosts`` are all of it.
    """
    left = gone(case, hosts) if left is None else left
    yield from _owed(case)
    yield from _silent(case, newest, hosts)
    for action in case.actions.values():
        if action.host not in left:
            yield from _unsettled(case, action, now)
    for found in case.findings:
        if found.subject not in left:
            yield from _still_there(found, case, newest)
    yield from _unclean(case, newest, hosts, now)
    if cause is not None and cause.control is not None:
        yield from _root(cause.control, case, newest)
    yield from _gone(case, left, cause.gone if cause is not None else ())
    form = CLOSING[case.regime]
    if form not in case.forms:
        error = InputError(
            "the closing form of {incident} is missing",
            incident=case.id,
            mend="create it with 'auditor incident form {incident} --form {form}'",
            form=form,
        )
        yield Obstacle(error, ("incident", "form", case.id, "--form", form))


def gone(case: Case, hosts: Sequence[Host]) -> tuple[str, ...]:
    """Return the sites and hosts of an incident that are not in the inventory any more: nobody can look at them."""
    known = {name for host in hosts for name in (host.name, *(site.domain for site in host.sites))}
    named = (*case.subjects, *(one.subject for one in case.findings), *(one.host for one in case.actions.values()))
    return tuple(dict.fromkeys(name for name in named if name not in known))


def check_gone(case: Case, hosts: Sequence[Host], named: Sequence[str]) -> tuple[str, ...]:
    """Return those sites and hosts, each once. Raises InputError for one that is in the inventory, and can be looked at, or is none of the incident's."""
    left = gone(case, hosts)
    for name in named:
        if name not in left:
            raise InputError(
                "--gone {name}: it is still in the inventory, or does not belong to the incident",
                name=name,
                mend="omit it; everything in the inventory is checked",
            )
    return tuple(dict.fromkeys(named))


def past(case: Case, newest: Run | None) -> tuple[Found, ...]:
    """Return the findings that an incident is about and that an audit since then does not find any more."""
    return tuple(one for one in case.findings if _not_met(one.control, one.subject, case, newest) is None)


def _gone(case: Case, left: Sequence[str], said: Collection[str]) -> Iterator[Obstacle]:
    missing = [name for name in left if name not in said]
    if missing:
        error = InputError(
            "{names}: no longer in the inventory, so nothing shows that it is clean",
            names=", ".join(missing),
            mend="add it again and check it, or state with --gone that it is no longer in service",
        )
        yield Obstacle(error, closing_words(case, left))


def closing_words(case: Case, left: Sequence[str]) -> tuple[str, ...]:
    """Return the words of the command that closes an incident, of which these have left the inventory."""
    return ("incident", "close", case.id, *(word for name in left for word in ("--gone", name)))


def reporting(case: Case, report: Report) -> tuple[str, ...]:
    """Return the words of the command that comes next for a report that is owed: its form is written, then it goes out.

    Word at once goes by the quickest way, without a form.
    """
    form = OF_REPORT[case.regime].get(report) if report != "now" else None
    if form is not None and form not in case.forms:
        return ("incident", "form", case.id, "--form", form)
    return ("incident", "reported", case.id, report)


def _said(key: str, **about: str) -> Text:
    """Return what is in the way, in both languages; what is named by a word of ours is told by that word."""
    both = {lang: Words(lang) for lang in LANGS}
    return Text(**{lang: words(f"incidents.obstacle.{key}", **_filled(about, words)) for lang, words in both.items()})


def _filled(about: Mapping[str, str], words: Words) -> dict[str, str]:
    told = dict(about)
    if "report" in about:
        told["report"] = words(f"incidents.report.{about['report']}")
    if "means" in about:
        told["means"] = words(f"incidents.means.{about['means']}")
    if "when" in about:
        told["when"] = words.moment(about["when"])
    return told


def _owed(case: Case) -> Iterator[Obstacle]:
    for owed in case.owed():
        error = InputError(
            _said("owes", report=owed.report),
            mend=(
                "record that it was sent with 'auditor incident reported', or waive it with 'auditor incident waive'"
            ),
        )
        yield Obstacle(error, reporting(case, owed.report))


def unreached(newest: Run | None, hosts: Sequence[Host]) -> tuple[HostOutcome, ...]:
    """Return how it went with those of the hosts that the newest audit did not reach."""
    names = {host.name for host in hosts}
    return tuple(one for one in newest.outcomes if one.host in names and not one.reached) if newest else ()


def reaching(silent: Sequence[HostOutcome]) -> Iterator[tuple[str, ...]]:
    """Yield the words of the commands by which hosts that nobody comes to are looked at again: one with another key is enrolled first."""
    yield from (("enroll", one.host) for one in silent if one.reason == KEY_CHANGED)
    if silent:
        yield ("hunt", "--limit", ",".join(sorted({one.host for one in silent})))


def _silent(case: Case, newest: Run | None, hosts: Sequence[Host]) -> Iterator[Obstacle]:
    """Hosts that nobody comes to, of which nothing else can be said before."""
    names = {*case.subjects, *(one.host for one in case.actions.values())}
    own = [host for host in hosts if host.name in names or any(site.domain in names for site in host.sites)]
    for one in unreached(newest, own):
        reason = one.reason or Text(vi="?", en="?")
        said = Text(**{lang: _said("unreached", host=one.host, why=reason.get(lang)).get(lang) for lang in LANGS})
        error = InputError(said, mend="start the host, restore access or enroll it again, then hunt there")
        yield Obstacle(error, next(reaching([one])), speaks=False)


def _unsettled(case: Case, action: Action, now: datetime.datetime) -> Iterator[Obstacle]:
    released = ("incident", "release", case.id, str(action.number))
    about = {"number": str(action.number), "host": action.host, "means": action.means, "what": action.what}
    if not action.settled:
        error = InputError(
            _said("lost" if action.lost else "unknown", **about),
            mend="undo it with 'auditor incident release', or contain it again with 'auditor incident contain'",
        )
        yield Obstacle(error, released)
    elif action.open(now) and action.until is None and action.means not in TAKEN_AWAY:
        error = InputError(
            _endless(about), mend="release number {number} with 'auditor incident release'", number=action.number
        )
        yield Obstacle(error, released)


def _endless(about: Mapping[str, str]) -> Text:
    """Return that something goes on until somebody releases it."""
    now = {lang: Words(lang)(f"incidents.now.{about['means']}", **about, until="") for lang in LANGS}
    return Text(**{lang: _said("endless", now=said).get(lang) for lang, said in now.items()})


def _still_there(found: Found, case: Case, newest: Run | None) -> Iterator[Obstacle]:
    if (why := _not_met(found.control, found.subject, case, newest)) is not None:
        error = InputError(why, mend="fix it, review or hunt again, then run 'auditor audit'")
        yield Obstacle(error, _looking(found.control, found.subject), speaks=False)


def _looking(control: str, subject: str) -> tuple[str, ...]:
    """Return the words of the command that looks again at what a finding is about."""
    verbs = {CONTENT: "review", COMPROMISE: "hunt"}
    return (verbs.get(control.partition(".")[0], "audit"), "--limit", subject)


def _unclean(case: Case, newest: Run | None, hosts: Sequence[Host], now: datetime.datetime) -> Iterator[Obstacle]:
    """Sites that were not reviewed and hosts that were not hunted on since then, and what is open of what they found."""
    about, told = {*case.subjects}, {(one.control, one.subject) for one in case.findings}
    for host in hosts:
        sites = [site for site in host.sites if site.domain in about or host.name in about]
        if not sites and host.name not in about:
            continue
        for site in sites:
            looks = [one.started for one in newest.reviews if one.site == site.domain] if newest else []
            since = case.shown_again((site.domain, *site.aliases))
            yield from _unseen(looks, site.domain, max(filter(None, (case.looked_at_after, since))), "review", now)
        hunts = [one.started for one in newest.hunts if one.host == host.name] if newest else []
        yield from _unseen(hunts, host.name, case.looked_at_after, "hunt", now)
        for finding in _seen(newest, {host.name, *(site.domain for site in sites)}):
            control, subject = finding.control, finding.subject.id
            if finding.status not in _PASSED and (control, subject) not in told:
                error = InputError(
                    _said("open" if finding.is_open else "not_evaluated", control=control, subject=subject),
                    mend="clean it, accept what belongs to the office, and review, hunt and audit again",
                )
                held = finding.is_open and any(isinstance(one, Mapping) and "key" in one for one in finding.violations)
                again = Obstacle(error, _looking(control, subject), speaks=False)
                yield Obstacle(error, ("incident", "open", "--all-found", host.name)) if held else again


def _unseen(
    moments: Sequence[str], subject: str, since: datetime.datetime, verb: str, now: datetime.datetime
) -> Iterator[Obstacle]:
    """Nothing of a look since then; one that is still to come was kept while the clock was wrong, and nobody knows when."""
    if any(since < clock.read(moment) <= now + clock.SKEW for moment in moments):
        return
    said = _said(f"no_{verb}", subject=subject, when=clock.stamp(since))
    error = InputError(said, mend="run 'auditor {verb}', then 'auditor audit'", verb=verb)
    yield Obstacle(error, (verb, "--limit", subject), speaks=False)


def _seen(run: Run | None, subjects: set[str]) -> Iterator[Finding]:
    """What reviews and hunts come to on these."""
    areas = (f"{CONTENT}.", f"{COMPROMISE}.")
    return (
        one for one in (run.findings if run else ()) if one.control.startswith(areas) and one.subject.id in subjects
    )


def _root(where: tuple[str, str], case: Case, newest: Run | None) -> Iterator[Obstacle]:
    control, subject = where
    if (why := _not_met(control, subject, case, newest)) is not None:
        error = InputError(why, mend="fix it, then run 'auditor audit'; or omit --control and state the reason")
        yield Obstacle(error, ("audit", "--limit", subject), speaks=False)


def _not_met(control: str, subject: str, case: Case, newest: Run | None) -> Text | None:
    """Return why no audit since then says that a control is met there; None: one does."""
    about = {"control": control, "subject": subject}
    if newest is None or clock.read(newest.started) <= case.looked_at_after:
        return _said("unaudited", **about, when=clock.stamp(case.looked_at_after))
    finding = finding_of(newest, control, subject)
    if finding is not None and finding.status in _PASSED:
        return None
    return _said("open" if finding is not None and finding.is_open else "not_evaluated", **about)
