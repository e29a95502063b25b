"""The organisation and its offices."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from auditor.models.base import Model, UnitId, WindowText
from auditor.models.ranks import Regime, Severity


class IncidentMail(Model):
    """The way in which an office is told of incidents."""

    roles: tuple[str, ...] = Field(min_length=1, description="the roles that are told by mail")
    automatic: bool = Field(default=False, description="they are told without a person who looks at the mail first")


class Unit(Model):
    """An office in the organisation tree."""

    id: UnitId = Field(description="what hosts, sites and papers call it: lower case letters, digits, hyphens")
    name: str = Field(min_length=1, description="its name in documents")
    parent: UnitId | None = Field(default=None, description="the office above it")
    former_name: str | None = Field(default=None, description="what it was called before a merger or renaming")
    successor: UnitId | None = Field(
        default=None,
        description="the office that took over, when it has ceased: its sites and papers are the successor's",
    )
    roles: dict[str, str] = Field(default_factory=dict, description="role name to role address")
    technical_roles: tuple[str, ...] = Field(default=(), description="the roles that may get the technical annex")
    incidents: IncidentMail | None = Field(
        default=None,
        description="who is told of incidents at its sites and those of the units below: roles, and automatic",
    )
    windows: tuple[WindowText, ...] = Field(
        default=(), description="when its hosts, and those of the units below, may be changed; none: at any time"
    )
    reports_to: tuple[UnitId, ...] = Field(default=(), description="whom its reports address; by default its parent")
    copies_to: tuple[UnitId, ...] = Field(default=(), description="who else receives its reports")
    place: str | None = Field(default=None, description="place name before the date of its documents")
    abbreviation: str | None = Field(default=None, description="its part of a document's number, e.g. UBND")
    drafter: str | None = Field(default=None, description="abbreviation of the section that drafts, e.g. VHXH")
    signing: tuple[str, ...] = Field(default=(), description="the lines above a signature, e.g. CHỦ TỊCH")

    @model_validator(mode="after")
    def _require_referenced_roles_to_exist(self) -> Self:
        for role in self.technical_roles:
            if role not in self.roles:
                raise ValueError(f"technical_roles: {role} is not one of its roles")
        for role in self.incidents.roles if self.incidents else ():
            if role not in self.roles:
                raise ValueError(f"incidents: {role} is not one of its roles")
        return self


class Authority(Model):
    """Whom incidents are reported to by law, as a document addresses it."""

    name: str = Field(min_length=1, max_length=300, description="its name in documents")
    address: tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)], ...] = Field(
        default=(), max_length=4, description="lines below its name in documents"
    )


class Organisation(Model):
    """The office that owns an inventory, and the offices below it."""

    name: str = Field(min_length=1, description="the name of the office that owns the inventory")
    regime: Regime = Field(
        default="2026",
        description="which laws, clause numbers and words its documents follow, by the year they took effect",
    )
    deadline_days: Mapping[Severity, Annotated[int, Field(ge=1, le=366)]] = Field(
        default_factory=dict,
        description="days after the end of the month that first saw it open by which a finding has to be mended",
    )
    incident_authority: Mapping[Regime, Authority] = Field(
        default_factory=dict,
        description="whom incidents are reported to by law, for each regime; without it forms leave the line blank",
    )
    units: tuple[Unit, ...] = Field(description="the offices, each with the settings below")

    def find_unit_by_id(self, unit_id: str) -> Unit | None:
        """Return the unit with that id, or None."""
        return self._units_by_id.get(unit_id)

    @cached_property
    def _units_by_id(self) -> Mapping[str, Unit]:
        return {unit.id: unit for unit in self.units}
