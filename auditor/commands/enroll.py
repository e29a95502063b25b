"""``auditor enroll``: step 0 on an unknown server."""

from __future__ import annotations

import getpass
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, LangOption, YesOption
from auditor.errors import InputError
from auditor.text.translations import Words

if TYPE_CHECKING:
    from auditor.fleet.enroll import EnrollmentResult
    from auditor.fleet.host_keys import HostKey
    from auditor.inventory.reach import Reach


def enroll_server(
    host: Annotated[str, typer.Argument(metavar="HOST", help="Name of the server in the inventory.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    address: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Address or DNS name; default: from the inventory, otherwise HOST."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="SSH port; default: from the inventory, otherwise 22.")
    ] = None,
    user: Annotated[str, typer.Option(metavar="NAME", help="The account that you log in with now.")] = "root",
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Private key of that account, if it has one.")
    ] = None,
    password_stdin: Annotated[
        bool,
        typer.Option(
            "--password-stdin",
            help="Read the password of that account from standard input; with --key, the password for sudo.",
        ),
    ] = False,
    automation_user: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The automation account to create; default: from the inventory, otherwise luytre."
        ),
    ] = None,
    automation_group: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A group on the host for the automation account, for example one in AllowGroups."
        ),
    ] = None,
    automation_key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=(
                "Private key of the automation account, created if missing; default: from the inventory, otherwise "
                "~/.ssh/luytre."
            ),
        ),
    ] = None,
    fingerprint: Annotated[
        str | None, typer.Option(metavar="SHA256:…", help="Fingerprint of a host key that the server must present.")
    ] = None,
    yes: YesOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Enroll a server: create an automation account on it, with its own key and sudo.

    Shows the host keys before sending anything to the host, creates the account, reads the host through it, records the
    keys, and drafts the inventory entry of the host and its sites.

    If the inventory already has the host, for example after a reinstallation, its entry is used and left unchanged, and
    the differences are reported. A host key that differs from the recorded one is accepted only if you confirm it, or
    give its --fingerprint.

    Examples:
      auditor enroll may-chu-1 -i inventories/xa --address 192.0.2.10

      auditor enroll may-chu-1 -i inventories/xa --address 192.0.2.10 --user admin --key ~/.ssh/id_ed25519

      auditor enroll may-chu-1 -i inventories/xa

    """
    from auditor.commands.output.console import err
    from auditor.fleet import enroll as enrolling
    from auditor.fleet import host_keys, logins
    from auditor.fleet.inventory_draft import AutomationAccount, EnrollmentTarget

    before = _find_reach_in_inventory(inventory, host)
    of_inventory = before.user if before is not None and before.user != "root" else None
    account = AutomationAccount(
        automation_user or of_inventory or "luytre",
        (automation_key or Path((before and before.key_file) or "~/.ssh/luytre")).expanduser(),
        automation_group,
    )
    enrolling.check_host_can_be_enrolled(inventory, host, account.user, account.group)
    key = key and key.expanduser()
    if key is not None:
        logins.check_private_key_usable_unattended(key)
    words = Words(lang)
    where = address or (before.address if before is not None else host)
    port = port or (before.port if before is not None else 22)
    host_keys_shown = host_keys.scan_keys(where, port)
    recorded_keys = host_keys.read_recorded_host_keys(inventory / "office" / "known_hosts", where, port)
    err.print(words("enroll.shows", host=host, address=where, port=str(port)), markup=False)
    _print_keys(host_keys_shown)
    if recorded_keys and set(host_keys_shown).isdisjoint(recorded_keys):
        err.print(words("enroll.recorded"), markup=False)
        _print_keys(recorded_keys)
    server = EnrollmentTarget(
        host, where, port, confirm_offered_host_keys(words, host, host_keys_shown, recorded_keys, fingerprint, yes)
    )
    if key is None and not password_stdin:
        logins.check_server_takes_password(server, user)
    ask = partial(_ask_password, words("enroll.password", user=user, host=host))
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    access = enrolling.EnrollmentAccess(user, ask() if password is None and key is None else password, key)
    enrollment = enrolling.enroll(
        inventory, server, access, account, ask, _list_addresses_reached_through_host(inventory, host)
    )
    _print_enrollment(words, inventory, enrollment)


def _find_reach_in_inventory(inventory: Path, host: str) -> Reach | None:
    """Return how the inventory reaches the host already.

    None for one that it has not, or of which only Ansible could tell.
    """
    from auditor.inventory.reach import load_reach

    known_reach = load_reach(inventory).get(host) if any(inventory.glob("*.y*ml")) else None
    return known_reach if known_reach is not None and known_reach.unclear is None else None


def _list_addresses_reached_through_host(inventory: Path, host: str) -> list[str]:
    """Return the addresses with ports that the inventory reaches through the host."""
    from auditor.hardening import jump_hosts
    from auditor.inventory.reach import load_reach

    if not any(inventory.glob("*.y*ml")):
        return []
    reaches = load_reach(inventory)
    behind = [reaches[passage.to] for passage in jump_hosts.find_hosts_reached_through_each_host(reaches).get(host, ())]
    return [f"[{hop.address}]:{hop.port}" if ":" in hop.address else f"{hop.address}:{hop.port}" for hop in behind]


def confirm_offered_host_keys(
    words: Words,
    host: str,
    offered_keys: tuple[HostKey, ...],
    recorded_keys: tuple[HostKey, ...],
    fingerprint: str | None,
    yes: bool,
) -> tuple[HostKey, ...]:
    """Return the keys of the shown ones, one of which the server has to prove to hold before it is sent anything."""
    if fingerprint is not None:
        matching_keys = tuple(key for key in offered_keys if key.fingerprint == fingerprint)
        if not matching_keys:
            raise InputError(
                f"{host} does not present the key {fingerprint}", mend="do not connect; ask the operator of the server"
            )
        return matching_keys
    known_keys = tuple(key for key in offered_keys if key in recorded_keys)
    if known_keys:
        return known_keys
    if recorded_keys and (yes or not sys.stdin.isatty()):
        raise InputError(
            f"{host} presents a key that differs from the recorded one",
            mend="compare it at the server's console; if it is the server's own, give --fingerprint SHA256:…",
        )
    if not yes:
        _ask_to_confirm_host_keys(
            words, words("enroll.changed" if recorded_keys else "enroll.own_keys", command=_AT_THE_CONSOLE)
        )
    return offered_keys


_AT_THE_CONSOLE = "cat /etc/ssh/ssh_host_*_key.pub | ssh-keygen -lf -"


def _print_keys(keys: tuple[HostKey, ...]) -> None:
    from auditor.commands.output.console import err

    for key in keys:
        err.print(f"  {key.kind}  {key.fingerprint}", markup=False)


def _print_enrollment(words: Words, inventory: Path, enrollment: EnrollmentResult) -> None:
    from auditor.commands.output.console import escape_markup, out

    if enrollment.entry is None:
        out.print(words("enroll.kept", host=enrollment.host.name, folder=inventory), markup=False)
        for difference in enrollment.differences:
            out.print(f"  {escape_markup(difference.get(words.lang))}")
    else:
        out.print(f"{enrollment.entry}: {words('sites_n', n=len(enrollment.host.sites))}", markup=False)
        for site in enrollment.host.sites:
            out.print(f"  {site.domain}  {site.server}  {escape_markup(site.document_root or '')}")
    file = enrollment.entry or inventory
    if enrollment.sites_missed:
        out.print(words("enroll.sites_missed", file=file), markup=False)
        for why in enrollment.sites_missed:
            out.print(f"  {escape_markup(why.get(words.lang))}")
    if enrollment.other_admins:
        names = ", ".join(enrollment.other_admins)
        out.print(words("enroll.other_admins", accounts=names, file=file), markup=False)
    out.print(words("enroll.next" if enrollment.entry else "enroll.next_kept", file=file), markup=False)
    for verb in ("inventory check", "audit"):
        out.print(f"  auditor {verb} -i {shlex.quote(str(inventory))}", markup=False, soft_wrap=True)


def _ask_password(question: str) -> str:
    if not sys.stdin.isatty():
        raise InputError(
            "cannot ask for the password: this is not an interactive terminal",
            mend="give --key FILE, or --password-stdin",
        )
    return getpass.getpass(f"{question} ")


def _ask_to_confirm_host_keys(words: Words, question: str) -> None:
    from auditor.commands.output.progress import ask_confirmation

    if not sys.stdin.isatty():
        raise InputError(
            "cannot ask to confirm the host keys: this is not an interactive terminal",
            mend="give --fingerprint SHA256:…, or --yes",
        )
    if not ask_confirmation(question, words):
        raise typer.Exit(1)
