"""``auditor hunt``: look for what intruders leave on the hosts, then audit."""

from __future__ import annotations

from auditor.audit.run import build_comparison_with_indicators, load_judgement
from auditor.commands.audit import keep_and_report_run_then_exit, preload_code_and_templates
from auditor.commands.compromise.rules import compile_folder_for_one_hunt, show_rules_left_out
from auditor.commands.options import baseline as baselines
from auditor.commands.options.selection import select_hosts_and_check_lab
from auditor.commands.output import console
from auditor.commands.verbs.compromise import HuntOptions
from auditor.compromise.fleet import HuntRun
from auditor.compromise.rules.rule_set import RuleSet, lay_out_rule_sets
from auditor.errors import InputError
from auditor.fleet.collect import ALL
from auditor.history.hunts import HuntHistory
from auditor.history.known_good import KnownGoodStore
from auditor.history.prior_state import load_prior_state
from auditor.history.rule_sets import RuleSetStore
from auditor.history.runs import RunHistory
from auditor.inventory import hosts as inventories
from auditor.models import clock
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
    rule_sets = _load_rule_sets(options)
    shelf, start = HuntHistory(), clock.now()
    comparison = build_comparison_with_indicators(inventory_data, clock.convert_moment_to_vietnam_day(start))

    def meanwhile() -> None:
        judgement = load_judgement()
        judgement.preload_judging_modules(judgement.load_catalogue())
        preload_code_and_templates(options.lang)

    with (
        lay_out_rule_sets(rule_sets) as rules,
        console.show_progress(Words(options.lang)("doing.hunt"), [host.name for host in hosts]) as report_done,
    ):
        hunt_run = HuntRun(
            inventory=inventory_data.path,
            shelf=shelf,
            manifests=KnownGoodStore().load_manifests(),
            rules=rules,
            rule_sets=tuple(rule_set.use for rule_set in rule_sets),
            whole=options.whole,
            fact_query=comparison.fact_request if comparison is not None else ALL,
        )
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


def _load_rule_sets(options: HuntOptions) -> tuple[RuleSet, ...]:
    """Return the kept sets, and the folder that was given, whose rules that are left out are named."""
    rule_sets = RuleSetStore().load_rule_sets()
    if options.rules is None:
        return rule_sets
    of_folder = compile_folder_for_one_hunt(options.rules)
    show_rules_left_out(of_folder, Words(options.lang))
    return (*rule_sets, of_folder)
