"""The inventory folder, understood: hosts and sites from standard Ansible YAML, the office's papers beside them.

Hosts have the variables that Ansible gives them, by ``auditor.inventory.variables``; ``office/`` has
``organisation.yml``, waivers and attestations. Of the variables only those of the way to a host and ``luytre_*`` are
looked at; ``luytre_*`` must be literals. Of passwords it is only noted that there are some.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from auditor.errors import find_nearest_known_name, get_place_and_message_of_first_error
from auditor.inventory import exceptions as office
from auditor.inventory import organisation as organisations
from auditor.inventory import thresholds, variables
from auditor.inventory.reach import (
    WAY,
    get_variable_as_written,
    is_ansible_template,
    load_variables_with_normalized_ssh_names,
)
from auditor.inventory.variables import SourcedValue, Variables
from auditor.models import Host, Inventory, Site
from auditor.system.yaml_source import VaultValue, YamlPlace, validate_yaml_data_as_model

HOST_KEYS = {
    "luytre_unit": "unit",
    "luytre_admins": "admins",
    "luytre_open_ports": "open_ports",
    "luytre_trusted_networks": "trusted_networks",
    "luytre_accept": "accept",
}
_PASSWORDS = ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
DERIVED_FIELDS = frozenset({"host", "level_declared"})
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


def load_inventory(path: Path) -> Inventory:
    """Read and check an inventory folder or file. Raises InputError naming file, line and mend."""
    variables_by_host = load_variables_with_normalized_ssh_names(path)
    if not variables_by_host:
        raise variables.make_no_hosts_error(path)
    hosts = tuple(_parse_host_from_variables(name, own) for name, own in variables_by_host.items())
    organisation = organisations.load_organisation(path)
    organisations.check_units_are_in_organisation(organisation, hosts, variables_by_host)
    _check_domains_are_declared_once(hosts, variables_by_host)
    papers = office.get_office_folder_of_inventory(path)
    return Inventory(
        path=str(path),
        organisation=organisation,
        hosts=hosts,
        waivers=office.load_papers(office.WAIVER_FILE, papers, organisation, hosts),
        attestations=office.load_papers(office.ATTESTATION_FILE, papers, organisation, hosts),
        authorizations=office.load_papers(office.AUTHORIZATION_FILE, papers, organisation, hosts),
        statements=office.load_papers(office.STATEMENT_FILE, papers, organisation, hosts),
    )


def list_units_named_without_organisation(inventory: Inventory) -> Sequence[str]:
    """Return the units that hosts and sites name where no ``office/organisation.yml`` lists units, in order."""
    if inventory.organisation is not None:
        return ()
    unit_ids = [host.unit for host in inventory.hosts] + [site.unit for site in inventory.sites]
    return tuple(dict.fromkeys(unit for unit in unit_ids if unit is not None))


def _parse_host_from_variables(name: str, host_variables: Variables) -> Host:
    for key, source in host_variables.items():
        if key.startswith("luytre_") and key not in HOST_KEYS and key not in OTHER_KEYS:
            known_keys = sorted({*HOST_KEYS, *OTHER_KEYS})
            raise source.make_error_at_value(
                "host {host}: unknown variable {name}",
                "known variables: {names}",
                guess=find_nearest_known_name(key, known_keys),
                host=name,
                name=key,
                names=", ".join(known_keys),
            )
        if key.startswith("luytre_") and is_ansible_template(repr(source.value)):
            raise source.make_error_at_value(
                "host {host}: {key} is a template",
                "write the value itself: it must be readable without Ansible",
                host=name,
                key=key,
            )
        if isinstance(source.value, VaultValue) and (key.startswith("luytre_") or key in WAY):
            raise source.make_error_at_value(
                "host {host}: {name} is encrypted",
                "write it in plain text; only passwords are secret",
                host=name,
                name=key,
            )
    _check_ansible_port(name, host_variables.get("ansible_port"))
    sites = _parse_sites_of_host(name, host_variables.get("luytre_sites"))
    declared_fields = {field: host_variables[key].value for key, field in HOST_KEYS.items() if key in host_variables}
    try:
        return Host(
            name=name,
            address=str(get_variable_as_written(host_variables, "ansible_host", name)),
            automation_user=get_variable_as_written(host_variables, "ansible_user", None),
            by_password=any(key in host_variables for key in _PASSWORDS),
            sites=sites,
            thresholds=tuple(thresholds.parse_thresholds(name, host_variables).items()),
            **declared_fields,
        )
    except ValidationError as error:
        (field, *below), why = get_place_and_message_of_first_error(error)
        key = next((key for key, field_name in HOST_KEYS.items() if field_name == field), "ansible_user")
        raise host_variables[key].make_error_at_value(
            "host {host}: {where}: {why}", "see inventories/example/hosts.yml", *below, host=name, where=key, why=why
        ) from error


def _check_ansible_port(host: str, source: SourcedValue | None) -> None:
    port = str(source.value) if source is not None else "22"
    if source is not None and not is_ansible_template(port) and not (port.isdecimal() and 0 < int(port) < 65536):
        raise source.make_error_at_value(
            "host {host}: ansible_port: {port} is not a port", "give a number from 1 to 65535", host=host, port=port
        )


def _parse_sites_of_host(host: str, source: SourcedValue | None) -> tuple[Site, ...]:
    if source is None:
        return ()
    if source.over is not None:
        raise source.make_error_at_value(
            "host {host}: luytre_sites replaces the one at {where}",
            "declare all sites of a host in one place",
            host=host,
            where=source.over.file_and_line,
        )
    if not isinstance(source.value, list):
        raise source.make_error_at_value(
            "host {host}: luytre_sites is not a list", "start each site with '- domain: …'", host=host
        )
    sites = []
    for index, entry in enumerate(source.value):
        if not isinstance(entry, dict):
            raise source.make_error_at_value(
                "host {host}: site number {position} is not a mapping",
                "write 'domain: …'",
                index,
                host=host,
                position=index + 1,
            )
        sites.append(
            validate_yaml_data_as_model(
                Site,
                {**entry, "host": host, "level_declared": "level" in entry},
                "host {host}: site {site}: {where}: {why}",
                mend="see inventories/example/hosts.yml",
                place=YamlPlace(source.file, [*source.path, index]),
                host=host,
                site=entry.get("domain", index + 1),
            )
        )
    return tuple(sites)


def _check_domains_are_declared_once(hosts: Sequence[Host], variables_by_host: Mapping[str, Variables]) -> None:
    host_by_domain: dict[str, str] = {}
    for host in hosts:
        for index, site in enumerate(host.sites):
            for name in (site.domain, *site.aliases):
                if name in host_by_domain:
                    raise variables_by_host[host.name]["luytre_sites"].make_error_at_value(
                        "domain {domain} is declared twice, on {one} and {other}",
                        "keep it only on the host that serves it",
                        index,
                        domain=name,
                        one=host_by_domain[name],
                        other=host.name,
                    )
                host_by_domain[name] = host.name
