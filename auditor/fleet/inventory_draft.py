"""The inventory entry that an enrolment drafts, and what an inventory that had the host already says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from auditor.errors import InputError
from auditor.fleet.host_keys import HostKey
from auditor.inventory.reach import KNOWN_HOSTS, Reach, build_login_variables_of_enrolled_host
from auditor.models import Host, Site, Text
from auditor.system import files
from auditor.text.translations import make_text


@dataclass(frozen=True)
class EnrollmentTarget:
    """The host that is enrolled.

    These are its name in the inventory, where it answers, and the host keys one of which it must prove to hold.
    """

    name: str
    address: str
    port: int
    keys: tuple[HostKey, ...]


@dataclass(frozen=True)
class AutomationAccount:
    """The automation account: its name on the host, and where its private key is here."""

    user: str
    key_file: Path
    group: str | None = None
    """A group of the host's that it is to be in besides its own, such as one that sshd lets in."""


def build_authorized_keys_options(networks: Iterable[object], forwarded_addresses: Iterable[str]) -> str:
    """Return what a line of authorized_keys says before the automation key.

    No forwarding of any kind, and from where it counts.

    ``networks``: from which it lets in, none of them for all. ``forwarded_addresses``: addresses with ports that others
    are reached by through this host, which alone it may pass connections on to.
    """
    options = ["restrict", "pty"]
    if forwarded_addresses := sorted(forwarded_addresses):
        options += ["port-forwarding", *(f'permitopen="{door}"' for door in forwarded_addresses)]
    if sources := ",".join(map(str, networks)):
        options.append(f'from="{sources}"')
    return ",".join(options)


def find_inventory_differences_from_host(
    listed_host: Host,
    listed_reach: Reach,
    found_host: Host,
    server: EnrollmentTarget,
    account: AutomationAccount,
    known_hosts: Path,
) -> Iterator[Text]:
    """Yield what an inventory says of a host, where the host and its enrolment say otherwise."""
    for key, before, now in (
        ("ansible_host", listed_reach.address, server.address),
        ("ansible_port", str(listed_reach.port), str(server.port)),
        ("ansible_user", listed_reach.user, account.user),
        ("ansible_ssh_private_key_file", _expand_home(listed_reach.key_file), str(account.key_file)),
    ):
        if before != now:
            yield make_text("{key}: the inventory says {value}, now it is {now}", key=key, value=before or "—", now=now)
    if f"UserKnownHostsFile={known_hosts}" not in listed_reach.ssh_arguments:
        argument = f"-o UserKnownHostsFile={KNOWN_HOSTS}"
        yield make_text(
            ("ansible_ssh_common_args: the inventory does not use the host keys that are recorded; add {argument}"),
            argument=argument,
        )
    for site in _find_sites_not_among_others(found_host.sites, listed_host.sites):
        yield make_text(
            "{domain}: on the host, not in the inventory ({value})", domain=site.domain, value=site.document_root or "—"
        )
    for site in _find_sites_not_among_others(listed_host.sites, found_host.sites):
        yield make_text("{domain}: in the inventory, not found on the host", domain=site.domain)


def _expand_home(path: str | None) -> str | None:
    return str(Path(path).expanduser()) if path is not None and path.startswith("~/") else path


def _find_sites_not_among_others(sites: Sequence[Site], others: Sequence[Site]) -> Iterator[Site]:
    """Return the sites none of whose names is one of the others'."""
    names = {name for other in others for name in (other.domain, *other.aliases)}
    return (site for site in sites if names.isdisjoint((site.domain, *site.aliases)))


def draft_inventory_entry_of_host(host: Host, port: int, key_file: Path, known_hosts: str) -> str:
    """Return a host of the inventory as YAML, to be checked by people."""
    sites = [
        {
            key: value
            for key, value in {
                "domain": site.domain,
                "aliases": list(site.aliases),
                "server": site.server,
                "application": site.application,
                "document_root": site.document_root,
            }.items()
            if value
        }
        for site in host.sites
    ]
    variables: dict[str, Any] = {
        "ansible_host": host.address,
        "ansible_port": port,
        **build_login_variables_of_enrolled_host(host.automation_user, str(key_file), known_hosts),
        "luytre_admins": list(host.admins),
        "luytre_sites": sites,
    }
    text = yaml.safe_dump({"all": {"hosts": {host.name: variables}}}, allow_unicode=True, sort_keys=False, width=200)
    return (
        f"---\n# Drafted by 'auditor enroll' from what was found on the host: check it, and name units and "
        f"admins.\n{text}"
    )


def write_text_whole_or_raise(path: Path, text: str) -> None:
    """Write the whole text or nothing. Raises InputError when it cannot be written."""
    with convert_write_errors_of_file(path):
        files.write_file_atomically(path, [text.encode()])


@contextmanager
def convert_write_errors_of_file(path: Path) -> Iterator[None]:
    """Raise InputError for a file that cannot be written."""
    try:
        yield
    except OSError as error:
        raise InputError(
            "cannot be written: {why}",
            why=error.strerror,
            file=path,
            mend="free some space, or check the owner of the folder",
        ) from error
