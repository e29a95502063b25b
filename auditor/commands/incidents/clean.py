"""``auditor incident clean``.

What an intruder left in sites and hosts is taken out of them, step by step, each of which can be undone.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.incidents.case_log import IncidentArgument, WhoOption
from auditor.commands.incidents.contain import DryRunOption, HostsOption, ResponseCommand, parse_action_requests
from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
    UnjudgedSiteOption,
)
from auditor.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.incidents.containment import ActionRequest


def clean_intruder_leftovers(
    incident: IncidentArgument,
    words_typed: Annotated[
        list[str],
        typer.Argument(
            metavar="[STEP WHAT]...",
            help=(
                "What to clean, in pairs: 'core antruc.test' restores the release files of the application, 'row "
                "antruc.test/posts/66' removes a row from the site's database, 'trigger antruc.test/x' removes a "
                "trigger, 'salts antruc.test' regenerates the secrets that sign sessions, 'database-password "
                "antruc.test' regenerates the database password, 'process-end 1234/tmp/x' ends a process."
            ),
        ),
    ],
    who: WhoOption,
    release: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="The release archive for 'core', with known-good files.",
        ),
    ] = None,
    hosts: HostsOption = None,
    unjudged_sites: UnjudgedSiteOption = None,
    dry_run: DryRunOption = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Remove what an intruder left on sites and hosts, several steps at once. Collect evidence first.

    Each step keeps a copy of what it removes, on the host and readable only by root. The result is verified there
    afterward. 'auditor incident release' with the number of a step undoes it.

    In the application's own folders, changed files are replaced, missing files are added, and foreign scripts are
    quarantined as with 'contain'. Files of the office, such as wp-config.php, themes, plugins and uploads, stay
    unchanged. PHP clears its cache.

    A row of WordPress, Joomla or NukeViet is removed with the site's own account, only if it still matches the stored
    copy.

    A trigger is removed in the same way. If another account defined it, its definition is kept, and only a person can
    restore it.

    A process is ended only if it still runs the given program, even if it is stopped; it cannot be restored afterward.
    If other processes run the same program, add the start time to the PID, such as 1234@5678/usr/bin/dash.

    Secrets are generated on the host and never leave it. A new database password is set in the database and in every
    configuration that contains the old one, or nowhere.

    Sites are visited before and after. If a site no longer serves, its steps are undone one by one until it serves. For
    a site in --unjudged, nothing is undone, and its database password is changed even if other files still contain the
    old one.

    Exit code: 0 verified on every host; 1 not done, or unknown.

    Examples:
      auditor incident clean SC-20261127-1 core antruc.test --from wordpress-6.8.2.zip --who "Văn phòng" -i inventories/lab

      auditor incident clean SC-20261127-1 row antruc.test/posts/66 row antruc.test/options/widget_custom_html --who "Văn phòng" -i inventories/lab

      auditor incident clean SC-20261127-1 row antruc.test/posts/66 --dry-run --who "Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line
    from auditor.incidents.actions.registry import ERADICATION_KINDS

    request = ResponseCommand(incident, who, hosts, unjudged_sites, inventory, lang, as_json)
    inventory_data = request.load_validated_inventory()
    requests = _attach_release_files_to_core_requests(
        release, list(parse_action_requests(words_typed, ERADICATION_KINDS, inventory=inventory_data))
    )
    raise typer.Exit(
        0
        if request.carry_out_actions_on_hosts(
            inventory_data, requests, dry_run=dry_run, besides=_iter_removal_requests_for_found_files
        )
        else 1
    )


def _attach_release_files_to_core_requests(
    release: Path | None, requests: Sequence[ActionRequest]
) -> Sequence[ActionRequest]:
    """Return the steps with what is sent along.

    Raises InputError for a release that is not given, is of no use, or is not known to be good.
    """
    from auditor.compromise.known_good import originals
    from auditor.history.known_good import KnownGoodStore
    from auditor.incidents.actions import core

    wants = any(request.means == "core" for request in requests)
    if release is None:
        if wants:
            raise InputError("'core' requires the release archive", mend="give it with --from")
        return requests
    if not wants:
        raise InputError("--from works only with 'core'", mend="omit it, or write 'core SITE'")
    release_archive = originals.open_vouched_release_archive(release, KnownGoodStore().load_manifests())
    return [
        replace(request, files=core.build_release_files_for_core_restore(release_archive, request.what))
        if request.means == "core"
        else request
        for request in requests
    ]


def _iter_removal_requests_for_found_files(found_paths: Iterable[str]) -> Iterator[ActionRequest]:
    """Yield files that a host found, to be taken away; what is no path is nothing."""
    from auditor.incidents.actions.file import FILE
    from auditor.incidents.containment import ActionRequest
    from auditor.text import paths

    for path in found_paths:
        with suppress(InputError):
            yield ActionRequest("file", FILE.read(paths.percent_decode_path(path)), None)
