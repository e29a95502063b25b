"""Declare the verbs of ``auditor incident`` that contain, clean and follow up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    InventoryOption,
    JsonOption,
    LangOption,
    OutputOption,
    UnjudgedSiteOption,
)
from auditor.commands.verbs.base import Verb
from auditor.commands.verbs.incidents.case_log import IncidentArgument, WhoOption
from auditor.results.containment import list_action_usages
from auditor.text.translations import make_help

HostsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--host",
        metavar="HOST",
        help="Only on this host of the incident; repeat the option for more.",
        autocompletion=completions.complete_hosts_and_sites,
    ),
]


DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only check the hosts and print what would be done.")]


@dataclass(frozen=True, kw_only=True)
class IncidentContainOptions(Verb, runs="auditor.commands.incidents.contain:contain_incident"):
    """Contain an incident: block, quarantine, stop, lock or revoke what was found, close sites, isolate hosts.

    A host lifts a block after a minute, unless the controller logs in again before that; a block that is confirmed in
    this way lasts until its end, also across reboots. Never blocked: the current connection, trusted networks, the
    host's own addresses, its gateways and resolvers, and proxies in front of its sites.

    A file below web roots, /tmp or an autostart folder (profile.d, apt.conf.d, generators) is moved unchanged to a
    folder that only root can access; nothing is run, and links are not followed.

    A job is one line of a crontab: it is commented out in place, and restored when it is released.

    A process is stopped, not ended, and only if it still runs the given program. A unit is stopped and masked; a
    release also restores its file. Processes and units that allow login are never stopped.

    If other processes run the same program, add the start time to the PID, such as 1234@5678/usr/bin/dash.

    With several hosts, prefix each item with its host: 'file web1:/tmp/x'.

    A locked account cannot log in with its password or keys, and its sessions end; a revoked SSH key is removed from
    every authorized_keys. The host undoes both, and the stop of a unit, after a minute, unless the controller logs in
    again before that. Never locked: root, the account and key of Lũy Tre, the last administrator.

    A locked administrator of a known CMS cannot log in any more, and its sessions end; the last administrator is never
    locked. The previous values are kept on the host, readable only by root.

    An isolated host accepts traffic only from the controller, from trusted networks on the SSH port, from its resolvers
    and its mail relay. The kernel lifts the isolation after a minute, unless the controller logs in again before that.

    A blocked path returns 410 to everyone, including everything below it. A closed site returns 503 with Retry-After to
    everyone except trusted networks and the host itself. The web server's configuration test runs before the reload,
    and a test visit after it; if one of them fails, the change is undone.

    Sites are visited before and after, once PHP has cleared its cache. If a site no longer serves, the items that it
    depends on are restored one by one until it serves: its own files first, then files, units and processes outside all
    sites. Items whose restoration did not help are contained again. Actions that only block access stay in force and
    are listed. A compromised site can break itself deliberately to get items restored: name it with --unjudged.

    The whole command is checked before anything is done. If one host refuses an action, the other hosts and the
    following actions are not affected.

    Exit code: 0 verified on every host, and its sites serve as before; 1 not done, or unknown.

    Examples:
      auditor incident contain SC-20261127-1 address 203.0.113.7 --for 24h --who "Văn phòng" -i inventories/lab

      auditor incident contain SC-20261127-1 file /var/www/antruc.test/wp-content/uploads/x.php address 203.0.113.7 --who "Văn phòng" -i inventories/lab

      auditor incident contain SC-20261127-1 process 1234/tmp/.x/miner unit miner.service isolation web1 --who "Văn phòng" -i inventories/lab

      auditor incident contain SC-20261127-1 path antruc.test/wp-content/uploads/x.php site antruc.test --dry-run --who "Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line

    incident: IncidentArgument
    words_typed: Annotated[
        list[str],
        typer.Argument(
            metavar="[MEANS WHAT]...",
            help=make_help("What to contain, in pairs: {examples}.", examples=list_action_usages(for_good=False)),
        ),
    ]
    who: WhoOption
    duration: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="TIME",
            help="Duration of time-limited actions: 30m, 24h, 7d; from 10 minutes to 30 days; default: 24h.",
        ),
    ] = None
    hosts: HostsOption = None
    unjudged_sites: UnjudgedSiteOption = None
    dry_run: DryRunOption = False
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentReleaseOptions(Verb, runs="auditor.commands.incidents.contain:undo_containment_actions"):
    """Undo containment: unblock addresses, restore files without overwriting anything, reopen paths and sites.

    To undo a cleaning step, give its number: this restores what the intruder left.

    Exit code: 0 verified on every host; 1 not done, or unknown.

    Example:
      auditor incident release SC-20261127-1 1 --who "Văn phòng" -i inventories/lab

    """

    incident: IncidentArgument
    who: WhoOption
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[N]...", help="Only the actions with these numbers; default: all.")
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentCleanOptions(Verb, runs="auditor.commands.incidents.clean:clean_intruder_leftovers"):
    """Remove what an intruder left on sites and hosts, several steps at once. Collect evidence first.

    Each step keeps a copy of what it removes, on the host and readable only by root. The result is verified there
    afterward. 'auditor incident release' with the number of a step undoes it.

    In the application's own folders, changed files are replaced, missing files are added, and foreign scripts are
    quarantined as with 'contain'. Files of the office, such as wp-config.php, themes, plugins and uploads, stay
    unchanged. PHP clears its cache.

    A row of a known CMS is removed with the site's own account, only if it still matches the stored copy.

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

    incident: IncidentArgument
    words_typed: Annotated[
        list[str],
        typer.Argument(
            metavar="[STEP WHAT]...",
            help=make_help("What to clean, in pairs: {examples}.", examples=list_action_usages(for_good=True)),
        ),
    ]
    who: WhoOption
    release: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="The release archive for 'core', with known-good files.",
        ),
    ] = None
    hosts: HostsOption = None
    unjudged_sites: UnjudgedSiteOption = None
    dry_run: DryRunOption = False
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentTodoOptions(Verb, runs="auditor.commands.incidents.aftercare:list_passwords_and_keys_to_change"):
    """List what people have to change: passwords of sites, panels, FTP and accounts, and exposed keys.

    Accounts, keys and administrators attributed to the intruder come first: remove them, and do not change their
    passwords.

    Reads the hosts. Items that could not be read are listed, too.

    Exit code: 0 nothing is left to change, 1 something is left or could not be read.

    Example:
      auditor incident todo SC-20261127-1 -i inventories/lab

    """

    incident: IncidentArgument
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentDeindexOptions(Verb, runs="auditor.commands.incidents.aftercare:export_urls_to_remove_from_search"):
    """Export URLs for removal from search engines: as text for their tools, and as CSV with URLs to crawl again.

    The URLs come from the last reviews, the findings of the incident, and contained paths: write the list before you
    review the sites again. Only the owner can read the files, which contain the exact URLs; on screen, the URLs are
    defanged.

    Example:
      auditor incident deindex SC-20261127-1 -i inventories/lab --output out

    """

    incident: IncidentArgument
    inventory: InventoryOption = DEFAULT_INVENTORY
    output: OutputOption = DEFAULT_OUTPUT
    lang: LangOption = DEFAULT_LANG
