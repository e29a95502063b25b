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
    select,
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


def hunt(
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
    """Scan web roots, and all that starts, grants access or runs elsewhere, for traces of intrusion; then audit.

    Known-good files are not analyzed (auditor known-good). Nothing is changed on the hosts, links are not followed, and
    files unchanged since the last hunt are not read again. The results from a host whose root account is compromised
    cannot be trusted.

    Exit code and --baseline: as for 'auditor audit'.

    Examples:
      auditor hunt -i inventories/lab

      auditor hunt -i inventories/lab --limit web1 --rules rules/ --whole

    """
    from auditor.audit.run import compare, judge, prepare
    from auditor.commands.audit import conclude, load_catalogue, preload
    from auditor.commands.options import baseline as baselines
    from auditor.commands.output import console
    from auditor.compromise.fleet import HuntRun
    from auditor.fleet.collect import ALL
    from auditor.history.hunts import HuntHistory
    from auditor.history.known_good import KnownGood
    from auditor.history.prior_state import add_prior_state
    from auditor.history.runs import History
    from auditor.inventory import hosts as inventories
    from auditor.models import clock
    from auditor.system import files
    from auditor.text.translations import Words

    inventory_data = inventories.load(inventory)
    hosts, _sites = select(inventory_data, limit)
    files.check_output(output)
    if rules is not None and not rules.is_dir():
        raise InputError("--rules {path} is not a folder", path=rules, mend="give a folder of YARA rules")
    history = History()
    history.check()
    earlier = None
    if baseline is not None:
        earlier = baselines.find_baseline(baseline, inventory_data.path, [host.name for host in hosts], history)
    _name_wrong(rules, lang)
    shelf, start = HuntHistory(), clock.now()
    comparison = compare(inventory_data, clock.to_day(start))
    hunt_run = HuntRun(
        inventory=inventory_data.path,
        shelf=shelf,
        manifests=KnownGood().load_manifests(),
        rules=rules.resolve() if rules is not None else None,
        whole=whole,
        fact_query=comparison.fact_request if comparison is not None else ALL,
    )

    def meanwhile() -> None:
        prepare(load_catalogue())
        preload(lang)

    with console.show_progress(Words(lang)("doing.hunt"), [host.name for host in hosts]) as report_done:
        _hunts, facts, outcomes = hunt_run.hunt_hosts(hosts, report_done, meanwhile)
    run = judge(
        add_prior_state(inventory_data),
        load_catalogue(),
        hosts,
        facts,
        outcomes,
        started_at=start,
        comparison=comparison,
    )
    conclude(run, history, output, formats, fail_on, earlier, lang, as_json=as_json)


def _name_wrong(rules: Path | None, lang: Lang) -> None:
    """Say which files of others' rules do not compile: they are left out, and only they."""
    from auditor.commands.output.console import err, escape
    from auditor.compromise.rules import engine
    from auditor.text.translations import Words

    if rules is None:
        return
    words = Words(lang)
    for wrong in engine.load(rules).wrong:
        err.print(escape(words("hunts.wrong_rule", file=wrong.file, why=wrong.why)), soft_wrap=True)
