"""``auditor hunt``: look for what intruders leave on the hosts, then audit."""

from __future__ import annotations

from pathlib import Path

from auditor.audit.run import build_comparison_with_indicators, load_judgement
from auditor.commands.audit import keep_and_report_run_then_exit, preload_code_and_templates
from auditor.commands.options import baseline as baselines
from auditor.commands.options.selection import select_hosts_and_check_lab
from auditor.commands.output import console
from auditor.commands.output.console import err, escape_markup
from auditor.commands.verbs.compromise import HuntOptions
from auditor.compromise.fleet import HuntRun
from auditor.compromise.rules import engine
from auditor.errors import InputError
from auditor.fleet.collect import ALL
from auditor.history.hunts import HuntHistory
from auditor.history.known_good import KnownGoodStore
from auditor.history.prior_state import load_prior_state
from auditor.history.runs import RunHistory
from auditor.inventory import hosts as inventories
from auditor.models import Lang, clock
from auditor.system import files
from auditor.text.translations import Words


def hunt_for_intrusion_traces_and_audit(options: HuntOptions) -> None:
    """Run ``auditor hunt``."""
    inventory_data = inventories.load_inventory(options.inventory)
    hosts, _sites = select_hosts_and_check_lab(inventory_data, options.limit)
    files.check_and_make_output_folder(options.output)
    if options.rules is not None and not options.rules.is_dir():
        raise InputError("--rules {path} is not a folder", path=options.rules, mend="give a folder of YARA rules")
    history = RunHistory()
    history.check()
    earlier = baselines.find_runs_of_baseline(options.baseline, inventory_data, hosts, history)
    _report_uncompilable_rule_files(options.rules, options.lang)
    shelf, start = HuntHistory(), clock.now()
    comparison = build_comparison_with_indicators(inventory_data, clock.convert_moment_to_vietnam_day(start))
    hunt_run = HuntRun(
        inventory=inventory_data.path,
        shelf=shelf,
        manifests=KnownGoodStore().load_manifests(),
        rules=options.rules.resolve() if options.rules is not None else None,
        whole=options.whole,
        fact_query=comparison.fact_request if comparison is not None else ALL,
    )

    def meanwhile() -> None:
        judgement = load_judgement()
        judgement.preload_judging_modules(judgement.load_catalogue())
        preload_code_and_templates(options.lang)

    with console.show_progress(Words(options.lang)("doing.hunt"), [host.name for host in hosts]) as report_done:
        _hunts, facts, outcomes = hunt_run.hunt_hosts(hosts, report_done, meanwhile)
    judgement = load_judgement()
    run = judgement.judge_collected_facts(
        judgement.AuditInput(
            inventory_data,
            load_prior_state(inventory_data.path),
            judgement.load_catalogue(),
            hosts,
            facts,
            outcomes,
            started_at=start,
            comparison=comparison,
        )
    )
    keep_and_report_run_then_exit(run, history, earlier, options)


def _report_uncompilable_rule_files(rules: Path | None, lang: Lang) -> None:
    """Say which files of others' rules do not compile: they are left out, and only they."""
    if rules is None:
        return
    words = Words(lang)
    for wrong in engine.load_yara_rules(rules).wrong:
        err.print(escape_markup(words("hunts.wrong_rule", file=wrong.file, why=wrong.why)), soft_wrap=True)
