"""``auditor audit``: read, judge, keep, report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import typer

from auditor.audit import controls
from auditor.audit import run as audits
from auditor.audit.controls import Catalogue
from auditor.commands.incidents.next_steps import show_next_step_of_open_incident
from auditor.commands.options import baseline as baselines
from auditor.commands.options.baseline import Earlier
from auditor.commands.options.common import (
    reject_local_with_inventory,
    select_hosts_and_check_lab,
)
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
from auditor.fleet.discover import LOCAL
from auditor.history.incidents import IncidentStore
from auditor.history.prior_state import load_prior_state
from auditor.history.runs import RunHistory
from auditor.incidents import lapses
from auditor.inventory import hosts as inventories
from auditor.models import Lang, Run, Severity
from auditor.models.prior_state import NOTHING_KNOWN
from auditor.report import json_output
from auditor.report.files import write_report_files_of_run
from auditor.report.formats import Format
from auditor.report.html import renderer
from auditor.results import intrusions, verdict
from auditor.results.summary import summarize_run
from auditor.system import files
from auditor.text.translations import Words


def audit(options: AuditOptions) -> None:
    """Run ``auditor audit``."""
    reject_local_with_inventory(options.context)
    inventory_data = LOCAL if options.local else inventories.load_inventory(options.inventory)
    hosts, _sites = select_hosts_and_check_lab(inventory_data, options.limit)
    files.check_and_make_output_folder(options.output)
    history = RunHistory()
    history.check()
    prior_state = NOTHING_KNOWN if options.local else load_prior_state(inventory_data.path)
    earlier = None
    if options.baseline is not None:
        earlier = baselines.find_runs_of_baseline(
            options.baseline, inventory_data.path, [host.name for host in hosts], history
        )
    with console.show_progress(Words(options.lang)("doing.audit"), [host.name for host in hosts]) as report_done:
        run, _facts = audits.audit_hosts(
            inventory_data,
            prior_state,
            load_control_catalogue,
            hosts,
            watch=report_done,
            meanwhile=lambda: preload_code_and_templates(options.lang),
        )
    keep_and_report_run_then_exit(
        run, history, options.output, options.formats, options.fail_on, earlier, options.lang, as_json=options.as_json
    )


def keep_and_report_run_then_exit(
    run: Run,
    history: RunHistory,
    output: Path,
    formats: frozenset[Format],
    fail_on: Severity,
    earlier: Earlier | None,
    lang: Lang,
    *,
    as_json: bool,
) -> NoReturn:
    """Keep a run, write its reports, show it, and exit with the status that its result calls for.

    The result is measured by the ``earlier`` runs if there are any.
    """
    controls = load_control_catalogue()
    late = DeferredErrors()
    late.run_or_defer_error(lambda: history.keep(run), None)
    late.run_or_defer_error(lambda: lapses.record_actions_missing_on_host(IncidentStore(), run), None)
    measure = (
        late.run_or_defer_error(lambda: verdict.build_baseline(run, earlier), None) if earlier is not None else None
    )
    gate_verdict = verdict.judge_run_for_exit_code(run, controls, fail_on, measure)
    report_files = write_report_files_of_run(
        run,
        controls,
        output=output,
        lang=lang,
        before=late.run_or_defer_error(lambda: history.before(run), None),
        trend=late.run_or_defer_error(lambda: history.trend(run.inventory), ()),
        formats=formats,
        verdict=gate_verdict,
        baseline=measure.findings if measure else None,
    )
    if as_json:
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
    inventory_data = inventories.load_inventory(Path(run.inventory)) if relevant_incidents else None
    for incident in relevant_incidents:
        if inventory_data is not None:
            show_next_step_of_open_incident(inventory_data, incident.id, Path(run.inventory), lang)


_WORST = 10
"""How many controls the terminal names."""


def load_control_catalogue() -> Catalogue:
    """Return all controls, read when the hosts have been asked."""
    return controls.load_catalogue()


def preload_code_and_templates(lang: Lang) -> None:
    """Have the code and templates that are needed once the hosts have answered."""
    from auditor.commands.output import reviews  # noqa: F401  loaded ahead
    from auditor.commands.output import run as terminal  # noqa: F401  loaded ahead
    from auditor.report import files  # noqa: F401  loaded ahead

    renderer.preload_frameworks_and_templates(lang)
