"""``auditor hunt``: look for what intruders leave on the hosts, then audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    from auditor.commands.audit import ahead, catalogue, conclude
    from auditor.commands.given import baseline as baselines
    from auditor.commands.shown import console
    from auditor.compromise.fleet import Hunting
    from auditor.fleet.collect import ALL
    from auditor.history.carried import carried
    from auditor.history.hunts import Hunts
    from auditor.history.known_good import KnownGood
    from auditor.history.runs import History
    from auditor.inventory import hosts as inventories
    from auditor.models import clock
    from auditor.system import files
    from auditor.text.words import Words

    known = inventories.load(inventory)
    hosts, _sites = select(known, limit)
    files.check(output)
    if rules is not None and not rules.is_dir():
        raise InputError("--rules {path} is not a folder", path=rules, mend="give a folder of YARA rules")
    history = History()
    history.check()
    earlier = None
    if baseline is not None:
        earlier = baselines.earlier(baseline, known.path, [host.name for host in hosts], history)
    _name_wrong(rules, lang)
    shelf, started = Hunts(), clock.now()
    comparison = compare(known, clock.day(started))
    hunting = Hunting(
        inventory=known.path,
        shelf=shelf,
        manifests=KnownGood().all(),
        rules=rules.resolve() if rules is not None else None,
        whole=whole,
        asked=comparison.asked if comparison is not None else ALL,
    )

    def meanwhile() -> None:
        prepare(catalogue())
        ahead(lang)

    with console.progress(Words(lang)("doing.hunt"), [host.name for host in hosts]) as done:
        _hunts, facts, outcomes = hunting.all(hosts, done, meanwhile)
    run = judge(carried(known), catalogue(), hosts, facts, outcomes, started=started, comparison=comparison)
    conclude(run, history, output, formats, fail_on, earlier, lang, as_json=as_json)


def _name_wrong(rules: Path | None, lang: Lang) -> None:
    """Say which files of others' rules do not compile: they are left out, and only they."""
    from auditor.commands.shown.console import err, escape
    from auditor.compromise.rules import engine
    from auditor.text.words import Words

    if rules is None:
        return
    words = Words(lang)
    for wrong in engine.load(rules).wrong:
        err.print(escape(words("hunts.wrong_rule", file=wrong.file, why=wrong.why)), soft_wrap=True)
