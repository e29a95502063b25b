"""What the office's papers still need before a form, an official report or the yearly table can be written in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from auditor.errors import InputError
from auditor.incidents.case import fold
from auditor.incidents.forms import issue
from auditor.incidents.forms.asked import REGIME
from auditor.inventory import offices, systems
from auditor.inventory.papers import folder
from auditor.models import Inventory, Organisation, Unit, clock
from auditor.models.incidents import Entry, Opened
from auditor.models.ranks import Form, Purpose
from auditor.report.official.content import form as head
from auditor.report.official.issue import office
from auditor.text import usage
from auditor.text.words import Words


def find_gaps(inventory: Inventory, purpose: Purpose, words: Words) -> Iterator[str]:
    """Yield what is missing, each once, with where to write it: for every unit that has sites or hosts.

    Raises InputError for papers that cannot be read.
    """
    organisation = inventory.organisation
    if organisation is None:
        yield words("readiness.no_organisation")
        return
    units = _reporting(inventory, organisation)
    if not units:
        yield words("readiness.no_units")
    gaps = {"incidents": _of_incidents, "official": _of_reports, "yearly": _of_years}[purpose]
    seen: set[str] = set()
    for unit in units:
        for gap in _able(inventory, unit, words) or gaps(inventory, organisation, unit, words):
            if gap not in seen:
                seen.add(gap)
                yield gap


def _reporting(inventory: Inventory, organisation: Organisation) -> tuple[Unit, ...]:
    named = {site.unit or host.unit for host in inventory.hosts for site in host.sites}
    named |= {host.unit for host in inventory.hosts}
    return tuple(unit for unit in organisation.units if unit.id in named)


def _able(inventory: Inventory, unit: Unit, words: Words) -> tuple[str, ...]:
    """Return why a unit cannot report at all; nothing where it can."""
    try:
        office(inventory, unit.id)
    except InputError as error:
        return (usage.mistake(error, words.lang),)
    return ()


def _of_incidents(inventory: Inventory, organisation: Organisation, unit: Unit, words: Words) -> Iterator[str]:
    """Fill in each form of the regime for an incident on all of the unit's sites, and yield what the office's papers leave blank."""
    subjects = tuple(
        site.domain for host in inventory.hosts for site in host.sites if (site.unit or host.unit) == unit.id
    ) or tuple(host.name for host in inventory.hosts if host.unit == unit.id)
    now = clock.stamp(clock.now())
    opened = Opened(detected=now, subjects=subjects, regime=organisation.regime)
    case = fold("SC-20000101-1", [Entry(at=now, happened=now, who="x", deed=opened)])
    for form in get_args(Form):
        if REGIME[form] == organisation.regime:
            known = issue.known(case, form, inventory, unit.id, None, words.lang)
            for gap in issue.unknown_of_office(known):
                yield words("readiness.of_unit", unit=unit.name, gap=gap)
    if not any(one.incidents for one in offices.upward(organisation, unit)):
        yield words("readiness.no_mail", unit=unit.name)


def _of_reports(inventory: Inventory, organisation: Organisation, unit: Unit, words: Words) -> Iterator[str]:
    if "…" in head.place(unit):
        yield words("readiness.no_place", unit=unit.name, id=unit.id)
    if "…" in head.symbol(unit, "bao-cao"):
        yield words("readiness.no_abbreviation", unit=unit.name, id=unit.id)


def _of_years(inventory: Inventory, organisation: Organisation, unit: Unit, words: Words) -> Iterator[str]:
    file = folder(inventory.path) / systems.FILE
    if not file.is_file():
        yield words("readiness.no_systems", file=file)
        return
    declared = systems.load(folder(inventory.path), organisation, inventory.hosts)
    listed = {domain for system in declared.systems for domain in system.sites}
    hosts = {name for system in declared.systems for name in system.hosts}
    for host in inventory.hosts:
        for site in host.sites:
            if (site.unit or host.unit) == unit.id and site.domain not in listed and host.name not in hosts:
                yield words("readiness.no_system", site=site.domain, file=file)
