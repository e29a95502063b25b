"""The inventory folder, understood: hosts and sites from standard Ansible YAML, the office's papers beside them.

Reads ``hosts.yml`` (or every ``*.yml`` at the top of a folder), ``group_vars/`` and ``host_vars/`` as Ansible does for
literal values, and ``office/``: ``organisation.yml``, waivers and attestations. Only ``ansible_host``, ``ansible_port``,
``ansible_user`` and ``luytre_*`` are looked at; those must be literals. Of passwords it is only noted that there are some.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from auditor import office
from auditor.errors import InputError
from auditor.models import Host, Inventory, Organisation, Site
from auditor.yaml_source import line_of, load_yaml

if TYPE_CHECKING:
    from auditor.controls import Catalogue

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
class _Sourced:
    """A variable's value, and where it was written."""

    value: Any
    file: Path
    path: tuple[int | str, ...]

    def error(self, what: str, mend: str, *below: int | str) -> InputError:
        return InputError(what, mend=mend, file=self.file, line=line_of(self.file, [*self.path, *below]))


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
    hosts = {name: _host(name, variables) for name, variables in _variables(path).items()}
    if not hosts:
        raise InputError(
            "no hosts in this inventory", file=path, mend="add one with 'auditor enroll HOST -i " + str(path) + "'"
        )
    organisation = _organisation(path)
    known = tuple(hosts.values())
    _check(path, organisation, known, _variables(path))
    papers = office.folder(path)
    return Inventory(
        path=str(path),
        organisation=organisation,
        hosts=known,
        waivers=office.waivers(papers, organisation, known),
        attestations=office.attestations(papers, organisation, known),
    )


def reach(path: Path) -> Mapping[str, Reach]:
    """How every host is reached, by name."""
    folder = (path if path.is_dir() else path.parent).resolve()
    return {name: _reach(name, variables, folder) for name, variables in _variables(path).items()}


_SSH_KEYS = (
    "ansible_host",
    "ansible_port",
    "ansible_user",
    "ansible_ssh_private_key_file",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
)
_INVENTORY_DIR = re.compile(r"\{\{\s*inventory_dir\s*\}\}")


def _reach(name: str, variables: Mapping[str, _Sourced], folder: Path) -> Reach:
    given = {
        key: _INVENTORY_DIR.sub(lambda _: str(folder), str(variables[key].value))
        for key in (*_SSH_KEYS, "ansible_connection")
        if key in variables
    }
    unclear = next((key for key, value in given.items() if "{{" in value or "{%" in value), None)
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
        ca_file=_literal(variables, "luytre_ca_file", None),
    )


def check_accepted(path: Path, catalogue: Catalogue) -> None:
    """Whether every control in a ``luytre_accept`` is one with an automated fix. Raises InputError for one that is not."""
    for host, variables in _variables(path).items():
        source = variables.get("luytre_accept")
        for index, name in enumerate(source.value if source is not None else ()):
            if source is not None and not catalogue.mends(name):
                raise source.error(
                    f"host {host}: luytre_accept: {name!r} is no control with an automated fix",
                    "name controls one by one; see 'auditor controls list'",
                    index,
                )


def _literal(variables: Mapping[str, _Sourced], key: str, default: Any) -> Any:
    return variables[key].value if key in variables else default


def _variables(path: Path) -> dict[str, dict[str, _Sourced]]:
    """Host name to its variables, the nearest to the host winning."""
    if not path.exists():
        raise InputError(
            "no such inventory", file=path, mend="give an inventory folder with -i, e.g. -i inventories/example"
        )
    files = _inventory_files(path)
    folder = path if path.is_dir() else path.parent
    found: dict[str, dict[str, _Sourced]] = {}
    for file in files:
        groups = load_yaml(file)
        if groups is None:
            continue
        if not isinstance(groups, dict):
            raise InputError("an inventory file is a mapping of groups", file=file, line=1, mend="begin with 'all:'")
        for name, body in groups.items():
            for host, variables in _walk(file, (name,), body or {}, {}, folder):
                found.setdefault(host, {}).update(variables)
    for host, variables in found.items():
        variables.update(_vars_files(folder / "host_vars", host))
    return found


def _inventory_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix in (".yml", ".yaml") and file.is_file())
    if not files:
        raise InputError("no hosts.yml in this folder", file=path, mend="copy inventories/example and edit it")
    return files


def _walk(
    file: Path, at: tuple[int | str, ...], group: Any, inherited: Mapping[str, _Sourced], folder: Path
) -> Iterator[tuple[str, dict[str, _Sourced]]]:
    if not isinstance(group, dict):
        raise InputError(
            f"group {at[-1]} is not a mapping",
            file=file,
            line=line_of(file, at),
            mend="give it hosts:, vars: or children:",
        )
    unknown = set(group) - {"hosts", "vars", "children"}
    if unknown:
        odd = sorted(unknown, key=str)[0]
        raise InputError(
            f"group {at[-1]} has an unknown key {odd!r}",
            file=file,
            line=line_of(file, [*at, odd]),
            mend="a group holds hosts:, vars: and children: only",
        )
    variables = {
        **inherited,
        **_vars_files(folder / "group_vars", str(at[-1])),
        **_sourced(file, (*at, "vars"), group.get("vars")),
    }
    for host, own in (group.get("hosts") or {}).items():
        yield str(host), {**variables, **_sourced(file, (*at, "hosts", host), own)}
    for name, body in (group.get("children") or {}).items():
        yield from _walk(file, (*at, "children", name), body or {}, variables, folder)


def _sourced(file: Path, at: tuple[int | str, ...], variables: Any) -> dict[str, _Sourced]:
    if variables is None:
        return {}
    if not isinstance(variables, dict):
        raise InputError("variables are a mapping", file=file, line=line_of(file, at), mend="write 'name: value' lines")
    return {str(key): _Sourced(value, file, (*at, key)) for key, value in variables.items()}


def _vars_files(folder: Path, name: str) -> dict[str, _Sourced]:
    candidates = [folder / f"{name}.yml", folder / f"{name}.yaml", *sorted((folder / name).glob("*.y*ml"))]
    found: dict[str, _Sourced] = {}
    for file in candidates:
        if file.is_file():
            found.update(_sourced(file, (), load_yaml(file)))
    return found


def _host(name: str, variables: Mapping[str, _Sourced]) -> Host:
    for key in variables:
        if key.startswith("luytre_") and key not in _HOST_KEYS and key not in _OTHER_KEYS:
            known = ", ".join(sorted({*_HOST_KEYS, *_OTHER_KEYS}))
            raise variables[key].error(f"host {name}: unknown variable {key}", f"known ones are {known}")
    sites = _sites(name, variables.get("luytre_sites"))
    declared = {field: variables[key].value for key, field in _HOST_KEYS.items() if key in variables}
    try:
        return Host(
            name=name,
            address=str(_literal(variables, "ansible_host", name)),
            automation_user=_literal(variables, "ansible_user", None),
            by_password=any(key in variables for key in _PASSWORDS),
            sites=sites,
            **declared,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0])
        key = next((key for key, known in _HOST_KEYS.items() if known == field), "ansible_user")
        raise variables[key].error(
            f"host {name}: {key}: {first['msg'].removeprefix('Value error, ')}",
            "see inventories/example/hosts.yml",
            *first["loc"][1:],
        ) from error


def _sites(host: str, source: _Sourced | None) -> tuple[Site, ...]:
    if source is None:
        return ()
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
                f"host {host}: site {entry.get('domain', index + 1)}: {where}: {first['msg']}",
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


def _check(
    path: Path,
    organisation: Organisation | None,
    hosts: Sequence[Host],
    variables: Mapping[str, Mapping[str, _Sourced]],
) -> None:
    seen: dict[str, str] = {}
    for host in hosts:
        sourced = variables[host.name]
        if organisation is not None and host.unit is not None and organisation.unit(host.unit) is None:
            raise sourced["luytre_unit"].error(
                f"host {host.name}: unit {host.unit} is not in office/organisation.yml",
                "declare the unit there, or mend the name",
            )
        for index, site in enumerate(host.sites):
            for name in (site.domain, *site.aliases):
                if name in seen:
                    raise sourced["luytre_sites"].error(
                        f"domain {name} is declared twice, on {seen[name]} and {host.name}",
                        "keep it on the host that serves it",
                        index,
                    )
                seen[name] = host.name
            if organisation is not None and site.unit is not None and organisation.unit(site.unit) is None:
                raise sourced["luytre_sites"].error(
                    f"site {site.domain}: unit {site.unit} is not in office/organisation.yml",
                    "declare the unit there, or mend the name",
                    index,
                    "unit",
                )
