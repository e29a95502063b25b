"""The inventory folder, understood: hosts and sites from standard Ansible YAML, the office's papers beside them.

Hosts have the variables that Ansible gives them, by ``auditor.inventory.variables``; ``office/`` has ``organisation.yml``, waivers and
attestations. Of the variables only those of the way to a host and ``luytre_*`` are looked at; ``luytre_*`` must be literals.
Of passwords it is only noted that there are some.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from auditor.errors import InputError
from auditor.inventory import papers as office
from auditor.inventory import variables
from auditor.inventory.variables import Sourced, Variables
from auditor.models import Host, Inventory, Organisation, Site
from auditor.system.yaml_source import Encrypted, line_of, load_yaml

if TYPE_CHECKING:
    from auditor.audit.controls import Catalogue

_HOST_KEYS = {
    "luytre_unit": "unit",
    "luytre_admins": "admins",
    "luytre_open_ports": "open_ports",
    "luytre_trusted_networks": "trusted_networks",
    "luytre_accept": "accept",
}
_PASSWORDS = ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
_OTHER_KEYS = {"luytre_sites", "luytre_ca_file"}


@dataclass(frozen=True)
class Reach:
    """How the controller reaches a host by itself, without Ansible."""

    address: str
    port: int
    user: str | None
    key_file: str | None
    ssh_arguments: tuple[str, ...]
    unclear: str | None
    """The variable that only Ansible could work out, so that the rest is not to be relied upon; None: all is clear."""
    ca_file: str | None


def load(path: Path) -> Inventory:
    """Read and check an inventory folder or file. Raises InputError naming file, line and mend."""
    of_hosts = _of_hosts(path)
    if not of_hosts:
        raise InputError(
            "no hosts in this inventory",
            file=path,
            mend=f"add one with 'auditor enroll HOST -i {variables.folder_of(path)}'",
        )
    hosts = tuple(_host(name, own) for name, own in of_hosts.items())
    organisation = _organisation(path)
    _check_units(organisation, hosts, of_hosts)
    _check_domains(hosts, of_hosts)
    papers = office.folder(path)
    return Inventory(
        path=str(path),
        organisation=organisation,
        hosts=hosts,
        waivers=office.waivers(papers, organisation, hosts),
        attestations=office.attestations(papers, organisation, hosts),
    )


def check(path: Path, catalogue: Catalogue) -> Inventory:
    """Read an inventory, and check all of it that a run could stumble over. Raises InputError likewise."""
    known = load(path)
    check_accepted(path, catalogue)
    office.check_controls(known, catalogue)
    check_addresses(path)
    unread = variables.unread(path)
    if unread:
        raise InputError(
            "no run reads this",
            file=unread[0],
            mend="write hosts as YAML into a file that ends in .yml; keep all else in office/ or outside",
        )
    return known


def undeclared_units(inventory: Inventory) -> Sequence[str]:
    """The units that hosts and sites name where no ``office/organisation.yml`` says which there are, in order."""
    if inventory.organisation is not None:
        return ()
    named = [host.unit for host in inventory.hosts] + [site.unit for site in inventory.sites]
    return tuple(dict.fromkeys(unit for unit in named if unit is not None))


def reach(path: Path) -> Mapping[str, Reach]:
    """How every host is reached, by name."""
    folder = variables.folder_of(path).resolve()
    return {name: _reach(name, own, folder) for name, own in _of_hosts(path).items()}


_SSH_KEYS = (
    "ansible_host",
    "ansible_port",
    "ansible_user",
    "ansible_ssh_private_key_file",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
)
_WAY = (*_SSH_KEYS, "ansible_connection")
_OF_SEVERAL_NAMES = {
    "ansible_host": ("ansible_host", "ansible_ssh_host"),
    "ansible_port": ("ansible_port", "ansible_ssh_port"),
    "ansible_user": ("ansible_user", "ansible_ssh_user"),
    "ansible_ssh_private_key_file": ("ansible_private_key_file", "ansible_ssh_private_key_file"),
}
"""What Ansible's SSH takes by more than one name; the last one given counts."""
_INVENTORY_DIR = re.compile(r"\{\{\s*inventory_dir\s*\}\}")


def _of_hosts(path: Path) -> Mapping[str, Variables]:
    """Each host's variables, the way there by the names of ``_WAY`` whichever were used."""
    return {
        host: {**own, **{key: own[name] for key, names in _OF_SEVERAL_NAMES.items() for name in names if name in own}}
        for host, own in variables.of_hosts(path).items()
    }


def _reach(name: str, own: Variables, folder: Path) -> Reach:
    given = {key: _INVENTORY_DIR.sub(lambda _: str(folder), str(own[key].value)) for key in _WAY if key in own}
    unclear = next((key for key, value in given.items() if _is_template(value)), None)
    if given.get("ansible_connection", "ssh") not in ("ssh", "smart", "ansible.builtin.ssh"):
        unclear = "ansible_connection"
    port = given.get("ansible_port", "22")
    if not port.isdecimal():
        unclear = unclear or "ansible_port"
    arguments: list[str] = []
    for key in _SSH_KEYS[-3:]:
        try:
            arguments += shlex.split(given.get(key, ""))
        except ValueError:
            unclear = unclear or key
    return Reach(
        address=given.get("ansible_host", name),
        port=int(port) if port.isdecimal() else 22,
        user=given.get("ansible_user"),
        key_file=given.get("ansible_ssh_private_key_file"),
        ssh_arguments=tuple(arguments),
        unclear=unclear,
        ca_file=_literal(own, "luytre_ca_file", None),
    )


def _is_template(text: str) -> bool:
    return any(opening in text for opening in ("{{", "{%", "{#"))


def check_accepted(path: Path, catalogue: Catalogue) -> None:
    """Whether every control in a ``luytre_accept`` is one with an automated fix. Raises InputError for one that is not."""
    for host, own in _of_hosts(path).items():
        source = own.get("luytre_accept")
        for index, name in enumerate(source.value if source is not None else ()):
            if source is not None and not catalogue.mends(name.partition(":")[0]):
                raise source.error(
                    f"host {host}: luytre_accept: {name!r} is no control with an automated fix",
                    "name controls one by one; see 'auditor controls list'",
                    index,
                )


def _literal(own: Variables, key: str, default: Any) -> Any:
    return own[key].value if key in own else default


def _host(name: str, own: Variables) -> Host:
    for key, source in own.items():
        if key.startswith("luytre_") and key not in _HOST_KEYS and key not in _OTHER_KEYS:
            known = ", ".join(sorted({*_HOST_KEYS, *_OTHER_KEYS}))
            raise source.error(f"host {name}: unknown variable {key}", f"known ones are {known}")
        if key.startswith("luytre_") and _is_template(repr(source.value)):
            raise source.error(f"host {name}: {key} is a template", "write it out: it is read without Ansible, too")
        if isinstance(source.value, Encrypted) and (key.startswith("luytre_") or key in _WAY):
            raise source.error(f"host {name}: {key} is encrypted", "write it as plain text; only passwords are secret")
    _check_port(name, own.get("ansible_port"))
    sites = _sites(name, own.get("luytre_sites"))
    declared = {field: own[key].value for key, field in _HOST_KEYS.items() if key in own}
    try:
        return Host(
            name=name,
            address=str(_literal(own, "ansible_host", name)),
            automation_user=_literal(own, "ansible_user", None),
            by_password=any(key in own for key in _PASSWORDS),
            sites=sites,
            **declared,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0])
        key = next((key for key, known in _HOST_KEYS.items() if known == field), "ansible_user")
        raise own[key].error(
            f"host {name}: {key}: {first['msg'].removeprefix('Value error, ')}",
            "see inventories/example/hosts.yml",
            *first["loc"][1:],
        ) from error


def _check_port(host: str, source: Sourced | None) -> None:
    port = str(source.value) if source is not None else "22"
    if source is not None and not _is_template(port) and not (port.isdecimal() and 0 < int(port) < 65536):
        raise source.error(f"host {host}: ansible_port: {port} is no port", "give a number from 1 to 65535")


def _sites(host: str, source: Sourced | None) -> tuple[Site, ...]:
    if source is None:
        return ()
    if source.over is not None:
        raise source.error(
            f"host {host}: luytre_sites takes the place of the one at {source.over.where}",
            "write all sites of a host in one place",
        )
    if not isinstance(source.value, list):
        raise source.error(f"host {host}: luytre_sites is not a list", "start each site with '- domain: …'")
    sites = []
    for index, entry in enumerate(source.value):
        if not isinstance(entry, dict):
            raise source.error(f"host {host}: site number {index + 1} is not a mapping", "write 'domain: …'", index)
        try:
            sites.append(Site.model_validate({**entry, "host": host}))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise source.error(
                f"host {host}: site {entry.get('domain', index + 1)}: {where}: {first['msg'].removeprefix('Value error, ')}",
                "see inventories/example/hosts.yml",
                index,
                *first["loc"],
            ) from error
    return tuple(sites)


def _organisation(path: Path) -> Organisation | None:
    file = office.folder(path) / "organisation.yml"
    if not file.is_file():
        return None
    raw = load_yaml(file)
    try:
        organisation = Organisation.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise InputError(
            f"{where}: {first['msg'].removeprefix('Value error, ')}",
            file=file,
            line=line_of(file, list(first["loc"])),
            mend="see inventories/example/office",
        ) from error
    ids = [unit.id for unit in organisation.units]
    for index, unit in enumerate(organisation.units):
        if ids.index(unit.id) != index:
            raise InputError(
                f"unit {unit.id} is declared twice",
                file=file,
                line=line_of(file, ["units", index]),
                mend="give each unit an id of its own",
            )
        others: tuple[tuple[str, str | None], ...] = (
            ("parent", unit.parent),
            ("successor", unit.successor),
            *(("reports_to", other) for other in unit.reports_to),
            *(("copies_to", other) for other in unit.copies_to),
        )
        for field, other in others:
            if other is not None and other not in ids:
                raise InputError(
                    f"unit {unit.id}: {field} {other} is not a unit",
                    file=file,
                    line=line_of(file, ["units", index, field]),
                    mend="declare that unit, or mend the name",
                )
    return organisation


def _check_units(organisation: Organisation | None, hosts: Sequence[Host], of_hosts: Mapping[str, Variables]) -> None:
    if organisation is None:
        return
    for host in hosts:
        if host.unit is not None and organisation.unit(host.unit) is None:
            raise of_hosts[host.name]["luytre_unit"].error(
                f"host {host.name}: unit {host.unit} is not in office/organisation.yml",
                "declare the unit there, or mend the name",
            )
        for index, site in enumerate(host.sites):
            if site.unit is not None and organisation.unit(site.unit) is None:
                raise of_hosts[host.name]["luytre_sites"].error(
                    f"site {site.domain}: unit {site.unit} is not in office/organisation.yml",
                    "declare the unit there, or mend the name",
                    index,
                    "unit",
                )


def _check_domains(hosts: Sequence[Host], of_hosts: Mapping[str, Variables]) -> None:
    seen: dict[str, str] = {}
    for host in hosts:
        for index, site in enumerate(host.sites):
            for name in (site.domain, *site.aliases):
                if name in seen:
                    raise of_hosts[host.name]["luytre_sites"].error(
                        f"domain {name} is declared twice, on {seen[name]} and {host.name}",
                        "keep it on the host that serves it",
                        index,
                    )
                seen[name] = host.name


def check_addresses(path: Path) -> None:
    """Raise InputError for two hosts that are one machine; what only Ansible could work out is let be."""
    of_hosts = _of_hosts(path)
    seen: dict[tuple[str, int, tuple[str, ...]], str] = {}
    for name, to in reach(path).items():
        other = seen.setdefault((to.address, to.port, to.ssh_arguments), name) if to.unclear is None else name
        if other != name:
            source = of_hosts[name].get("ansible_host") or of_hosts[other]["ansible_host"]
            raise source.error(
                f"hosts {other} and {name} are both at {to.address} port {to.port}", "name each machine once"
            )
