"""The office's information systems, ``office/systems.yml``: read and checked, and what contradicts itself in it.

A system is what the law gives a level to; a site is a part of one. The words of Decree 331/2026/NĐ-CP, form 08.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from auditor.errors import InputError
from auditor.models import Domain, Host, Model, Organisation, Role, Site, UnitId
from auditor.models.base import Printable
from auditor.system.yaml_source import YamlPlace, find_line_of_path_in_yaml_file, load_yaml, validate_yaml_data_as_model

FILE = "systems.yml"
_MEND = "see docs/en/yearly.md"

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), Printable]
Dossier = Literal["draft", "submitted", "appraised", "approved"]
"""Where the dossier that proposes the level stands: being written, sent, appraised, approved."""
Measures = Literal["none", "some", "all"]
"""How much of the approved measures is in place."""


class Instrument(Model):
    """A decision or a regulation, by its number and day."""

    number: Line
    day: date


class System(Model):
    """An information system."""

    id: UnitId = Field(description="what it is called here: lower case letters, digits, hyphens")
    name: Line = Field(description="its name in documents")
    owner: UnitId = Field(description="the office that owns it (chủ quản)")
    operator: UnitId = Field(description="the office that operates it (đơn vị vận hành)")
    level: Literal[1, 2, 3, 4, 5] | None = Field(default=None, description="the proposed level; none: not classified")
    dossier: Dossier | None = Field(default=None, description="where the dossier of its level stands; none: not begun")
    decision: Instrument | None = Field(default=None, description="the decision that approves its level")
    approval_expected: date | None = Field(default=None, description="by when its level is to be approved")
    regulation: Instrument | None = Field(default=None, description="the regulation on its security (quy chế)")
    measures: Measures = Field(default="none", description="how much of the approved measures is in place")
    measures_expected: date | None = Field(default=None, description="by when all measures are to be in place")
    checked_before_use: date | None = Field(default=None, description="when it was checked before it was put to use")
    checked: date | None = Field(default=None, description="when it was last checked, as is done again and again")
    sites: tuple[Domain, ...] = Field(default=(), description="the sites that are parts of it")
    hosts: tuple[str, ...] = Field(default=(), description="the servers that are parts of it")

    @model_validator(mode="after")
    def _require_level_and_decision_for_dossier(self) -> Self:
        if self.dossier is not None and self.level is None:
            raise ValueError("dossier: it proposes a level, but 'level' is missing; add 'level: 2'")
        if self.dossier == "approved" and self.decision is None:
            raise ValueError("dossier: it is approved, so add 'decision: {number: …, day: …}'")
        if self.decision is not None and self.dossier != "approved":
            raise ValueError("decision: there is a decision, so the dossier must be 'approved'")
        return self


class Contact(Model):
    """The addresses of an office, and the mandate for its task; without people's names."""

    mandate: Line | None = Field(default=None, description="the document that gives it the task")
    representative: Role | None = Field(default=None, description="who speaks for it, as a role: Chủ tịch")
    address: Line | None = Field(default=None, description="where it is")
    telephone: Line | None = Field(default=None, description="the office's own, nobody's in person")
    email: Line | None = Field(default=None, description="the office's own, nobody's in person")


class Systems(Model):
    """The systems in the file."""

    specialist: UnitId | None = Field(default=None, description="the office in charge of cyber security for the owner")
    contacts: Mapping[UnitId, Contact] = Field(default_factory=dict, description="how the offices are reached, by unit")
    systems: tuple[System, ...] = Field(description="the systems, each with the settings below")


@dataclass(frozen=True)
class Contradiction:
    """Two statements that cannot both be true, or one that is missing: a key of the words, and what it is about."""

    key: Literal[
        "in_none",
        "in_several",
        "two_levels",
        "no_level",
        "checked_unapproved",
        "done_and_expected",
        "in_place_unapproved",
    ]
    values: tuple[tuple[str, str], ...]


def load_information_systems(office_folder: Path, organisation: Organisation | None, hosts: Sequence[Host]) -> Systems:
    """Return the systems. Raises InputError naming file, line and mend, also where there is no such file."""
    file = office_folder / FILE
    if not file.is_file():
        raise InputError("no information systems are declared", file=file, mend=_MEND)
    document = validate_yaml_data_as_model(
        Systems, load_yaml(file), "{where}: {why}", mend=_MEND, place=YamlPlace(file)
    )
    _check_named_units_sites_and_hosts_exist(document, file, organisation, hosts)
    return document


def _check_named_units_sites_and_hosts_exist(
    document: Systems, file: Path, organisation: Organisation | None, hosts: Sequence[Host]
) -> None:
    """Raise InputError for the first name that is nobody's."""
    units = {unit.id for unit in organisation.units} if organisation is not None else set()
    sites = {site.domain for host in hosts for site in host.sites}
    names = {host.name for host in hosts}
    ids: set[str] = set()

    def _make_error(what: str, place: Sequence[int | str], **values: Any) -> InputError:
        line = find_line_of_path_in_yaml_file(file, place)
        return InputError(what, file=file, line=line, mend=_MEND, **values)

    def check_unit(unit: UnitId, *place: int | str) -> None:
        if unit not in units:
            raise _make_error("{unit} is not in office/organisation.yml", place, unit=unit)

    if document.specialist is not None:
        check_unit(document.specialist, "specialist")
    for unit in document.contacts:
        check_unit(unit, "contacts", unit)
    for index, system in enumerate(document.systems):
        if system.id in ids:
            raise _make_error("{id}: two systems have this ID", ["systems", index, "id"], id=system.id)
        ids.add(system.id)
        check_unit(system.owner, "systems", index, "owner")
        check_unit(system.operator, "systems", index, "operator")
        for number, site in enumerate(system.sites):
            if site not in sites:
                raise _make_error(
                    "{id}: {site} is not a site in the inventory",
                    ["systems", index, "sites", number],
                    id=system.id,
                    site=site,
                )
        for number, host in enumerate(system.hosts):
            if host not in names:
                raise _make_error(
                    "{id}: {host} is not a host in the inventory",
                    ["systems", index, "hosts", number],
                    id=system.id,
                    host=host,
                )


def load_highest_system_level_by_site(
    office_folder: Path, organisation: Organisation | None, hosts: Sequence[Host]
) -> Mapping[str, int]:
    """Return by site the level of the system that it is a part of, of several the highest.

    Nothing where there is no such file.

    Raises InputError naming file, line and mend.
    """
    if not (office_folder / FILE).is_file():
        return {}
    level_by_site: dict[str, int] = {}
    for system in load_information_systems(office_folder, organisation, hosts).systems:
        if system.level is not None:
            level_by_site.update({site: max(system.level, level_by_site.get(site, 0)) for site in system.sites})
    return level_by_site


def find_contradictions(systems: Iterable[System], sites: Iterable[Site]) -> tuple[Contradiction, ...]:
    """Return what cannot be so: of the sites each has to be in one system, of its level."""
    systems = tuple(systems)
    return (
        *_find_contradictions_at_sites(systems, sites),
        *(contradiction for system in systems for contradiction in _find_contradictions_in_system(system)),
    )


def _find_contradictions_at_sites(systems: Sequence[System], sites: Iterable[Site]) -> Iterator[Contradiction]:
    for site in sites:
        of = [system for system in systems if site.domain in system.sites]
        if not of:
            yield Contradiction("in_none", (("site", site.domain),))
        if len(of) > 1:
            names = ", ".join(system.name for system in of)
            yield Contradiction("in_several", (("site", site.domain), ("systems", names)))
        for system in of:
            if system.level is not None and system.level != site.level:
                levels = (("own", str(site.level)), ("level", str(system.level)))
                yield Contradiction(
                    "two_levels" if site.level_declared else "no_level",
                    (("site", site.domain), ("system", system.name), *levels),
                )


def _find_contradictions_in_system(system: System) -> Iterator[Contradiction]:
    system_value = (("system", system.name),)
    if system.measures == "all" and system.measures_expected is not None:
        yield Contradiction("done_and_expected", system_value)
    if system.measures == "all" and system.dossier != "approved":
        yield Contradiction("in_place_unapproved", system_value)
    if system.checked is not None and system.dossier != "approved":
        yield Contradiction("checked_unapproved", system_value)
