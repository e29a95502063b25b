"""A list written into an inventory.

As one new file beside what is there, of hosts that nothing there names, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from auditor.errors import InputError
from auditor.inventory import hosts as inventories
from auditor.inventory import organisation as organisations
from auditor.inventory import reach as reaching
from auditor.inventory import trial
from auditor.inventory.spreadsheet_import import entries, source
from auditor.inventory.spreadsheet_import.columns import COLUMNS, fold_case_accents_and_spaces
from auditor.inventory.spreadsheet_import.entries import HostEntry, ListItem
from auditor.inventory.spreadsheet_import.source import Table
from auditor.inventory.variables import Variables
from auditor.models import Site
from auditor.system import files
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

_USER, _KEY_FILE = "luytre", "~/.ssh/luytre"
"""As ``auditor enroll`` makes them unless told otherwise."""


@dataclass(frozen=True)
class ExistingHost:
    """A host that the inventory has already, and stays as it is there.

    ``differs``: fields in which the list says otherwise.
    """

    name: str
    where: str
    differs: tuple[str, ...]


@dataclass(frozen=True)
class ImportResult:
    """The result of an import."""

    file: Path | None
    """The new file; None: the inventory had every host."""
    entries: tuple[HostEntry, ...]
    existing_hosts: tuple[ExistingHost, ...]
    unread: tuple[str, ...]
    """Headings of the columns that were not read."""


class ListImportError(Exception):
    """A list that was not imported, with ``every`` mistake in it, in order of its rows."""

    def __init__(self, every: Sequence[InputError]) -> None:
        super().__init__(f"mistakes: {len(every)}")
        self.every = tuple(every)


def import_spreadsheet_into_inventory(list_file: Path, inventory_folder: Path) -> ImportResult:
    """Import the list in ``list_file`` into the inventory ``inventory_folder``, all of it or nothing.

    Raises InputError, ListImportError.
    """
    if not inventory_folder.is_dir():
        raise InputError(
            "an import requires an inventory folder",
            file=inventory_folder,
            mend="run mkdir -p {folder}, or copy inventories/example",
            folder=inventory_folder,
        )
    has_hosts = any(inventory_folder.glob("*.y*ml"))
    known_hosts = reaching.load_variables_with_normalized_ssh_names(inventory_folder) if has_hosts else {}
    if has_hosts:
        inventories.load_inventory(inventory_folder)
    table = source.read_table_from_spreadsheet(list_file)
    read = entries.parse_host_entries_in_table(table, organisations.load_organisation(inventory_folder))
    wrong = [*read.wrong, *_find_list_sites_unlike_inventory(table, read.entries, inventory_folder, known_hosts)]
    if wrong:
        raise ListImportError(sorted(wrong, key=lambda error: error.line or 0))
    new = tuple(entry for entry in read.entries if entry.name not in known_hosts)
    existing_hosts = tuple(
        _compare_entry_with_existing_host(entry, known_hosts[entry.name])
        for entry in read.entries
        if entry.name in known_hosts
    )
    if not read.entries:
        raise InputError(
            "has no host below the heading row", file=list_file, mend="write one server or site in each row"
        )
    return ImportResult(
        _write_new_hosts_to_inventory(new, list_file, inventory_folder) if new else None,
        new,
        existing_hosts,
        table.headings.unread,
    )


def _write_new_hosts_to_inventory(new_hosts: Sequence[HostEntry], file: Path, folder: Path) -> Path:
    name = _choose_free_inventory_file_name(folder, file)
    with trial.make_trial_inventory_folder_with_file(
        folder, name, _render_new_hosts_as_yaml(new_hosts, {}, file)
    ) as there:
        variables_by_host = reaching.load_variables_with_normalized_ssh_names(there)
    text = _render_new_hosts_as_yaml(
        new_hosts,
        {entry.name: _list_missing_login_variables(variables_by_host[entry.name]) for entry in new_hosts},
        file,
    )
    with trial.make_trial_inventory_folder_with_file(folder, name, text) as there:
        inventories.load_inventory(there)
        reaching.check_hosts_have_different_addresses(there)
    return files.write_file(folder / name, text.encode())


def _choose_free_inventory_file_name(folder: Path, file: Path) -> str:
    """Return what the list is called, or that with a number when the inventory has such a file."""
    stem = "-".join(re.findall(r"[a-z0-9]+", fold_case_accents_and_spaces(file.stem)))[:80] or "import"
    names = (f"{stem}{number}.yml" for number in ("", *(f"-{count}" for count in range(2, 1000))))
    return next(name for name in names if not (folder / name).exists() and not (folder / name).is_symlink())


def _list_missing_login_variables(host_variables: Variables) -> Mapping[str, str | None]:
    """Return what an enrolled host needs, and neither the list nor the inventory's groups say."""
    way = reaching.build_login_variables_of_enrolled_host(_USER, _KEY_FILE, reaching.KNOWN_HOSTS)
    return {key: value for key, value in way.items() if key not in host_variables}


def _render_new_hosts_as_yaml(
    new_hosts: Sequence[HostEntry], missing_variables: Mapping[str, Mapping[str, str | None]], file: Path
) -> str:
    hosts: dict[str, dict[str, Any]] = {
        entry.name: {
            **entry.host.values,
            **missing_variables.get(entry.name, {}),
            **({"luytre_sites": [site.values for site in entry.sites]} if entry.sites else {}),
        }
        for entry in new_hosts
    }
    text = yaml.dump(
        {"all": {"hosts": hosts}}, Dumper=_YamlDumperWithoutAliases, allow_unicode=True, sort_keys=False, width=200
    )
    return (
        "---\n# Imported by 'auditor inventory import' from "
        f"{escape_text_to_one_line(file.name, 200)}: from now on, change "
        f"it here.\n{text}"
    )


class _YamlDumperWithoutAliases(yaml.SafeDumper):
    """Writes what is said twice twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


# --- hosts that are there -----------------------------------------------------------------------------


def _compare_entry_with_existing_host(entry: HostEntry, host_variables: Variables) -> ExistingHost:
    sites = {site["domain"]: site for site in _list_sites_in_host_variables(host_variables)}
    differs = [
        key
        for key, value in entry.host.values.items()
        if key not in host_variables or host_variables[key].value != value
    ]
    differs += [
        key
        for site in entry.sites
        for key, value in site.values.items()
        if _parse_field_of_site(sites.get(site.values["domain"], {}), key) != _parse_field_of_site(site.values, key)
    ]
    return ExistingHost(
        entry.name,
        next(iter(host_variables.values())).file_and_line if host_variables else entry.name,
        tuple(dict.fromkeys(differs)),
    )


def _parse_field_of_site(values: Mapping[str, Any], key: str) -> Any:
    return getattr(
        Site.model_validate(
            {
                "host": "",
                "domain": "a.test",
                **values,
            }
        ),
        key,
    )


def _list_sites_in_host_variables(host_variables: Variables) -> Sequence[Mapping[str, Any]]:
    return host_variables["luytre_sites"].value if "luytre_sites" in host_variables else ()


def _find_list_sites_unlike_inventory(
    table: Table, list_entries: Sequence[HostEntry], folder: Path, known_hosts: Mapping[str, Variables]
) -> Iterator[InputError]:
    """Yield sites of the list that the inventory has on another host, or lacks on one that it has."""
    at = {
        name: host
        for host, own in known_hosts.items()
        for site in _list_sites_in_host_variables(own)
        for name in (site["domain"], *site.get("aliases", ()))
    }
    for entry in list_entries:
        for site in entry.sites:
            domain = site.values["domain"]
            other = next(
                (
                    at[name]
                    for name in (domain, *site.values.get("aliases", ()))
                    if at.get(name, entry.name) != entry.name
                ),
                None,
            )
            if other is not None:
                yield _locate_error_at_domain_of_site(
                    table,
                    InputError(
                        "the inventory has {domain} on host {other}",
                        domain=domain,
                        other=other,
                        mend="keep it only on the host that serves it",
                    ),
                    site,
                )
            elif entry.name in known_hosts and domain not in at:
                yield _locate_error_at_domain_of_site(
                    table,
                    InputError(
                        "the inventory has host {host}, but without {domain}",
                        host=entry.name,
                        domain=domain,
                        mend="add the site to its luytre_sites in {folder}, or remove the row from the list",
                        folder=folder,
                    ),
                    site,
                )


def _locate_error_at_domain_of_site(table: Table, error: InputError, site: ListItem) -> InputError:
    index = next(index for index, column in table.headings.columns.items() if column.field == "domain")
    return table.locate_error_at_cell(error, site.row, index)


def format_fields_as_column_headings(fields: Sequence[str], words: Words) -> str:
    """Return fields by the headings of their columns."""
    return ", ".join(column.get_template_heading(words) for column in COLUMNS if column.field in fields)
