"""``auditor incident todo`` and ``deindex``: what is left to people and to search engines when a site is clean."""

from __future__ import annotations

import json

import typer

from auditor.commands.incidents.hosts import list_hosts_of_subjects, require_hosts_of_incident
from auditor.commands.incidents.next_steps import iter_findings_of_incident
from auditor.commands.output import console
from auditor.commands.verbs.incidents.response import IncidentDeindexOptions, IncidentTodoOptions
from auditor.errors import InputError
from auditor.fleet.collect import FactsRequest, collect
from auditor.history.incidents import IncidentStore
from auditor.history.scans import ScanHistory
from auditor.incidents import deindex_pages
from auditor.incidents import manual_steps as left
from auditor.incidents.case import fold_case
from auditor.incidents.closure import list_case_subjects_not_in_inventory
from auditor.incidents.response.alarms import drop_accepted_traces_from_findings
from auditor.incidents.response.auto_containment import build_responses
from auditor.inventory import hosts as inventories
from auditor.models import clock
from auditor.scans.traces import defang_address
from auditor.system import files
from auditor.text.translations import Words


def list_passwords_and_keys_to_change(options: IncidentTodoOptions) -> None:
    """Run ``auditor incident todo``."""
    inventory_data, words = inventories.load_inventory(options.inventory), Words(options.lang)
    case = fold_case(options.incident, IncidentStore().load_case_log_of_incident(inventory_data.path, options.incident))
    hosts = list_hosts_of_subjects(inventory_data, case.subjects)
    facts, _outcomes = collect(inventory_data.path, hosts, request=FactsRequest(areas=left.AREAS))
    findings = list(iter_findings_of_incident(case))
    theirs = build_responses(
        drop_accepted_traces_from_findings(
            findings, ScanHistory().load_acceptances(inventory_data.path), clock.today()
        ),
        inventory_data.hosts,
    )
    manual_steps = [
        manual_step
        for host in hosts
        for manual_step in left.list_credential_renewal_steps_of_host(case, host, facts.get(host.name), theirs)
    ]
    manual_steps += left.list_steps_for_subjects_never_read(
        case,
        list_case_subjects_not_in_inventory(case, inventory_data.hosts),
        {(finding.control, finding.subject.id) for finding in findings},
    )
    if options.as_json:
        typer.echo(
            json.dumps(
                [left.build_manual_step_json(manual_step, words) for manual_step in manual_steps],
                ensure_ascii=False,
                indent=1,
            )
        )
        raise typer.Exit(1 if manual_steps else 0)
    for step in manual_steps:
        console.out.print(console.escape_markup(left.format_step(step, words)), soft_wrap=True)
    raise typer.Exit(1 if manual_steps else 0)


def export_urls_to_remove_from_search(options: IncidentDeindexOptions) -> None:
    """Run ``auditor incident deindex``."""
    inventory_data, words = inventories.load_inventory(options.inventory), Words(options.lang)
    case = fold_case(options.incident, IncidentStore().load_case_log_of_incident(inventory_data.path, options.incident))
    looks, today, findings = ScanHistory(), clock.today(), list(iter_findings_of_incident(case))
    acceptances = [
        acceptance for acceptance in looks.load_acceptances(inventory_data.path) if acceptance.is_in_force_on_day(today)
    ]
    indexed_pages = [
        page
        for host in require_hosts_of_incident(inventory_data, case)
        for site in host.sites
        if site.domain in case.subjects or host.name in case.subjects
        for page in deindex_pages.list_pages_to_deindex_of_site(
            case,
            site,
            looks.load_crawl_frontier_of_site(inventory_data.path, site.domain),
            findings,
            {acceptance.key for acceptance in acceptances if acceptance.site == site.domain},
        )
    ]
    for page in indexed_pages:
        line = (
            f"{words(f'incidents.forget.{page.act}')}  {defang_address(page.address)}  "
            f"{deindex_pages.describe_what_was_found_on_page(page, words)}"
        )
        console.out.print(console.escape_markup(line), soft_wrap=True)
    if not indexed_pages:
        console.out.print(words("incidents.forget.none"), markup=False)
        return
    try:
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}",
            folder=options.output,
            why=error.strerror,
            mend="choose another --output",
        ) from error
    contents_by_suffix = {
        "txt": deindex_pages.render_urls_to_forget_one_per_line(indexed_pages),
        "csv": deindex_pages.render_indexed_pages_csv(indexed_pages, words),
    }
    for ending, content in contents_by_suffix.items():
        typer.echo(str(files.write_private(options.output / f"{options.incident}-deindex.{ending}", [content])))
