"""What the office's papers still need before a form, an official report or the yearly table can be written in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from auditor.errors import InputError
from auditor.incidents.case import fold_case
from auditor.incidents.forms import document
from auditor.incidents.forms.schema import REGIME
from auditor.inventory import offices, systems
from auditor.inventory.exceptions import get_office_folder_of_inventory
from auditor.models import Inventory, Organisation, Unit, clock
from auditor.models.incidents import CaseLogEntry, OpenedEvent
from auditor.models.ranks import Form, Purpose
from auditor.report.official.content import form as head
from auditor.report.official.monthly import get_reporting_unit
from auditor.text import usage
from auditor.text.translations import Words


def find_missing_office_data_for_purpose(inventory: Inventory, purpose: Purpose, words: Words) -> Iterator[str]:
    """Yield what is missing, each once, with where to write it: for every unit that has sites or hosts.

    Raises InputError for papers that cannot be read.
    """
    organisation = inventory.organisation
    if organisation is None:
        yield words("readiness.no_organisation")
        return
    units = _list_units_with_hosts_or_sites(inventory, organisation)
    if not units:
        yield words("readiness.no_units")
    gaps = {
        "incidents": _find_missing_data_for_incident_forms,
        "official": _find_missing_data_for_official_reports,
        "yearly": _find_missing_data_for_yearly_report,
    }[purpose]
    known_gaps: set[str] = set()
    for unit in units:
        for gap in _explain_why_unit_cannot_report(inventory, unit, words) or gaps(
            inventory, organisation, unit, words
        ):
            if gap not in known_gaps:
                known_gaps.add(gap)
                yield gap


def _list_units_with_hosts_or_sites(inventory: Inventory, organisation: Organisation) -> tuple[Unit, ...]:
    unit_ids = {site.unit or host.unit for host in inventory.hosts for site in host.sites}
    unit_ids |= {host.unit for host in inventory.hosts}
    return tuple(unit for unit in organisation.units if unit.id in unit_ids)


def _explain_why_unit_cannot_report(inventory: Inventory, unit: Unit, words: Words) -> tuple[str, ...]:
    """Return why a unit cannot report at all; nothing where it can."""
    try:
        get_reporting_unit(inventory, unit.id)
    except InputError as error:
        return (usage.format_input_error_as_line(error, words.lang),)
    return ()


def _find_missing_data_for_incident_forms(
    inventory: Inventory, organisation: Organisation, unit: Unit, words: Words
) -> Iterator[str]:
    """Fill in each form of the regime for an incident on all sites of the unit; yield what stays blank.

    It stays blank because the office's papers do not say it.
    """
    subjects = tuple(
        site.domain for host in inventory.hosts for site in host.sites if (site.unit or host.unit) == unit.id
    ) or tuple(host.name for host in inventory.hosts if host.unit == unit.id)
    now = clock.format_iso_moment(clock.now())
    opening_event = OpenedEvent(detected=now, subjects=subjects, regime=organisation.regime)
    case = fold_case("SC-20000101-1", [CaseLogEntry(at=now, happened=now, who="x", deed=opening_event)])
    for form in get_args(Form):
        if REGIME[form] == organisation.regime:
            prefill = document.gather_known_values_for_form(case, form, inventory, unit.id, None, words.lang)
            for gap in document.find_form_values_missing_in_office_files(prefill):
                yield words("readiness.of_unit", unit=unit.name, gap=gap)
    if not any(upper_unit.incidents for upper_unit in offices.iter_units_upward_to_top(organisation, unit)):
        yield words("readiness.no_mail", unit=unit.name)


def _find_missing_data_for_official_reports(
    inventory: Inventory, organisation: Organisation, unit: Unit, words: Words
) -> Iterator[str]:
    if "…" in head.get_place_of_dating(unit):
        yield words("readiness.no_place", unit=unit.name, id=unit.id)
    if "…" in head.make_document_number_symbol(unit, "bao-cao"):
        yield words("readiness.no_abbreviation", unit=unit.name, id=unit.id)


def _find_missing_data_for_yearly_report(
    inventory: Inventory, organisation: Organisation, unit: Unit, words: Words
) -> Iterator[str]:
    file = get_office_folder_of_inventory(inventory.path) / systems.FILE
    if not file.is_file():
        yield words("readiness.no_systems", file=file)
        return
    declared_systems = systems.load_information_systems(
        get_office_folder_of_inventory(inventory.path), organisation, inventory.hosts
    )
    listed_domains = {domain for system in declared_systems.systems for domain in system.sites}
    hosts = {name for system in declared_systems.systems for name in system.hosts}
    for host in inventory.hosts:
        for site in host.sites:
            if (site.unit or host.unit) == unit.id and site.domain not in listed_domains and host.name not in hosts:
                yield words("readiness.no_system", site=site.domain, file=file)
