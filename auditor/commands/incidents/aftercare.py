"""``auditor incident todo`` and ``deindex``: what is left to people and to search engines when a site is clean."""

from __future__ import annotations

import json

import typer

from auditor.commands.incidents.case_log import IncidentArgument
from auditor.commands.incidents.hosts import list_hosts_of_subjects, require_hosts_of_incident
from auditor.commands.incidents.next_steps import iter_findings_of_incident
from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    InventoryOption,
    JsonOption,
    LangOption,
    OutputOption,
)
from auditor.errors import InputError
from auditor.models import clock


def list_passwords_and_keys_to_change(
    incident: IncidentArgument,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """List what people have to change: passwords of sites, panels, FTP and accounts, and exposed keys.

    Accounts, keys and administrators attributed to the intruder come first: remove them, and do not change their
    passwords.

    Reads the hosts. Items that could not be read are listed, too.

    Exit code: 0 nothing is left to change, 1 something is left or could not be read.

    Example:
      auditor incident todo SC-20261127-1 -i inventories/lab

    """
    from auditor.commands.output import console
    from auditor.fleet.collect import FactsRequest, collect
    from auditor.history.incidents import IncidentStore
    from auditor.history.scans import ScanHistory
    from auditor.incidents import manual_steps as left
    from auditor.incidents.case import fold_case
    from auditor.incidents.closure import list_case_subjects_not_in_inventory
    from auditor.incidents.response.alarms import drop_accepted_traces_from_findings
    from auditor.incidents.response.auto_containment import build_responses
    from auditor.inventory import hosts as inventories
    from auditor.text.translations import Words

    inventory_data, words = inventories.load_inventory(inventory), Words(lang)
    case = fold_case(incident, IncidentStore().load_case_log_of_incident(inventory_data.path, incident))
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
    if as_json:
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


def export_urls_to_remove_from_search(
    incident: IncidentArgument,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    output: OutputOption = DEFAULT_OUTPUT,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Export URLs for removal from search engines: as text for their tools, and as CSV with URLs to crawl again.

    The URLs come from the last reviews, the findings of the incident, and contained paths: write the list before you
    review the sites again. Only the owner can read the files, which contain the exact URLs; on screen, the URLs are
    defanged.

    Example:
      auditor incident deindex SC-20261127-1 -i inventories/lab --output out

    """
    from auditor.commands.output import console
    from auditor.history.incidents import IncidentStore
    from auditor.history.scans import ScanHistory
    from auditor.incidents import deindex_pages
    from auditor.incidents.case import fold_case
    from auditor.inventory import hosts as inventories
    from auditor.scans.traces import defang_address
    from auditor.system import files
    from auditor.text.translations import Words

    inventory_data, words = inventories.load_inventory(inventory), Words(lang)
    case = fold_case(incident, IncidentStore().load_case_log_of_incident(inventory_data.path, incident))
    looks, today, findings = ScanHistory(), clock.today(), list(iter_findings_of_incident(case))
    acceptances = [
        acceptance for acceptance in looks.load_acceptances(inventory_data.path) if acceptance.is_valid_on_day(today)
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
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", folder=output, why=error.strerror, mend="choose another --output"
        ) from error
    contents_by_suffix = {
        "txt": deindex_pages.render_urls_to_forget_one_per_line(indexed_pages),
        "csv": deindex_pages.render_indexed_pages_csv(indexed_pages, words),
    }
    for ending, content in contents_by_suffix.items():
        typer.echo(str(files.write_private(output / f"{incident}-deindex.{ending}", [content])))
