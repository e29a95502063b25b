"""The inventory folder, understood: hosts and sites from standard Ansible YAML, the office's papers beside them.

Hosts have the variables that Ansible gives them, by ``auditor.inventory.variables``; ``office/`` has ``organisation.yml``, waivers and
attestations. Of the variables only those of the way to a host and ``luytre_*`` are looked at; ``luytre_*`` must be literals.
Of passwords it is only noted that there are some.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from auditor.errors import first_wrong, nearest
from auditor.inventory import organisation as organisations
from auditor.inventory import papers as office
from auditor.inventory import thresholds, variables
from auditor.inventory.reach import WAY, is_template, literal, of_hosts
from auditor.inventory.variables import Sourced, Variables
from auditor.models import Host, Inventory, Site
from auditor.system.yaml_source import Encrypted, fitted

HOST_KEYS = {
    "luytre_unit": "unit",
    "luytre_admins": "admins",
    "luytre_open_ports": "open_ports",
    "luytre_trusted_networks": "trusted_networks",
    "luytre_accept": "accept",
}
_PASSWORDS = ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
UNWRITTEN = frozenset({"host", "level_declared"})
"""Fields of a site that the inventory does not give: they follow from where and how it is declared."""
OTHER_KEYS = {
    "luytre_sites": ("list", "The sites that the host serves, each with the settings below."),
    "luytre_ca_file": (
        "path",
        "Certificates of an authority of your own, trusted besides the usual ones when sites are visited.",
    ),
    "luytre_seconds": (
        "int",
        "For plain ansible-playbook: seconds after which a host that is not confirmed goes back.",
    ),
}
"""Type and meaning of the variables that are no field of a Host."""


def load(path: Path) -> Inventory:
    """Read and check an inventory folder or file. Raises InputError naming file, line and mend."""
    given = of_hosts(path)
    if not given:
        raise variables.no_hosts(path)
    hosts = tuple(_host(name, own) for name, own in given.items())
    organisation = organisations.load(path)
    organisations.check_units(organisation, hosts, given)
    _check_domains(hosts, given)
    papers = office.folder(path)
    return Inventory(
        path=str(path),
        organisation=organisation,
        hosts=hosts,
        waivers=office.waivers(papers, organisation, hosts),
        attestations=office.attestations(papers, organisation, hosts),
        authorizations=office.authorizations(papers, organisation, hosts),
        statements=office.statements(papers, organisation, hosts),
    )


def undeclared_units(inventory: Inventory) -> Sequence[str]:
    """The units that hosts and sites name where no ``office/organisation.yml`` says which there are, in order."""
    if inventory.organisation is not None:
        return ()
    named = [host.unit for host in inventory.hosts] + [site.unit for site in inventory.sites]
    return tuple(dict.fromkeys(unit for unit in named if unit is not None))


def _host(name: str, own: Variables) -> Host:
    for key, source in own.items():
        if key.startswith("luytre_") and key not in HOST_KEYS and key not in OTHER_KEYS:
            known = sorted({*HOST_KEYS, *OTHER_KEYS})
            raise source.error(
                f"host {name}: unknown variable {key}",
                f"known variables: {', '.join(known)}",
                guess=nearest(key, known),
            )
        if key.startswith("luytre_") and is_template(repr(source.value)):
            raise source.error(
                f"host {name}: {key} is a template", "write the value itself: it must be readable without Ansible"
            )
        if isinstance(source.value, Encrypted) and (key.startswith("luytre_") or key in WAY):
            raise source.error(f"host {name}: {key} is encrypted", "write it in plain text; only passwords are secret")
    _check_port(name, own.get("ansible_port"))
    sites = _sites(name, own.get("luytre_sites"))
    declared = {field: own[key].value for key, field in HOST_KEYS.items() if key in own}
    try:
        return Host(
            name=name,
            address=str(literal(own, "ansible_host", name)),
            automation_user=literal(own, "ansible_user", None),
            by_password=any(key in own for key in _PASSWORDS),
            sites=sites,
            thresholds=tuple(thresholds.of_host(name, own).items()),
            **declared,
        )
    except ValidationError as error:
        (field, *below), why = first_wrong(error)
        key = next((key for key, known in HOST_KEYS.items() if known == field), "ansible_user")
        raise own[key].error(f"host {name}: {key}: {why}", "see inventories/example/hosts.yml", *below) from error


def _check_port(host: str, source: Sourced | None) -> None:
    port = str(source.value) if source is not None else "22"
    if source is not None and not is_template(port) and not (port.isdecimal() and 0 < int(port) < 65536):
        raise source.error(f"host {host}: ansible_port: {port} is not a port", "give a number from 1 to 65535")


def _sites(host: str, source: Sourced | None) -> tuple[Site, ...]:
    if source is None:
        return ()
    if source.over is not None:
        raise source.error(
            f"host {host}: luytre_sites replaces the one at {source.over.where}",
            "declare all sites of a host in one place",
        )
    if not isinstance(source.value, list):
        raise source.error(f"host {host}: luytre_sites is not a list", "start each site with '- domain: …'")
    sites = []
    for index, entry in enumerate(source.value):
        if not isinstance(entry, dict):
            raise source.error(f"host {host}: site number {index + 1} is not a mapping", "write 'domain: …'", index)
        sites.append(
            fitted(
                Site,
                {**entry, "host": host, "level_declared": "level" in entry},
                "host {host}: site {site}: {where}: {why}",
                mend="see inventories/example/hosts.yml",
                file=source.file,
                at=[*source.path, index],
                host=host,
                site=entry.get("domain", index + 1),
            )
        )
    return tuple(sites)


def _check_domains(hosts: Sequence[Host], of_hosts: Mapping[str, Variables]) -> None:
    seen: dict[str, str] = {}
    for host in hosts:
        for index, site in enumerate(host.sites):
            for name in (site.domain, *site.aliases):
                if name in seen:
                    raise of_hosts[host.name]["luytre_sites"].error(
                        f"domain {name} is declared twice, on {seen[name]} and {host.name}",
                        "keep it only on the host that serves it",
                        index,
                    )
                seen[name] = host.name
