"""What an office has to get into a server with, looked at before anybody is asked for a password."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from auditor.errors import InputError
from auditor.fleet import host_keys, ssh_options
from auditor.fleet.host_keys import run_ssh_tool
from auditor.fleet.inventory_draft import EnrollmentTarget
from auditor.models import Text
from auditor.text.translations import make_text

_SECONDS = 30
_REFUSAL = re.compile(r"Permission denied \(([a-z,-]{1,200})\)")
_BY_PASSWORD = {"password", "keyboard-interactive"}


def check_private_key_usable_unattended(file: Path) -> None:
    """Raise InputError for a private key that cannot be used, nobody being there to type its passphrase."""
    if not file.is_file():
        raise InputError("there is no key at this path", file=file, mend="give the path of the private key with --key")
    process = run_ssh_tool("ssh-keygen", "-y", "-P", "", "-f", str(file))
    if process.returncode == 0:
        return
    if "passphrase" in process.stderr:
        raise InputError(
            "this key has a passphrase, which the program cannot ask for",
            file=file,
            mend="use a key without a passphrase, or omit --key and use the account's password",
        )
    raise InputError(
        "is not a readable OpenSSH private key",
        file=file,
        mend="use the private key (not .pub), readable only by you: chmod 600",
    )


def check_server_takes_password(server: EnrollmentTarget, user: str) -> None:
    """Raise InputError when the server takes no password from the account, so that none is asked for in vain."""
    ways = _list_login_methods(server, user)
    if ways and _BY_PASSWORD.isdisjoint(ways):
        raise InputError(
            "{host} does not accept a password from {user}, only: {ways}",
            host=server.name,
            user=user,
            ways=", ".join(sorted(ways)),
            mend="give a key of that account with --key FILE, or another account with --user NAME",
        )


def _list_login_methods(server: EnrollmentTarget, user: str) -> frozenset[str]:
    """Return the ways to log in that the server offers; none when it does not say."""
    with tempfile.TemporaryDirectory(prefix="luytre-") as scratch:
        known_hosts = Path(scratch, "known_hosts")
        known_hosts.write_text(host_keys.format_known_hosts_lines(server.address, server.port, server.keys), "utf-8")
        options = {
            "UserKnownHostsFile": str(known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "PreferredAuthentications": "none",
            "LogLevel": "ERROR",
        }
        to = (*ssh_options.build_ssh_option_arguments(options), "-p", str(server.port), "-l", user, server.address)
        output = run_ssh_tool(*ssh_options.build_ssh_command(to), seconds=_SECONDS).stderr
    match = _REFUSAL.search(output[-2000:])
    return frozenset(match[1].split(",")) if match else frozenset()


def explain_refused_login(user: str, key_file: Path | None) -> Text:
    """Return why a server let the account in neither by its key, nor, when there is none, by its password."""
    if key_file is not None:
        return make_text(
            (
                "the host refused the key {key_file} for the account {user}: its public half has to "
                "be in ~/.ssh/authorized_keys of that account"
            ),
            key_file=key_file,
            user=user,
        )
    if user == "root":
        return make_text(
            "the host refused the password of root: it is wrong, or the host lets root in by a "
            "key only (PermitRootLogin, Debian's default); then use an account with sudo (--user "
            "NAME) or a key (--key FILE)"
        )
    return make_text("the host refused the password of {user}", user=user)
