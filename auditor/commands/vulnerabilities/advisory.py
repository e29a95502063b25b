"""``auditor vulnerabilities advisory``: a list of vulnerabilities, and what it comes to on our hosts."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.given.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    select,
)
from auditor.models import clock

if TYPE_CHECKING:
    from auditor.models import Lang
    from auditor.vulnerabilities.advisory.answers import Answers

_SHOWN = 40


def advisory(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The list: CSV, XLSX, YAML, or JSON (CSAF 2.0, STIX 2.1).")
    ],
    due: Annotated[
        str | None,
        typer.Option("--due", metavar="DATE", help="Due date for rows that have none, such as 2026-12-31."),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    limit: LimitOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE.xlsx", help="Write the answers as XLSX for distribution.")
    ] = None,
    ask_hosts: Annotated[
        bool,
        typer.Option("--ask-hosts", help="Also search the package changelogs of the hosts for the CVEs in the list."),
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Answer a list of CVEs from the imported data: which hosts are affected, fixed, or not affected.

    Reads the hosts now, without changing anything. Invalid CVE IDs are reported with their row.

    Exit code: 0 nothing is affected, 1 something is affected or needs a restart, 3 something is unknown.

    Example:
      auditor vulnerabilities advisory thang-11.xlsx --due 2026-12-15 --output out/tra-loi.xlsx -i inventories/lab

    """
    from auditor.audit import statements
    from auditor.commands.shown import papers
    from auditor.fleet.collect import ALL, collect
    from auditor.inventory import hosts as inventories
    from auditor.inventory.papers import folder
    from auditor.system import files
    from auditor.text.words import Words
    from auditor.vulnerabilities import store
    from auditor.vulnerabilities.advisory import changelogs, products
    from auditor.vulnerabilities.advisory.answers import answer
    from auditor.vulnerabilities.advisory.reading import read

    day = _day(due)
    listed = read(file)
    known_hosts = inventories.load(inventory)
    hosts, _sites = select(known_hosts, limit)
    foreign = products.foreign(folder(known_hosts.path))
    facts, _outcomes = collect(known_hosts.path, hosts, asked=changelogs.asked(listed) if ask_hosts else ALL)
    told = {host.name: facts[host.name].context() if host.name in facts else None for host in hosts}
    with store.known() as known:
        answers = answer(listed, told, known, foreign, day, statements.in_force(known_hosts, clock.today()))
    if output is not None:
        files.output(output, _workbook(answers, lang))
    if as_json:
        from auditor.report import advisory as report

        typer.echo(json.dumps(report.data(answers), ensure_ascii=False, indent=1))
    else:
        _show(answers, lang)
    papers.expired_statements(known_hosts, Words(lang))
    states = {one.state for one in answers.answers}
    raise typer.Exit(1 if states & {"affected", "restart_owed"} else 3 if "unknown" in states else 0)


def _day(text: str | None) -> date | None:
    try:
        return clock.day_written(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text}: not a date; write it as 2026-12-31") from None


def _workbook(answers: Answers, lang: Lang) -> bytes:
    from auditor.report import advisory as report
    from auditor.report import xlsx
    from auditor.text.words import Words

    words = Words(lang)
    title = answers.title or words("advisory.answers")
    return xlsx.book(report.sheets(answers, words), title, words("product"), clock.stamp(clock.now()), words)


def _show(answers: Answers, lang: Lang) -> None:
    from rich.table import Table

    from auditor.commands.shown import console
    from auditor.report import advisory as report
    from auditor.text.words import Words

    words = Words(lang)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "state", "package", "by_state", "due"):
        table.add_column(words(f"advisory.{heading}"), overflow="fold")
    for one in answers.answers[:_SHOWN]:
        state, due = words(f"vulnerability.state.{one.state}"), words.day(one.due) if one.due else ""
        cells = (one.id, state, report.packages(one), report.by_state(one, words), due)
        table.add_row(*(console.escape(cell) for cell in cells))
    console.out.print(table)
    if len(answers.answers) > _SHOWN:
        console.out.print(words("and_more", n=len(answers.answers) - _SHOWN))
    for number, text in answers.wrong:
        console.err.print(words("advisory.no_id", row=number, text=console.escape(repr(text))))
