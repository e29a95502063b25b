"""``auditor enroll``: step 0 on an unknown server."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, LangOption, YesOption
from auditor.errors import InputError
from auditor.words import Words


def enroll(
    host: Annotated[str, typer.Argument(metavar="HOST", help="The name it shall have in the inventory.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address or DNS name; by default HOST.")
    ] = None,
    port: Annotated[int, typer.Option(help="SSH port.")] = 22,
    user: Annotated[str, typer.Option(help="The account that you have today.")] = "root",
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key, when it has one.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read its password from standard input.")
    ] = False,
    automation_user: Annotated[str, typer.Option(metavar="NAME", help="The automation account to make.")] = "luytre",
    automation_key: Annotated[Path, typer.Option(metavar="FILE", help="Its private key; made when missing.")] = Path(
        "~/.ssh/luytre"
    ),
    fingerprint: Annotated[str | None, typer.Option(metavar="SHA256:…", help="A host key that it must show.")] = None,
    yes: YesOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """From the root password or key that an office has, to an automation account with its own key and sudo.

    Shows the host's keys before anything is sent to it, records them, makes the account, reads the host with it,
    and drafts the inventory entry of the host and its sites.

    Examples:
      auditor enroll may-chu-1 -i inventories/xa --address 192.0.2.10

      auditor enroll may-chu-1 -i inventories/xa --address 192.0.2.10 --user admin --key ~/.ssh/id_ed25519

    """
    from auditor import enroll as enrolling
    from auditor.commands.console import err, out

    if not inventory.is_dir():
        raise InputError(
            "enrolment needs an inventory folder",
            file=inventory,
            mend=f"mkdir -p {inventory}, or copy inventories/example",
        )
    words = Words(lang)
    where = address or host
    keys = enrolling.host_keys(where, port)
    err.print(words("enroll.shows", host=host, address=where, port=str(port)), markup=False)
    for shown in keys:
        err.print(f"  {shown.kind}  {shown.fingerprint}", markup=False)
    if fingerprint is not None and fingerprint not in {shown.fingerprint for shown in keys}:
        raise InputError(f"{host} does not show the key {fingerprint}", mend="do not connect; ask who runs the server")
    if fingerprint is None and not yes:
        _ask(words("enroll.own_keys", command="ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"))
    access = enrolling.Access(
        user, None if key else _password(words("enroll.password", user=user, host=host), password_stdin), key
    )
    done = enrolling.enroll(inventory, host, where, port, keys, access, automation_user, automation_key.expanduser())
    out.print(f"{done.entry}: {words('sites_n', n=len(done.host.sites))}", markup=False)
    for site in done.host.sites:
        out.print(f"  {site.domain}  {site.server}  {site.document_root}", markup=False)
    out.print(f"auditor audit -i {inventory}", markup=False)


def _password(question: str, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise InputError("nobody to ask for the password", mend="give --key FILE, or --password-stdin")
    return getpass.getpass(f"{question} ")


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise InputError("nobody to confirm the host's keys", mend="give --fingerprint SHA256:…, or --yes")
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)
