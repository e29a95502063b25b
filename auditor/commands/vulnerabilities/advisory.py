"""``auditor vulnerabilities advisory``: a list of vulnerabilities, and what it comes to on our hosts."""

from __future__ import annotations

import json
from datetime import date

import typer
from rich.table import Table

from auditor.audit.exceptions import group_statements_in_force_by_host
from auditor.commands.options.selection import select_hosts_and_check_lab
from auditor.commands.output import console, exceptions
from auditor.commands.verbs.vulnerabilities import VulnerabilitiesAdvisoryOptions
from auditor.fleet.collect import ALL, collect
from auditor.inventory import hosts as inventories
from auditor.inventory.exceptions import get_office_folder_of_inventory
from auditor.models import Lang, clock
from auditor.report import advisory as report
from auditor.report import xlsx
from auditor.system import files
from auditor.text.translations import Words
from auditor.vulnerabilities import store
from auditor.vulnerabilities.advisory import changelogs, products
from auditor.vulnerabilities.advisory.answers import AdvisoryResult, answer_advisory
from auditor.vulnerabilities.advisory.parser import read_advisory_file

_MAX_ROWS = 40


def answer_list_of_cves(options: VulnerabilitiesAdvisoryOptions) -> None:
    """Run ``auditor vulnerabilities advisory``."""
    day = _parse_optional_day(options.due)
    cve_list = read_advisory_file(options.file)
    known_hosts = inventories.load_inventory(options.inventory)
    hosts, _sites = select_hosts_and_check_lab(known_hosts, options.limit)
    foreign = products.load_products_no_host_has(get_office_folder_of_inventory(known_hosts.path))
    facts, _outcomes = collect(
        known_hosts.path,
        hosts,
        request=changelogs.build_fact_request_for_advisory_ids(cve_list) if options.ask_hosts else ALL,
    )
    facts_by_host = {
        host.name: facts[host.name].build_context_for_control_expressions() if host.name in facts else None
        for host in hosts
    }
    with store.open_database() as database:
        answers = answer_advisory(
            cve_list,
            facts_by_host,
            database,
            foreign,
            day,
            group_statements_in_force_by_host(known_hosts, clock.today()),
        )
    if options.output is not None:
        files.write_output(options.output, _build_workbook(answers, options.lang))
    if options.as_json:
        typer.echo(json.dumps(report.build_advisory_json_data(answers), ensure_ascii=False, indent=1))
    else:
        _print_advisory_answers(answers, options.lang)
    exceptions.show_expired_vulnerability_statements(known_hosts, Words(options.lang))
    states = {cve_answer.worst_state for cve_answer in answers.answers}
    raise typer.Exit(1 if states & {"affected", "restart_owed"} else 3 if "unknown" in states else 0)


def _parse_optional_day(text: str | None) -> date | None:
    try:
        return clock.parse_day(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text}: not a date; write it as 2026-12-31") from None


def _build_workbook(answers: AdvisoryResult, lang: Lang) -> bytes:
    words = Words(lang)
    title = answers.title or words("advisory.answers")
    return xlsx.build_workbook(
        report.build_advisory_sheets(answers, words),
        title,
        words("product"),
        clock.format_iso_moment(clock.now()),
        words,
    )


def _print_advisory_answers(answers: AdvisoryResult, lang: Lang) -> None:

    words = Words(lang)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "state", "package", "by_state", "due"):
        table.add_column(words(f"advisory.{heading}"), overflow="fold")
    for cve_answer in answers.answers[:_MAX_ROWS]:
        state, due = (
            words(f"vulnerability.state.{cve_answer.worst_state}"),
            words.format_date(cve_answer.due) if cve_answer.due else "",
        )
        cells = (
            cve_answer.id,
            state,
            report.list_affected_packages(cve_answer),
            report.describe_hosts_by_vulnerability_state(cve_answer, words),
            due,
        )
        table.add_row(*(console.escape_markup(cell) for cell in cells))
    console.out.print(table)
    if len(answers.answers) > _MAX_ROWS:
        console.out.print(words("and_more", n=len(answers.answers) - _MAX_ROWS))
    for number, text in answers.wrong:
        console.err.print(words("advisory.no_id", row=number, text=console.escape_markup(repr(text))))
