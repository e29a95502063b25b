"""The one next step of an incident, from containing to closing, as its ledger and the newest audit say. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from auditor.errors import InputError
from auditor.incidents.case import SHUT, Action, Case, State
from auditor.incidents.closing import Obstacle, closing_words, obstacles, reaching, reporting, unreached
from auditor.incidents.forms.asked import CLOSING, OF_REPORT
from auditor.incidents.means.site import serving
from auditor.incidents.means.table import CLEANING, CONTAINING, MEANS
from auditor.incidents.response.alarms import alarms
from auditor.incidents.response.at_once import Response, back_again, responses_to, signs
from auditor.models import Host, HostOutcome, Run
from auditor.models.ranks import Form, Means, Question, Report

Says = Literal[
    "contain",
    "collect",
    "answer",
    "report",
    "unreached",
    "look",
    "by_hand",
    "obstacle",
    "form",
    "close_blank",
    "close",
    "close_gone",
]
"""What is to be done; its words: ``incidents.next.SAYS``."""
_SOON = frozenset({"now", "first", "personal"})
"""Reports that go out before a site is clean."""
_SILENT = frozenset({"no_answer", "key_changed"})
"""Why it is not known of what a host was asked: nobody came to it."""


@dataclass(frozen=True)
class Command:
    """A command that is printed."""

    words: tuple[str, ...]
    """After ``auditor``, without the role and the inventory."""
    speaks: bool = True
    """Whether it is given the office role that says so."""
    needs: Literal["", "how", "cause", "release", "note", "answers"] = ""
    """What is given besides: by what way a report went, how the intruder came in, the archive of a release, what was done by hand, what the forms ask."""


@dataclass(frozen=True)
class Step:
    """One step."""

    says: Says
    commands: tuple[Command, ...]
    about: Mapping[str, str] = field(default_factory=dict)
    """What fills its words."""
    looked: tuple[Response, ...] = ()
    """What a person looks at before typing that."""
    stopped: tuple[Action, ...] = ()
    """Processes that are stopped, and are ended by that."""
    by_hand: tuple[Response, ...] = ()
    """What a person does on hosts before that."""
    signs: tuple[Response, ...] = ()
    """What is only a sign, and stands where an intruder was."""
    later: frozenset[Question] = frozenset()
    """Of the questions that are answered, those that only a later report asks."""
    obstacle: Obstacle | None = None
    unreached: tuple[HostOutcome, ...] = ()
    """Hosts that nobody comes to, and why."""


type Unanswered = Mapping[Form, Sequence[Question]]
"""What each form asks, and nobody has said yet."""


def following(
    case: Case,
    newest: Run | None,
    hosts: Sequence[Host],
    now: datetime.datetime,
    left: Sequence[str] = (),
    unanswered: Unanswered | None = None,
    *,
    several: bool = False,
) -> Step:
    """Return the next step of an open incident on these hosts.

    ``left``: those of its sites and hosts that are not in the inventory any more; ``several``: another open incident is about some of the same.
    """
    return next(_steps(case, newest, hosts, now, left, unanswered or {}, several=several))


def _steps(
    case: Case,
    newest: Run | None,
    hosts: Sequence[Host],
    now: datetime.datetime,
    left: Sequence[str],
    unanswered: Unanswered,
    *,
    several: bool,
) -> Iterator[Step]:
    silent = unreached(newest, hosts)
    names = {one.host for one in silent}
    there = [one for one in responses_to(alarms(newest, hosts), hosts) if one.host not in names] if newest else []
    back = back_again(case, newest.hunts) if newest else frozenset()
    ended = [one for one in case.actions.values() if not _goes_on(one, newest)]
    tried = {(one.host, one.means, one.what): one.state for one in ended if one.number not in back}
    denied = _denied(there, hosts)
    at_once = [one for one in there if _asks(one) - {*tried, *denied}]
    if at_once:
        where = tuple(dict.fromkeys(one.host for one in at_once))
        join = ("--join", case.id) if several else ()
        command = Command(("incident", "open", "--all-found", *where, *join))
        yield Step("contain", (command,), {"hosts": ", ".join(where)})
    if (case.actions or there) and not case.collections and len(silent) < len(hosts):
        yield Step("collect", (Command(("incident", "collect", case.id)),))
    for due in case.owed():
        if due.report in _SOON or due.by <= now:
            yield from _report(case, due.report, unanswered)
    if silent:
        commands = tuple(Command(words, speaks=False) for words in reaching(silent))
        yield Step("unreached", commands, {"hosts": ", ".join(sorted(names))}, unreached=silent)
    there = [replace(one, steps=()) if _asks(one) & denied else one for one in there]
    tried |= dict.fromkeys(denied, "refused")
    yield from _left(case, there, signs(newest, hosts) if newest and there else (), tried)
    rest = list(obstacles(case, newest, hosts, now, left=left))
    yield from _released(case, rest)
    yield from (_obstacle(one) for one in rest if one.command[1] not in ("reported", "form", "release", "close"))
    for due in case.owed():
        yield from _report(case, due.report, unanswered)
    for one in rest:
        if one.command[1] == "form":
            yield from _answers(case, CLOSING[case.regime], unanswered)
            yield Step("form", (Command(("incident", "todo", case.id), speaks=False), Command(one.command)))
    close = Command(closing_words(case, left), needs="cause")
    form = CLOSING[case.regime]
    if form in case.forms and (blank := case.forms[form].missing):
        asked = tuple(one.commands[0] for one in _answers(case, form, {form: unanswered.get(form, ())}))
        again = Command(("incident", "form", case.id, "--form", form))
        yield Step("close_blank", (*asked, again, close), {"blank": str(blank)})
    says: Says = "close_gone" if left else "close"
    yield Step(says, (close,), {"names": ", ".join(left)})


def _goes_on(one: Action, newest: Run | None) -> bool:
    """Whether the same command goes on with it: somebody was cut off, its host does not hold it any more, or gave no answer then and has been reached since."""
    if one.state == "begun" or one.lost:
        return True
    if newest is None or one.at is None or one.state != "unknown":
        return False
    return one.why in _SILENT and newest.began > one.at


def _denied(there: Sequence[Response], hosts: Sequence[Host]) -> frozenset[tuple[str, Means, str]]:
    """What is never begun, such as locking the account by which we come in: asking for it again changes nothing."""
    by_name, denied = {host.name: host for host in hosts}, set()
    for one in there:
        for ask in one.wanted:
            try:
                MEANS[ask.means].asked(by_name[one.host], ask.what)
            except InputError:
                denied.add((one.host, ask.means, ask.what))
    return frozenset(denied)


def _asks(one: Response) -> frozenset[tuple[str, Means, str]]:
    return frozenset((one.host, ask.means, ask.what) for ask in one.wanted)


def _report(case: Case, report: Report, unanswered: Unanswered) -> Iterator[Step]:
    """What a form asks is answered, it is filled in, then it goes out."""
    words = reporting(case, report)
    if words[1] == "form":
        yield from _answers(case, OF_REPORT[case.regime][report], unanswered)
    needs: Literal["", "how"] = "how" if words[1] == "reported" else ""
    yield Step("report", (Command(words, needs=needs),), {"report": report})


def _answers(case: Case, form: Form, unanswered: Unanswered) -> Iterator[Step]:
    """What people answer for a form, and for those after it while they are at it."""
    now = tuple(unanswered.get(form, ()))
    if now:
        later = tuple(dict.fromkeys(one for some in unanswered.values() for one in some if one not in now))
        words = ("incident", "answer", case.id, *now, *later)
        yield Step("answer", (Command(words, needs="answers"),), later=frozenset(later))


def _left(
    case: Case,
    there: Sequence[Response],
    only_signs: Sequence[Response],
    tried: Mapping[tuple[str, Means, str], State],
) -> Iterator[Step]:
    """What is left to a person: first what is typed after looking, all of it in one command, then what is done on hosts, after which these are looked at again."""
    looked = tuple(one for one in there if (asked := _asked_for(one)) is not None and asked not in tried)
    stopped = [one for one in case.actions.values() if _stands_still(one) and _ended(one) not in tried]
    stopped = stopped if case.collections else []
    shown = tuple(one for one in only_signs if (asked := _asked_for(one)) is not None and asked not in tried)
    if looked or stopped:
        wanted = [*(asked for one in looked if (asked := _asked_for(one)) is not None), *map(_ended, stopped)]
        yield Step("look", tuple(_typed(case, wanted)), looked=looked, stopped=tuple(stopped), signs=shown)
    open_ones = [one for one in there if (one.steps or one.wanted) and _needs_hands(one, tried)]
    stopped_ones = [replace(one, steps=one.afterwards) for one in there if one.afterwards and _is_in_force(one, tried)]
    by_hand = tuple(sorted((*open_ones, *stopped_ones), key=lambda one: bool(one.root)))
    if by_hand:
        yield Step("by_hand", tuple(_after(case, by_hand, tried)), by_hand=by_hand, signs=shown)


def left_over(case: Case, some: Sequence[Response]) -> Step:
    """Return what containing at once left to a person: what is typed once it was looked at, and what is done on hosts."""
    looked = tuple(one for one in some if (one.wanted and not one.steps) or (_by_typing(one) is not None))
    wanted = [asked for one in looked if (asked := _by_typing(one)) is not None]
    by_hand = tuple(one for one in some if one not in looked)
    return Step("look", tuple(_typed(case, wanted)), looked=looked, by_hand=by_hand)


def _by_typing(one: Response) -> tuple[str, Means, str] | None:
    """What a person types about a thing at first: a process is stopped, as its memory is evidence."""
    if one.wanted or one.typed is None or one.typed[0] in SHUT:
        return None
    means, what = one.typed
    return one.host, means, MEANS[means].read(what)


def closing_site(case: Case, site: str, host: str) -> Command | None:
    """Return the command that keeps a whole site from visitors while a person takes out what they are shown; None: it is kept from them."""
    shut = any(
        (one.means, one.what, one.host, one.state) == ("site", site, host, "confirmed") for one in case.actions.values()
    )
    return None if shut else Command(("incident", "contain", case.id, "site", site, "--host", host))


def _asked_for(one: Response) -> tuple[str, Means, str] | None:
    """What a person types about a thing, which is not contained at once and is not only kept from visitors."""
    if one.wanted or one.typed is None or one.typed[0] == "site":
        return None
    means, what = one.typed
    end: Means = "process-end" if means == "process" else means
    return one.host, end, MEANS[end].read(what)


def _ended(one: Action) -> tuple[str, Means, str]:
    return one.host, "process-end", one.what


def _stands_still(one: Action) -> bool:
    return one.means == "process" and one.state == "confirmed"


def _typed(case: Case, wanted: Sequence[tuple[str, Means, str]]) -> Iterator[Command]:
    """The commands that contain and clean these, on all hosts at once."""
    hosts = {host for host, _, _ in wanted}
    for verb, known in (("contain", CONTAINING), ("clean", CLEANING)):
        pairs = [
            word
            for host, means, what in dict.fromkeys(wanted)
            if means in known
            for word in (means, what if len(hosts) == 1 or MEANS[means].hosts is serving else f"{host}:{what}")
        ]
        if pairs:
            where = ("--host", *hosts) if len(hosts) == 1 else ()
            yield Command(("incident", verb, case.id, *pairs, *where), needs="release" if "core" in pairs else "")


def sign_commands(case: Case, shown: Sequence[Response]) -> tuple[Command, ...]:
    """Return the command that contains those of these signs that are not the office's own."""
    return tuple(_typed(case, [asked for one in shown if (asked := _asked_for(one)) is not None]))


def _needs_hands(one: Response, tried: Mapping[tuple[str, Means, str], State]) -> bool:
    """Whether a person does something on the host about it: no means contains it, the host refused that, or it is only kept from visitors."""
    if one.typed is not None and one.typed[0] in SHUT:
        return True
    asked = [(one.host, ask.means, ask.what) for ask in one.wanted]
    typed = _asked_for(one)
    asked += [typed] if typed is not None else []
    return not asked or any(tried.get(each) in ("refused", "unknown", "released") for each in asked)


def _is_in_force(one: Response, tried: Mapping[tuple[str, Means, str], State]) -> bool:
    return bool(one.wanted) and all(tried.get((one.host, ask.means, ask.what)) == "confirmed" for ask in one.wanted)


def _after(case: Case, by_hand: Sequence[Response], tried: Mapping[tuple[str, Means, str], State]) -> Iterator[Command]:
    """What is typed when that is done: what was done is noted, what was kept from visitors is shown to them again, and these are looked at again."""
    yield Command(("incident", "note", case.id), needs="note")
    sites = tuple(dict.fromkeys(one.subject for one in by_hand if one.typed is not None and one.typed[0] in SHUT))
    shut = [
        str(number)
        for number, one in case.actions.items()
        if one.means in SHUT and one.state == "confirmed" and one.what.partition("/")[0] in sites
    ]
    if shut:
        yield Command(("incident", "release", case.id, *shut))
    if hosts := tuple(dict.fromkeys(one.host for one in by_hand if one.subject not in sites)):
        yield Command(("hunt", "--limit", ",".join(hosts)), speaks=False)
    if sites:
        yield Command(("review", "--limit", ",".join(sites)), speaks=False)


def _released(case: Case, rest: Sequence[Obstacle]) -> Iterator[Step]:
    """Everything that is contained without an end, in one command."""
    some = [one for one in rest if one.command[1] == "release"]
    if some:
        numbers = tuple(number for one in some for number in one.command[3:])
        yield Step("obstacle", (Command(("incident", "release", case.id, *numbers)),), obstacle=some[0])


def _obstacle(one: Obstacle) -> Step:
    return Step("obstacle", (Command(one.command, one.speaks),), obstacle=one)
