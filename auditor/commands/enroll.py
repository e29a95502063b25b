"""``auditor enroll``: step 0 on an unknown server."""

from __future__ import annotations

import getpass
import shlex
import sys
from functools import partial
from pathlib import Path

import typer

from auditor.commands.output.console import err, escape_markup, out
from auditor.commands.output.progress import ask_confirmation
from auditor.commands.verbs.inventory import EnrollOptions
from auditor.errors import InputError
from auditor.fleet import enroll as enrolling
from auditor.fleet import host_keys, logins
from auditor.fleet.enroll import EnrollmentResult
from auditor.fleet.host_keys import HostKey
from auditor.fleet.inventory_draft import AutomationAccount, EnrollmentTarget
from auditor.hardening import jump_hosts
from auditor.inventory.reach import Reach, load_reach
from auditor.text.translations import Words


def enroll_server(options: EnrollOptions) -> None:
    """Run ``auditor enroll``."""
    key = options.key
    port = options.port
    before = _find_reach_in_inventory(options.inventory, options.host)
    account = _choose_automation_account(options, before)
    enrolling.check_host_can_be_enrolled(options.inventory, options.host, account.user, account.group)
    key = key and key.expanduser()
    if key is not None:
        logins.check_private_key_usable_unattended(key)
    words = Words(options.lang)
    where = options.address or (before.address if before is not None else options.host)
    port = port or (before.port if before is not None else 22)
    host_keys_shown = host_keys.scan_keys(where, port)
    recorded_keys = host_keys.read_recorded_host_keys(options.inventory / "office" / "known_hosts", where, port)
    err.print(words("enroll.shows", host=options.host, address=where, port=str(port)), markup=False)
    _print_keys(host_keys_shown)
    if recorded_keys and set(host_keys_shown).isdisjoint(recorded_keys):
        err.print(words("enroll.recorded"), markup=False)
        _print_keys(recorded_keys)
    server = EnrollmentTarget(
        options.host,
        where,
        port,
        confirm_offered_host_keys(
            words, options.host, host_keys_shown, recorded_keys, options.fingerprint, options.yes
        ),
    )
    if key is None and not options.password_stdin:
        logins.check_server_takes_password(server, options.user)
    ask = partial(_ask_password, words("enroll.password", user=options.user, host=options.host))
    password = sys.stdin.readline().rstrip("\n") if options.password_stdin else None
    access = enrolling.EnrollmentAccess(options.user, ask() if password is None and key is None else password, key)
    enrollment = enrolling.enroll(
        options.inventory,
        server,
        access,
        account,
        ask,
        _list_addresses_reached_through_host(options.inventory, options.host),
    )
    _print_enrollment(words, options.inventory, enrollment)


def _choose_automation_account(options: EnrollOptions, before: Reach | None) -> AutomationAccount:
    """Return the account as it is typed, else as the inventory has it, else the usual one."""
    of_inventory = before.user if before is not None and before.user != "root" else None
    return AutomationAccount(
        options.automation_user or of_inventory or "luytre",
        (options.automation_key or Path((before and before.key_file) or "~/.ssh/luytre")).expanduser(),
        options.automation_group,
    )


def _find_reach_in_inventory(inventory: Path, host: str) -> Reach | None:
    """Return how the inventory reaches the host already.

    None for one that it has not, or of which only Ansible could tell.
    """
    known_reach = load_reach(inventory).get(host) if any(inventory.glob("*.y*ml")) else None
    return known_reach if known_reach is not None and known_reach.unclear is None else None


def _list_addresses_reached_through_host(inventory: Path, host: str) -> list[str]:
    """Return the addresses with ports that the inventory reaches through the host."""
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
                "{host} does not present the key {fingerprint}",
                mend="do not connect; ask the operator of the server",
                host=host,
                fingerprint=fingerprint,
            )
        return matching_keys
    known_keys = tuple(key for key in offered_keys if key in recorded_keys)
    if known_keys:
        return known_keys
    if recorded_keys and (yes or not sys.stdin.isatty()):
        raise InputError(
            "{host} presents a key that differs from the recorded one",
            mend="compare it at the server's console; if it is the server's own, give --fingerprint SHA256:…",
            host=host,
        )
    if not yes:
        _ask_to_confirm_host_keys(
            words, words("enroll.changed" if recorded_keys else "enroll.own_keys", command=_AT_THE_CONSOLE)
        )
    return offered_keys


_AT_THE_CONSOLE = "cat /etc/ssh/ssh_host_*_key.pub | ssh-keygen -lf -"


def _print_keys(keys: tuple[HostKey, ...]) -> None:
    for key in keys:
        err.print(f"  {key.kind}  {key.fingerprint}", markup=False)


def _print_enrollment(words: Words, inventory: Path, enrollment: EnrollmentResult) -> None:
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
    if not sys.stdin.isatty():
        raise InputError(
            "cannot ask to confirm the host keys: this is not an interactive terminal",
            mend="give --fingerprint SHA256:…, or --yes",
        )
    if not ask_confirmation(question, words):
        raise typer.Exit(1)
