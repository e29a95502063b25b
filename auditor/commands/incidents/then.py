"""What comes next in an incident: said by ``auditor incident next``, and after each command that wrote to its ledger."""

from __future__ import annotations

import datetime
from contextlib import suppress
from typing import TYPE_CHECKING

from auditor.commands.incidents.hosts import hosts_of
from auditor.errors import InputError
from auditor.models import clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from auditor.commands.incidents.steps import Shown
    from auditor.incidents.case import Case
    from auditor.incidents.response.following import Step
    from auditor.models import Finding, Inventory, Lang, Run
    from auditor.models.ranks import Form, Question

_APPLICATIONS = frozenset({"wordpress", "joomla", "nukeviet"})


def step_of(known: Inventory, case: Case, inventory: Path, lang: Lang, now: datetime.datetime) -> tuple[Step, Shown]:
    """Return the next step of an open incident, by its ledger and the newest audit, and how it is shown."""
    from auditor.commands.incidents import steps
    from auditor.history.incidents import Incidents
    from auditor.incidents import closing
    from auditor.incidents.deciding import about
    from auditor.incidents.response.alarms import root_taken
    from auditor.incidents.response.following import following
    from auditor.text.words import Words

    newest, hosts = newest_run(known), hosts_of(known, case.subjects)
    several = len(about(Incidents().all(known.path), case.subjects)) > 1
    left, unanswered = closing.gone(case, known.hosts), _unanswered(known, case, lang)
    step = following(case, newest, hosts, now, left, unanswered, several=several)
    past = closing.past(case, newest)
    return step, steps.Shown(
        case, str(inventory), Words(lang), now, past=past, release=_release(), root=root_taken(findings_of(case))
    )


def newest_run(known: Inventory) -> Run | None:
    """Return the newest audit, without the traces that the office has accepted since; None: there is none."""
    from auditor.history.looks import Looks
    from auditor.history.runs import History
    from auditor.incidents.response.alarms import run_without_accepted

    newest = History().latest(known.path)
    return newest and run_without_accepted(newest, Looks().accepted(known.path), clock.today())


def findings_of(case: Case) -> Iterator[Finding]:
    """Yield what an incident is about, of those audits that are still kept."""
    from auditor.history.runs import History

    history, about = History(), {(one.control, one.subject) for one in case.findings}
    for run in dict.fromkeys(one.run for one in case.findings):
        with suppress(InputError):
            yield from (one for one in history.run(run).findings if (one.control, one.subject.id) in about)


def show_then(known: Inventory, incident: str, inventory: Path, lang: Lang) -> None:
    """Say, beside what a command says, what comes next in an incident; nothing of one that is closed."""
    from auditor.commands.shown import console
    from auditor.history.incidents import Incidents
    from auditor.incidents.case import fold

    case = fold(incident, Incidents().one(known.path, incident))
    if case.open:
        step, shown = step_of(known, case, inventory, lang, clock.now())
        for line in shown.lines(step):
            console.err.print(line, markup=False, soft_wrap=True, highlight=False)


def _unanswered(known: Inventory, case: Case, lang: Lang) -> Mapping[Form, Sequence[Question]]:
    """What the forms that are still to be written ask; nothing where the office's papers cannot be read, which the forms say themselves."""
    from auditor.incidents.forms import issue
    from auditor.incidents.forms.asked import CLOSING, OF_REPORT

    of_report = OF_REPORT[case.regime]
    ahead = [of_report[due.report] for due in case.owed() if due.report in of_report and due.report != "now"]
    found: dict[Form, Sequence[Question]] = {}
    with suppress(InputError):
        unit = issue.reporting(case, known, None)
        for form in (*ahead, CLOSING[case.regime]):
            found[form] = issue.questions(issue.known(case, form, known, unit, None, lang))
    return found


def _release() -> str:
    """The archive that what is known to be good of an application was read from; empty where none was."""
    from auditor.history.known_good import KnownGood

    kept = KnownGood()
    listed = kept.listed() if kept.path.exists() else ()
    return next((one.lies for one in listed if one.name in _APPLICATIONS), "")
