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
    select,
)
from auditor.models import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.history.scans import ScanHistory
    from auditor.models import Host, Inventory, Scan
    from auditor.text.translations import Words

MINUTES = 10


def review(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    minutes: Annotated[
        int, typer.Option("--minutes", metavar="N", min=1, max=600, help="Maximum minutes for each site.")
    ] = MINUTES,
    render: Annotated[
        bool,
        typer.Option("--render", help="Also open the home page and suspicious pages in a browser (see the guide)."),
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
    If a site begins to refuse, the review of it stops at once, and it is not reported as clean. Pages that do not fit
    into the time limit are reviewed next time.

    Exit code and --baseline: as for 'auditor audit'.

    Examples:
      auditor review -i inventories/lab

      auditor review -i inventories/lab --limit antruc.test --minutes 3

    """
    from auditor.audit.run import audit as run_audit
    from auditor.commands.audit import conclude, load_catalogue, preload
    from auditor.commands.options import baseline as baselines
    from auditor.commands.output import console
    from auditor.commands.output.reviews import show_answers
    from auditor.content.text import lexicon
    from auditor.history.prior_state import add_prior_state
    from auditor.history.runs import History
    from auditor.history.scans import ScanHistory
    from auditor.inventory import exceptions
    from auditor.inventory import hosts as inventories
    from auditor.system import files
    from auditor.text import translations as texts
    from auditor.web import browser

    inventory_data = inventories.load(inventory)
    hosts, sites = select(inventory_data, limit)
    files.check_output(output)
    if render:
        browser.check()
    own_words = lexicon.read_own_words(exceptions.get_folder(inventory_data.path) / "words")
    history = History()
    history.check()
    earlier = None
    if baseline is not None:
        earlier = baselines.find_baseline(baseline, inventory_data.path, [host.name for host in hosts], history)
    looks, words = ScanHistory(), texts.Words(lang)
    names = [host.name for host in hosts]
    domains = [site.domain for host in hosts for site in host.sites if not sites or site.domain in sites]
    with looks.hold_review_lock():
        scans = _scan(inventory_data, looks, hosts, domains, minutes, words, own_words, render=render)
    with console.show_progress(words("doing.audit"), names) as report_done:
        run, _facts = run_audit(
            add_prior_state(inventory_data), load_catalogue, hosts, watch=report_done, meanwhile=lambda: preload(lang)
        )
    if not as_json:
        show_answers(scans, lambda site: looks.get_answers_folder(inventory_data.path, site), words)
    conclude(run, history, output, formats, fail_on, earlier, lang, as_json=as_json)


def _scan(
    inventory_data: Inventory,
    looks: ScanHistory,
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
    from auditor.content.bot_protection import ways
    from auditor.content.fleet import ScanRun
    from auditor.content.review import ScanBudget
    from auditor.content.text import lexicon
    from auditor.fleet.host_proxy import HostProxy
    from auditor.inventory import engines, exceptions
    from auditor.inventory import reach as reaching
    from auditor.models import clock

    networks = engines.load_networks(exceptions.get_folder(inventory_data.path))
    reach = reaching.load_reach(Path(inventory_data.path))
    with console.show_progress(words("doing.ask_guards"), [host.name for host in hosts]) as report_done:
        facts = host_facts.query_hosts(inventory_data.path, hosts, networks, report_done)
    review_run = ScanRun(
        inventory=inventory_data.path,
        shelf=looks,
        last=looks.load_readable(inventory_data.path),
        own=frozenset(name for site in inventory_data.sites for name in (site.domain, *site.aliases)),
        ways={host.name: ways(facts.get(host.name)) for host in hosts},
        inside=lambda host: HostProxy(reach[host.name]),
        may_probe=host_facts.may_be_probed(inventory_data, clock.today()),
        pages=host_facts.pages(facts.values(), lexicon.with_own(frozenset(own_words.items()))),
        budget=ScanBudget(seconds=minutes * 60),
        words=own_words,
        render=render,
    )
    with console.show_progress(words("doing.review"), domains) as report_done:
        return review_run.scan_sites(hosts, domains, report_done)
