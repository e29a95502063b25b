"""The next steps of an incident.

``auditor incident next`` shows them, and so does each command after it has written to the case log.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from auditor.commands.incidents import incident_view
from auditor.commands.incidents.hosts import list_hosts_of_subjects
from auditor.commands.incidents.incident_view import IncidentView
from auditor.commands.output import console
from auditor.errors import InputError
from auditor.history.incidents import IncidentStore
from auditor.history.known_good import KnownGoodStore
from auditor.history.runs import RunHistory
from auditor.history.scans import ScanHistory
from auditor.incidents import closure
from auditor.incidents.case import IncidentCase, fold_case
from auditor.incidents.forms import document
from auditor.incidents.forms.schema import FINAL_FORM, OF_REPORT
from auditor.incidents.response.alarms import drop_accepted_traces_from_run, list_hosts_with_root_intruder
from auditor.incidents.response.next_steps import CaseSituation, NextStep, find_next_step
from auditor.incidents.transitions import find_open_cases
from auditor.models import Finding, Inventory, Lang, Run, clock
from auditor.models.applications.registry import CMS_KINDS
from auditor.models.ranks import Form, Question
from auditor.text.translations import Words


def build_next_step_and_view(
    inventory_data: Inventory, case: IncidentCase, inventory: Path, lang: Lang, now: datetime.datetime
) -> tuple[NextStep, IncidentView]:
    """Return the next step of an open incident, by its ledger and the newest audit, and how it is shown."""
    newest, hosts = (
        load_newest_run_minus_accepted_traces(inventory_data),
        list_hosts_of_subjects(inventory_data, case.subjects),
    )
    several = len(find_open_cases(IncidentStore().load_case_logs_of_inventory(inventory_data.path), case.subjects)) > 1
    removed_subjects, open_questions = (
        closure.list_case_subjects_not_in_inventory(case, inventory_data.hosts),
        _list_questions_of_unwritten_forms(inventory_data, case, lang),
    )
    step = find_next_step(
        CaseSituation(
            case, newest, hosts, now, removed_subjects, open_questions, shares_subjects_with_other_case=several
        )
    )
    resolved_findings = closure.list_case_findings_resolved_since(case, newest)
    return step, incident_view.IncidentView(
        case,
        str(inventory),
        Words(lang),
        now,
        resolved_findings=resolved_findings,
        release=_find_archive_of_known_good_release(),
        rooted_hosts=list_hosts_with_root_intruder(iter_findings_of_incident(case)),
    )


def load_newest_run_minus_accepted_traces(inventory_data: Inventory) -> Run | None:
    """Return the newest audit, without the traces that the office has accepted since; None: there is none."""
    newest = RunHistory().latest(inventory_data.path)
    return newest and drop_accepted_traces_from_run(
        newest, ScanHistory().load_acceptances(inventory_data.path), clock.today()
    )


def iter_findings_of_incident(case: IncidentCase) -> Iterator[Finding]:
    """Yield what an incident is about, of those audits that are still kept."""
    history, about = RunHistory(), {(case_finding.control, case_finding.subject) for case_finding in case.findings}
    for run in dict.fromkeys(case_finding.run for case_finding in case.findings):
        with suppress(InputError):
            yield from (
                finding for finding in history.run(run).findings if (finding.control, finding.subject.id) in about
            )


def show_next_step_of_open_incident(inventory_data: Inventory, incident: str, inventory: Path, lang: Lang) -> None:
    """Say, beside what a command says, what comes next in an incident; nothing of one that is closed."""
    case = fold_case(incident, IncidentStore().load_case_log_of_incident(inventory_data.path, incident))
    if case.is_open:
        step, view = build_next_step_and_view(inventory_data, case, inventory, lang, clock.now())
        for line in view.iter_step_and_deadline_lines(step):
            console.err.print(line, markup=False, soft_wrap=True, highlight=False)


def _list_questions_of_unwritten_forms(
    inventory_data: Inventory, case: IncidentCase, lang: Lang
) -> Mapping[Form, Sequence[Question]]:
    """Return what the forms that are still to be written ask.

    Nothing where the office's papers cannot be read, which the forms say themselves.
    """
    of_report = OF_REPORT[case.regime]
    next_forms = [
        of_report[due.report]
        for due in case.list_unsent_owed_reports()
        if due.report in of_report and due.report != "now"
    ]
    questions_by_form: dict[Form, Sequence[Question]] = {}
    with suppress(InputError):
        unit = document.choose_reporting_unit(case, inventory_data, None)
        for form in (*next_forms, FINAL_FORM[case.regime]):
            questions_by_form[form] = document.list_unanswered_mandatory_questions(
                document.gather_known_values_for_form(case, form, inventory_data, unit, None, lang)
            )
    return questions_by_form


def _find_archive_of_known_good_release() -> str:
    """Return the archive that what is known to be good of an application was read from; empty where none was."""
    known_good = KnownGoodStore()
    releases = known_good.list_manifests() if known_good.path.exists() else ()
    return next((release.lies for release in releases if release.name in CMS_KINDS), "")
