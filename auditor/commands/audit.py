"""``auditor audit``: read, judge, keep, report."""

from __future__ import annotations

from types import ModuleType

from auditor.audit import run as audits
from auditor.commands.options import baseline as baselines
from auditor.commands.options.baseline import Earlier
from auditor.commands.options.selection import reject_local_with_inventory, select_hosts_and_check_lab
from auditor.commands.output import console
from auditor.commands.verbs.audit import AuditOptions
from auditor.commands.verbs.compromise import HuntOptions
from auditor.commands.verbs.content import ReviewOptions
from auditor.fleet.collect import LOCAL
from auditor.history.prior_state import load_prior_state
from auditor.history.runs import RunHistory
from auditor.inventory import hosts as inventories
from auditor.models import Lang, Run
from auditor.models.prior_state import NOTHING_KNOWN
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
    earlier = baselines.find_runs_of_baseline(options.baseline, inventory_data, hosts, history)
    with console.show_progress(Words(options.lang)("doing.audit"), [host.name for host in hosts]) as report_done:
        run, _facts = audits.audit_hosts(
            inventory_data,
            prior_state,
            None,
            hosts,
            while_reading=audits.WhileReading(
                watch=report_done, meanwhile=lambda: preload_code_and_templates(options.lang)
            ),
        )
    keep_and_report_run_then_exit(run, history, earlier, options)


def preload_code_and_templates(lang: Lang) -> None:
    """Have the code and templates that are needed once the hosts have answered."""
    _load_results().preload_templates(lang)


def keep_and_report_run_then_exit(
    run: Run, history: RunHistory, earlier: Earlier | None, options: AuditOptions | ReviewOptions | HuntOptions
) -> None:
    """Keep a run, write its reports, show it, and exit."""
    _load_results().keep_and_report_run_then_exit(run, history, earlier, options)


def _load_results() -> ModuleType:
    """Return ``audit_results``, loaded while the hosts answer."""
    from auditor.commands import audit_results  # noqa: PLC0415  the hosts are asked first

    return audit_results
