"""``auditor review``: look at the sites as their visitors do, then audit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from auditor.models import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.history.scans import ScanHistory
    from auditor.models import Host, Inventory, Scan
    from auditor.text.translations import Words

MINUTES = 10


def review_sites_for_injected_content(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    minutes: Annotated[
        int, typer.Option("--minutes", metavar="N", min=1, max=600, help="Maximum minutes for each site.")
    ] = MINUTES,
    render: Annotated[
        bool,
        typer.Option(
            "--render",
            help="Also open the home page and suspicious pages in a browser (see docs/en/review-settings.md).",
        ),
    ] = False,
    output: OutputOption = DEFAULT_OUTPUT,
    formats: FormatOption = DEFAULT_FORMATS,
    fail_on: FailOnOption = Severity.HIGH,
    baseline: BaselineOption = None,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Scan the sites for injected content, as visitors, phones and search engines see them; then audit.

    Visits only declared sites, at the address of their host, slowly and within robots.txt, and never submits anything.
    If a site begins to refuse requests, its review stops at once, and the site is not reported as clean. Pages that do
    not fit into the time limit are reviewed next time.

    Exit code and --baseline: as for 'auditor audit'.

    Examples:
      auditor review -i inventories/lab

      auditor review -i inventories/lab --limit antruc.test --minutes 3

    """
    from auditor.audit.run import audit_hosts as run_audit
    from auditor.commands.audit import keep_and_report_run_then_exit, load_control_catalogue, preload_code_and_templates
    from auditor.commands.options import baseline as baselines
    from auditor.commands.output import console
    from auditor.commands.output.reviews import show_folders_of_kept_answers
    from auditor.content.text import lexicon
    from auditor.history.prior_state import load_prior_state
    from auditor.history.runs import RunHistory
    from auditor.history.scans import ScanHistory
    from auditor.inventory import exceptions
    from auditor.inventory import hosts as inventories
    from auditor.system import files
    from auditor.text import translations as texts
    from auditor.web import browser

    inventory_data = inventories.load_inventory(inventory)
    hosts, sites = select_hosts_and_check_lab(inventory_data, limit)
    files.check_and_make_output_folder(output)
    if render:
        browser.check_browser_renders_safely()
    own_words = lexicon.read_lexicon_files_of_unit(
        exceptions.get_office_folder_of_inventory(inventory_data.path) / "words"
    )
    history = RunHistory()
    history.check()
    earlier = None
    if baseline is not None:
        earlier = baselines.find_runs_of_baseline(baseline, inventory_data.path, [host.name for host in hosts], history)
    looks, words = ScanHistory(), texts.Words(lang)
    names = [host.name for host in hosts]
    domains = [site.domain for host in hosts for site in host.sites if not sites or site.domain in sites]
    with looks.hold_review_lock():
        scans = _scan_sites_for_injected_content(
            inventory_data, looks, hosts, domains, minutes, words, own_words, render=render
        )
    with console.show_progress(words("doing.audit"), names) as report_done:
        run, _facts = run_audit(
            inventory_data,
            load_prior_state(inventory_data.path),
            load_control_catalogue,
            hosts,
            watch=report_done,
            meanwhile=lambda: preload_code_and_templates(lang),
        )
    if not as_json:
        show_folders_of_kept_answers(scans, lambda site: looks.get_answers_folder(inventory_data.path, site), words)
    keep_and_report_run_then_exit(run, history, output, formats, fail_on, earlier, lang, as_json=as_json)


def _scan_sites_for_injected_content(
    inventory_data: Inventory,
    scan_history: ScanHistory,
    hosts: Sequence[Host],
    domains: Sequence[str],
    minutes: int,
    words: Words,
    own_words: Mapping[str, str],
    *,
    render: bool,
) -> tuple[Scan, ...]:
    """Ask the hosts what is on guard there, then look at the sites."""
    from auditor.commands.output import console
    from auditor.content import host_facts
    from auditor.content.bot_protection import determine_visit_routes
    from auditor.content.fleet import ScanRun
    from auditor.content.review import ScanBudget
    from auditor.content.text import lexicon
    from auditor.fleet.host_proxy import HostPageFetcher
    from auditor.inventory import engines, exceptions
    from auditor.inventory import reach as reaching
    from auditor.models import clock

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
        budget=ScanBudget(seconds=minutes * 60),
        words=own_words,
        render=render,
    )
    with console.show_progress(words("doing.review"), domains) as report_done:
        return review_run.scan_sites(hosts, domains, report_done)
