"""Keep, report and show the run of ``auditor audit``, ``review`` and ``hunt``: loaded while the hosts answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import typer

from auditor.audit import controls as control_files
from auditor.commands.options.baseline import Earlier
from auditor.commands.output import console
from auditor.commands.output.deferred_errors import DeferredErrors
from auditor.commands.output.hunts import show_last_hunt_of_each_host
from auditor.commands.output.reviews import show_last_review_of_each_site
from auditor.commands.output.run import (
    show_open_findings_by_control,
    show_reason_of_exit_code,
    show_run,
    show_verdict_against_baseline,
)
from auditor.commands.verbs.audit import AuditOptions
from auditor.commands.verbs.compromise import HuntOptions
from auditor.commands.verbs.content import ReviewOptions
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents import lapses
from auditor.inventory import hosts as inventories
from auditor.models import Lang, Run
from auditor.report import json_output
from auditor.report.files import ReportComparison, write_report_files_of_run
from auditor.report.html import renderer
from auditor.results import intrusions, verdict
from auditor.results.summary import summarize_run
from auditor.text.translations import Words

type ReportingOptions = AuditOptions | ReviewOptions | HuntOptions


def preload_templates(lang: Lang) -> None:
    """Have the templates that are needed once the hosts have answered."""
    renderer.preload_frameworks_and_templates(lang)


def keep_and_report_run_then_exit(
    run: Run, history: RunHistory, earlier: Earlier | None, options: ReportingOptions
) -> NoReturn:
    """Keep a run, write its reports, show it, and exit with the status that its result calls for.

    The result is measured by the ``earlier`` runs if there are any.
    """
    controls, lang, late = control_files.load_catalogue(), options.lang, DeferredErrors()
    late.run_or_defer_error(lambda: history.keep(run), None)
    late.run_or_defer_error(lambda: lapses.record_actions_missing_on_host(IncidentStore(), run), None)
    measure = (
        late.run_or_defer_error(lambda: verdict.build_baseline(run, earlier), None) if earlier is not None else None
    )
    gate_verdict = verdict.judge_run_for_exit_code(run, controls, options.fail_on, measure)
    report_files = write_report_files_of_run(
        run,
        controls,
        output=options.output,
        lang=lang,
        formats=options.formats,
        comparison=ReportComparison(
            before=late.run_or_defer_error(lambda: history.before(run), None),
            trend=late.run_or_defer_error(lambda: history.trend(run.inventory), ()),
            verdict=gate_verdict,
            baseline=measure.findings if measure else None,
        ),
    )
    if options.as_json:
        typer.echo(json.dumps(json.loads(json_output.render_findings_as_json(run, gate_verdict)), ensure_ascii=False))
    else:
        show_run(run, summarize_run(run), lang)
        if earlier is not None:
            show_verdict_against_baseline(gate_verdict, controls, lang)
        else:
            show_open_findings_by_control(run, controls, lang, _WORST)
        show_last_review_of_each_site(run, controls, Words(lang))
        show_last_hunt_of_each_host(run, controls, Words(lang))
        for path in report_files.main_files:
            console.out.print(str(path))
        _show_next_steps_of_open_incidents(run, lang)
        show_reason_of_exit_code(gate_verdict, lang)
    if late.mistake is not None:
        raise late.mistake
    raise typer.Exit(gate_verdict.code)


def _show_how_to_open_incident_if_none(run: Run, lang: Lang) -> None:
    """Say last, where intruders were seen and no incident is open, how one is opened.

    What was said first has scrolled away.
    """
    words, open_intrusions = Words(lang), intrusions.find_intrusions(run)
    if open_intrusions:
        command = intrusions.build_command_to_open_incident(
            open_intrusions, run.inventory, words
        ) or intrusions.build_next_command_for_intrusion(open_intrusions[0], run.inventory, words)
        console.err.print(words("intrusion.then", command=command), markup=False, soft_wrap=True, highlight=False)


def _show_next_steps_of_open_incidents(run: Run, lang: Lang) -> None:
    """Say what comes next in each open incident on what was looked at."""
    about = {name for host in run.hosts for name in (host.name, *(site.domain for site in host.sites))}
    relevant_incidents = [candidate for candidate in run.incidents or () if candidate.is_about_any_subject(*about)]
    if not relevant_incidents:
        _show_how_to_open_incident_if_none(run, lang)
        return
    from auditor.commands.incidents.next_steps import (  # noqa: PLC0415  with all forms: only where an incident is open
        show_next_step_of_open_incident,
    )

    inventory_data = inventories.load_inventory(Path(run.inventory))
    for incident in relevant_incidents:
        show_next_step_of_open_incident(inventory_data, incident.id, Path(run.inventory), lang)


_WORST = 10
"""How many controls the terminal names."""
