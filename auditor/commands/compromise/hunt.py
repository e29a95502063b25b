"""``auditor hunt``: look for what intruders leave on the hosts, then audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options.common import (
    DEFAULT_FORMATS,
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    BaselineOption,
    FailOnOption,
    FormatOption,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    OutputOption,
    select_hosts_and_check_lab,
)
from auditor.errors import InputError
from auditor.models import Lang, Severity

RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules", metavar="DIR", help="A folder of third-party YARA rules, used in addition to the built-in ones."
    ),
]
WholeOption = Annotated[
    bool, typer.Option("--whole", help="Read every file again, including files unchanged since the last hunt.")
]


def hunt_for_intrusion_traces_and_audit(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    rules: RulesOption = None,
    whole: WholeOption = False,
    output: OutputOption = DEFAULT_OUTPUT,
    formats: FormatOption = DEFAULT_FORMATS,
    fail_on: FailOnOption = Severity.HIGH,
    baseline: BaselineOption = None,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Scan web roots, autostart entries, ways to log in and processes for traces of intrusion; then audit.

    Known-good files are not analyzed (auditor known-good). Nothing is changed on the hosts, links are not followed, and
    files unchanged since the last hunt are not read again. The results from a host whose root account is compromised
    cannot be trusted.

    Exit code and --baseline: as for 'auditor audit'.

    Examples:
      auditor hunt -i inventories/lab

      auditor hunt -i inventories/lab --limit web1 --rules rules/ --whole

    """
    from auditor.audit.assessors.assessment import AuditInput
    from auditor.audit.run import build_comparison_with_indicators, judge_collected_facts, preload_judging_modules
    from auditor.commands.audit import keep_and_report_run_then_exit, load_control_catalogue, preload_code_and_templates
    from auditor.commands.options import baseline as baselines
    from auditor.commands.output import console
    from auditor.compromise.fleet import HuntRun
    from auditor.fleet.collect import ALL
    from auditor.history.hunts import HuntHistory
    from auditor.history.known_good import KnownGoodStore
    from auditor.history.prior_state import load_prior_state
    from auditor.history.runs import RunHistory
    from auditor.inventory import hosts as inventories
    from auditor.models import clock
    from auditor.system import files
    from auditor.text.translations import Words

    inventory_data = inventories.load_inventory(inventory)
    hosts, _sites = select_hosts_and_check_lab(inventory_data, limit)
    files.check_and_make_output_folder(output)
    if rules is not None and not rules.is_dir():
        raise InputError("--rules {path} is not a folder", path=rules, mend="give a folder of YARA rules")
    history = RunHistory()
    history.check()
    earlier = None
    if baseline is not None:
        earlier = baselines.find_runs_of_baseline(baseline, inventory_data.path, [host.name for host in hosts], history)
    _report_uncompilable_rule_files(rules, lang)
    shelf, start = HuntHistory(), clock.now()
    comparison = build_comparison_with_indicators(inventory_data, clock.convert_moment_to_vietnam_day(start))
    hunt_run = HuntRun(
        inventory=inventory_data.path,
        shelf=shelf,
        manifests=KnownGoodStore().load_manifests(),
        rules=rules.resolve() if rules is not None else None,
        whole=whole,
        fact_query=comparison.fact_request if comparison is not None else ALL,
    )

    def meanwhile() -> None:
        preload_judging_modules(load_control_catalogue())
        preload_code_and_templates(lang)

    with console.show_progress(Words(lang)("doing.hunt"), [host.name for host in hosts]) as report_done:
        _hunts, facts, outcomes = hunt_run.hunt_hosts(hosts, report_done, meanwhile)
    run = judge_collected_facts(
        AuditInput(
            inventory_data,
            load_prior_state(inventory_data.path),
            load_control_catalogue(),
            hosts,
            facts,
            outcomes,
            started_at=start,
            comparison=comparison,
        )
    )
    keep_and_report_run_then_exit(run, history, output, formats, fail_on, earlier, lang, as_json=as_json)


def _report_uncompilable_rule_files(rules: Path | None, lang: Lang) -> None:
    """Say which files of others' rules do not compile: they are left out, and only they."""
    from auditor.commands.output.console import err, escape_markup
    from auditor.compromise.rules import engine
    from auditor.text.translations import Words

    if rules is None:
        return
    words = Words(lang)
    for wrong in engine.load_yara_rules(rules).wrong:
        err.print(escape_markup(words("hunts.wrong_rule", file=wrong.file, why=wrong.why)), soft_wrap=True)
