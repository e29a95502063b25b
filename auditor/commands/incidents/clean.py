"""``auditor incident clean``: what an intruder left in sites and hosts is taken out of them, step by step, each of which can be undone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.given.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
    UnjudgedSiteOption,
)
from auditor.commands.incidents.contain import DryRunOption, HostsOption, Request, read
from auditor.commands.incidents.ledger import IncidentArgument, WhoOption
from auditor.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.incidents.containing import Wanted


def clean(
    incident: IncidentArgument,
    wanted: Annotated[
        list[str],
        typer.Argument(
            metavar="[STEP WHAT]...",
            help="What is cleaned, in pairs: 'core antruc.test' gives its application the files of its release again, 'row antruc.test/posts/66' takes a row out of a site's database, 'trigger antruc.test/x' a trigger, 'salts antruc.test' makes the secrets anew by which it signs sessions, 'database-password antruc.test' the password of its database, 'process-end 1234/tmp/x' ends a process.",
        ),
    ],
    who: WhoOption,
    release: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="The archive of the release for 'core', whose files are known to be good.",
        ),
    ] = None,
    hosts: HostsOption = None,
    unjudged: UnjudgedSiteOption = None,
    dry_run: DryRunOption = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Take out of sites and hosts what an intruder left in them, several steps at once. Collect evidence first.

    Each step keeps on the host, for root alone, what it takes away, and is looked at there afterwards. 'auditor incident release' with a step's number undoes it.

    Of an application's own folders, files that are not as its release has them are replaced, those that are missing put there, and scripts that are none of its taken away as 'contain'
    takes files. What an office writes, such as wp-config.php, themes, plugins and uploads, is left. PHP forgets what it held in memory.

    A row of WordPress, Joomla or NukeViet is taken out by the site's own account, if it still is what was kept of it.

    A trigger goes likewise. One that another account has defined stays kept, and a person puts it back.

    A process ends, stopped or not, if it still runs what is named: its trace is gone then, and nothing brings it back. Where others run the same
    program, its number is followed by when it began, as 1234@5678/usr/bin/dash.

    Secrets are made on the host and leave it in no form. A new database password is put in the database and in every configuration that has the old one, or nowhere.

    Sites are visited before and after. When one no longer serves, what was done in it is undone, one step after the other until it serves. A site that --unjudged names undoes nothing, and keeps no password of its database from being made anew by what lies in its folders.

    Exit code: 0 done on every host, as looked at there; 1 not, or not known.

    Examples:
      auditor incident clean SC-20261127-1 core antruc.test --from wordpress-6.8.2.zip --who "Văn phòng" -i inventories/lab

      auditor incident clean SC-20261127-1 row antruc.test/posts/66 row antruc.test/options/widget_custom_html --who "Văn phòng" -i inventories/lab

      auditor incident clean SC-20261127-1 row antruc.test/posts/66 --dry-run --who "Văn phòng" -i inventories/lab

    """
    from auditor.incidents.means.table import CLEANING

    request = Request(incident, who, hosts, unjudged, inventory, lang, as_json)
    known = request.load_inventory()
    asked = _with(release, list(read(wanted, CLEANING, inventory=known)))
    raise typer.Exit(0 if request.carry_out(known, asked, dry_run=dry_run, besides=_besides) else 1)


def _with(release: Path | None, asked: Sequence[Wanted]) -> Sequence[Wanted]:
    """The steps with what is sent along. Raises InputError for a release that is not given, is of no use, or is not known to be good."""
    from auditor.compromise.known import originals
    from auditor.history.known_good import KnownGood
    from auditor.incidents.means import core

    wants = any(one.means == "core" for one in asked)
    if release is None:
        if wants:
            raise InputError("'core' needs the archive of the release", mend="give it with --from")
        return asked
    if not wants:
        raise InputError("--from is of 'core' alone", mend="leave it out, or write 'core SITE'")
    made = originals.opened(release, KnownGood().all())
    return [replace(one, sent=core.sent(made, one.what)) if one.means == "core" else one for one in asked]


def _besides(found: Iterable[str]) -> Iterator[Wanted]:
    """Files that a host found, to be taken away; what is no path is nothing."""
    from auditor.incidents.containing import Wanted
    from auditor.incidents.means.file import FILE
    from auditor.text import paths

    for path in found:
        with suppress(InputError):
            yield Wanted("file", FILE.read(paths.read(path)), None)
