"""``auditor incident todo`` and ``deindex``: what is left to people and to search engines when a site is clean."""

from __future__ import annotations

import json

import typer

from auditor.commands.given.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    InventoryOption,
    JsonOption,
    LangOption,
    OutputOption,
)
from auditor.commands.incidents.hosts import hosts_of, hosts_there
from auditor.commands.incidents.ledger import IncidentArgument
from auditor.commands.incidents.then import findings_of
from auditor.errors import InputError
from auditor.models import clock


def todo(
    incident: IncidentArgument,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """List what people have to change: passwords of sites, panels, FTP and accounts, and exposed keys.

    Accounts, keys and administrators attributed to the intruder come first and are to be removed; do not change their
    passwords.

    Reads the hosts. Items that could not be read are listed, too.

    Exit code: 0 nothing is left to change, 1 something is left or could not be read.

    Example:
      auditor incident todo SC-20261127-1 -i inventories/lab

    """
    from auditor.commands.shown import console
    from auditor.fleet.collect import Asked, collect
    from auditor.history.incidents import Incidents
    from auditor.history.looks import Looks
    from auditor.incidents import todo as left
    from auditor.incidents.case import fold
    from auditor.incidents.closing import gone
    from auditor.incidents.response.alarms import without_accepted
    from auditor.incidents.response.at_once import responses_to
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    known, words = inventories.load(inventory), Words(lang)
    case = fold(incident, Incidents().one(known.path, incident))
    hosts = hosts_of(known, case.subjects)
    facts, _outcomes = collect(known.path, hosts, asked=Asked(areas=left.AREAS))
    findings = list(findings_of(case))
    theirs = responses_to(without_accepted(findings, Looks().accepted(known.path), clock.today()), known.hosts)
    found = [one for host in hosts for one in left.of_host(case, host, facts.get(host.name), theirs)]
    found += left.unread(case, gone(case, known.hosts), {(one.control, one.subject.id) for one in findings})
    if as_json:
        typer.echo(json.dumps([left.as_data(one, words) for one in found], ensure_ascii=False, indent=1))
        raise typer.Exit(1 if found else 0)
    for one in found:
        console.out.print(console.escape(left.line(one, words)), soft_wrap=True)
    raise typer.Exit(1 if found else 0)


def deindex(
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
    from auditor.commands.shown import console
    from auditor.history.incidents import Incidents
    from auditor.history.looks import Looks
    from auditor.incidents import forgetting
    from auditor.incidents.case import fold
    from auditor.inventory import hosts as inventories
    from auditor.looks.traces import defanged
    from auditor.system import files
    from auditor.text.words import Words

    known, words = inventories.load(inventory), Words(lang)
    case = fold(incident, Incidents().one(known.path, incident))
    looks, today, findings = Looks(), clock.today(), list(findings_of(case))
    accepted = [one for one in looks.accepted(known.path) if one.holds(today)]
    found = [
        page
        for host in hosts_there(known, case)
        for site in host.sites
        if site.domain in case.subjects or host.name in case.subjects
        for page in forgetting.pages(
            case,
            site,
            looks.ledger(known.path, site.domain),
            findings,
            {one.key for one in accepted if one.site == site.domain},
        )
    ]
    for page in found:
        said = f"{words(f'incidents.forget.{page.act}')}  {defanged(page.address)}  {forgetting.kind_of(page, words)}"
        console.out.print(console.escape(said), soft_wrap=True)
    if not found:
        console.out.print(words("incidents.forget.none"), markup=False)
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", folder=output, why=error.strerror, mend="choose another --output"
        ) from error
    written = {"txt": forgetting.listed(found), "csv": forgetting.table(found, words)}
    for ending, content in written.items():
        typer.echo(str(files.private(output / f"{incident}-deindex.{ending}", [content])))
