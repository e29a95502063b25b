"""``auditor review``: look at the sites as their visitors do, then audit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.given.options import (
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

    from auditor.history.looks import Looks
    from auditor.models import Host, Inventory, Look
    from auditor.text.words import Words

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
    from auditor.commands.audit import ahead, catalogue, conclude
    from auditor.commands.given import baseline as baselines
    from auditor.commands.shown import console
    from auditor.commands.shown.reviews import show_answers
    from auditor.content.words import lexicon
    from auditor.history.carried import carried
    from auditor.history.looks import Looks
    from auditor.history.runs import History
    from auditor.inventory import hosts as inventories
    from auditor.inventory import papers
    from auditor.system import files
    from auditor.text import words as texts
    from auditor.web import browser

    known = inventories.load(inventory)
    hosts, sites = select(known, limit)
    files.check(output)
    if render:
        browser.check()
    own_words = lexicon.own(papers.folder(known.path) / "words")
    history = History()
    history.check()
    earlier = None
    if baseline is not None:
        earlier = baselines.earlier(baseline, known.path, [host.name for host in hosts], history)
    looks, words = Looks(), texts.Words(lang)
    names = [host.name for host in hosts]
    chosen = [site.domain for host in hosts for site in host.sites if not sites or site.domain in sites]
    with looks.alone():
        seen = _look(known, looks, hosts, chosen, minutes, words, own_words, render=render)
    with console.progress(words("doing.audit"), names) as done:
        run, _facts = run_audit(carried(known), catalogue, hosts, watch=done, meanwhile=lambda: ahead(lang))
    if not as_json:
        show_answers(seen, lambda site: looks.answers(known.path, site), words)
    conclude(run, history, output, formats, fail_on, earlier, lang, as_json=as_json)


def _look(
    known: Inventory,
    looks: Looks,
    hosts: Sequence[Host],
    chosen: Sequence[str],
    minutes: int,
    words: Words,
    own_words: Mapping[str, str],
    *,
    render: bool,
) -> tuple[Look, ...]:
    """Ask the hosts what is on guard there, then look at the sites."""
    from auditor.commands.shown import console
    from auditor.content import asked
    from auditor.content.fleet import Reviewing
    from auditor.content.guards import ways
    from auditor.content.review import Budget
    from auditor.content.words import lexicon
    from auditor.fleet.inside import Inside
    from auditor.inventory import engines, papers
    from auditor.inventory import reach as reaching
    from auditor.models import clock

    networks = engines.networks(papers.folder(known.path))
    reach = reaching.reach(Path(known.path))
    with console.progress(words("doing.ask_guards"), [host.name for host in hosts]) as done:
        facts = asked.ask(known.path, hosts, networks, done)
    reviewing = Reviewing(
        inventory=known.path,
        shelf=looks,
        last=looks.readable(known.path),
        own=frozenset(name for site in known.sites for name in (site.domain, *site.aliases)),
        ways={host.name: ways(facts.get(host.name)) for host in hosts},
        inside=lambda host: Inside(reach[host.name]),
        may_probe=asked.may_be_probed(known, clock.today()),
        pages=asked.pages(facts.values(), lexicon.with_own(frozenset(own_words.items()))),
        budget=Budget(seconds=minutes * 60),
        words=own_words,
        render=render,
    )
    with console.progress(words("doing.review"), chosen) as done:
        return reviewing.all(hosts, chosen, done)
