"""The organisation as ``office/organisation.yml`` has it, read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from auditor.errors import InputError
from auditor.inventory import exceptions as office
from auditor.inventory.variables import Variables
from auditor.models import Host, Organisation
from auditor.system.yaml_source import YamlPlace, find_line_of_path_in_yaml_file, load_yaml, validate_yaml_data_as_model


def load_organisation(path: Path) -> Organisation | None:
    """Return the organisation of an inventory; None when it has no such file.

    Raises InputError naming file, line and mend.
    """
    file = office.get_office_folder_of_inventory(path) / "organisation.yml"
    if not file.is_file():
        return None
    organisation = validate_yaml_data_as_model(
        Organisation, load_yaml(file), "{where}: {why}", mend="see inventories/example/office", place=YamlPlace(file)
    )
    ids = [unit.id for unit in organisation.units]
    for index, unit in enumerate(organisation.units):
        if ids.index(unit.id) != index:
            raise InputError(
                "unit {unit} is declared twice",
                file=file,
                line=find_line_of_path_in_yaml_file(file, ["units", index]),
                mend="give each unit its own ID",
                unit=unit.id,
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
                    "unit {unit}: {field} {other} is not a unit",
                    file=file,
                    line=find_line_of_path_in_yaml_file(file, ["units", index, field]),
                    mend="declare that unit, or fix the name",
                    unit=unit.id,
                    field=field,
                    other=other,
                )
    return organisation


def check_units_are_in_organisation(
    organisation: Organisation | None, hosts: Sequence[Host], variables_by_host: Mapping[str, Variables]
) -> None:
    """Raise InputError for a host or a site of a unit that the organisation does not have."""
    if organisation is None:
        return
    for host in hosts:
        if host.unit is not None and organisation.find_unit_by_id(host.unit) is None:
            raise variables_by_host[host.name]["luytre_unit"].make_error_at_value(
                "host {host}: unit {unit} is not in office/organisation.yml",
                "declare the unit there, or fix the name",
                host=host.name,
                unit=host.unit,
            )
        for index, site in enumerate(host.sites):
            if site.unit is not None and organisation.find_unit_by_id(site.unit) is None:
                raise variables_by_host[host.name]["luytre_sites"].make_error_at_value(
                    "site {site}: unit {unit} is not in office/organisation.yml",
                    "declare the unit there, or fix the name",
                    index,
                    "unit",
                    site=site.domain,
                    unit=site.unit,
                )
