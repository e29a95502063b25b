"""``auditor review``: look at the sites as their visitors do, then audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from auditor.audit import run as audits
from auditor.commands.audit import keep_and_report_run_then_exit, preload_code_and_templates
from auditor.commands.options import baseline as baselines
from auditor.commands.options.selection import select_hosts_and_check_lab
from auditor.commands.output import console
from auditor.commands.output.reviews import show_folders_of_kept_answers
from auditor.commands.verbs.content import ReviewOptions
from auditor.content import host_facts
from auditor.content.bot_protection import determine_visit_routes
from auditor.content.fleet import ScanRun
from auditor.content.review import ScanBudget
from auditor.content.text import lexicon
from auditor.fleet.host_proxy import HostPageFetcher
from auditor.history.prior_state import load_prior_state
from auditor.history.runs import RunHistory
from auditor.history.scans import ScanHistory
from auditor.inventory import engines, exceptions
from auditor.inventory import hosts as inventories
from auditor.inventory import reach as reaching
from auditor.models import Host, Inventory, Scan, clock
from auditor.system import files
from auditor.text import translations as texts
from auditor.web import browser


def review_sites_for_injected_content(options: ReviewOptions) -> None:
    """Run ``auditor review``."""
    inventory_data = inventories.load_inventory(options.inventory)
    hosts, sites = select_hosts_and_check_lab(inventory_data, options.limit)
    files.check_and_make_output_folder(options.output)
    if options.render:
        browser.check_browser_renders_safely()
    own_words = lexicon.read_lexicon_files_of_unit(
        exceptions.get_office_folder_of_inventory(inventory_data.path) / "words"
    )
    history = RunHistory()
    history.check()
    earlier = baselines.find_runs_of_baseline(options.baseline, inventory_data, hosts, history)
    looks, words = ScanHistory(), texts.Words(options.lang)
    names = [host.name for host in hosts]
    domains = [site.domain for host in hosts for site in host.sites if not sites or site.domain in sites]
    with looks.hold_review_lock():
        scans = _scan_sites_for_injected_content(inventory_data, looks, hosts, domains, own_words, options)
    with console.show_progress(words("doing.audit"), names) as report_done:
        run, _facts = audits.audit_hosts(
            inventory_data,
            load_prior_state(inventory_data.path),
            None,
            hosts,
            while_reading=audits.WhileReading(
                watch=report_done, meanwhile=lambda: preload_code_and_templates(options.lang)
            ),
        )
    if not options.as_json:
        show_folders_of_kept_answers(scans, lambda site: looks.get_answers_folder(inventory_data.path, site), words)
    keep_and_report_run_then_exit(run, history, earlier, options)


def _scan_sites_for_injected_content(
    inventory_data: Inventory,
    scan_history: ScanHistory,
    hosts: Sequence[Host],
    domains: Sequence[str],
    own_words: Mapping[str, str],
    options: ReviewOptions,
) -> tuple[Scan, ...]:
    """Ask the hosts what is on guard there, then look at the sites."""
    words = texts.Words(options.lang)
    networks = engines.load_search_engine_networks(exceptions.get_office_folder_of_inventory(inventory_data.path))
    reach = reaching.load_reach(Path(inventory_data.path))
    with console.show_progress(words("doing.ask_guards"), [host.name for host in hosts]) as report_done:
        facts = host_facts.query_facts_about_sites_on_hosts(inventory_data.path, hosts, networks, report_done)
    review_run = ScanRun(
        inventory=inventory_data.path,
        shelf=scan_history,
        last=scan_history.load_undamaged_latest_look_by_site(inventory_data.path),
        own=frozenset(name for site in inventory_data.sites for name in (site.domain, *site.aliases)),
        ways={host.name: determine_visit_routes(facts.get(host.name)) for host in hosts},
        inside=lambda host: HostPageFetcher(reach[host.name]),
        may_probe=host_facts.list_sites_authorized_for_probes(inventory_data, clock.today()),
        pages=host_facts.build_page_inventories_by_domain(
            facts.values(), lexicon.build_lexicon_with_words_of_unit(frozenset(own_words.items()))
        ),
        budget=ScanBudget(seconds=options.minutes * 60),
        words=own_words,
        render=options.render,
    )
    with console.show_progress(words("doing.review"), domains) as report_done:
        return review_run.scan_sites(hosts, domains, report_done)
