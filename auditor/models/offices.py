"""The organisation, its offices, and the papers with which they answer for controls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from auditor.models.base import ControlId, Domain, Model, UnitId, WindowText
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


def _forbid_mail_address_as_role_name(role_name: str) -> str:
    if "@" in role_name:
        raise ValueError("use the address of an office role, not of a person")
    return role_name


Role = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(_forbid_mail_address_as_role_name),
]
"""Who answers for something, as an office role: "Chánh Văn phòng". People come and go, and are nobody's business."""


Validity = Literal["future", "active", "expiring", "expired"]
"""Where a paper stands on a day: not yet in force, in force, in force for 30 more days at most, over."""


class ExceptionScope(Model):
    """The places where a paper holds.

    A unit stands for all below it, a host for the sites on it.
    """

    units: tuple[UnitId, ...] = ()
    hosts: tuple[str, ...] = ()
    sites: tuple[Domain, ...] = ()


class Waiver(Model):
    """Leave to let a control be open somewhere for a while."""

    id: Annotated[str, StringConstraints(pattern=r"^[^\s@]+$", max_length=64)]
    control: ControlId
    scope: ExceptionScope
    reason: str = Field(min_length=1)
    approver: Role
    granted: date = Field(description="first day in force, Vietnam time")
    expires: date = Field(description="last day in force, Vietnam time")
    compensating: str | None = Field(default=None, min_length=1, description="the compensating measure")


class Authorization(Model):
    """An office's leave, in writing, to ask its sites for addresses that nobody names."""

    document: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)] = Field(
        description="number and title of the document that orders it"
    )
    dated: date = Field(description="day of the document, and first day in force, Vietnam time")
    scope: ExceptionScope
    expires: date = Field(description="last day in force, Vietnam time")


class Attestation(Model):
    """A person's signed answer to a control that only a person can tell."""

    control: ControlId
    scope: ExceptionScope
    who: Role
    when: date = Field(description="first day it counts, Vietnam time")
    valid_until: date = Field(description="last day it counts, Vietnam time")
    evidence: str = Field(min_length=1, description="a file, by its path in the office folder")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the evidence file")
    compensating: str | None = Field(default=None, min_length=1, description="the compensating measure")


class Statement(Model):
    """The statement of an office on a vulnerability that the published data has as open or unknown.

    It says why the vulnerability is none here.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[^\s@]+$", max_length=64)]
    vulnerability: Annotated[
        str, StringConstraints(pattern=r"^(?:CVE-[0-9]{4}-[0-9]{4,19}|WORDFENCE-[0-9a-f-]{1,40}|GHSA-[0-9a-z-]{1,40})$")
    ]
    product: str = Field(
        min_length=1, max_length=200, description="source package, or component such as plugin/akismet"
    )
    scope: ExceptionScope
    status: Literal["not_affected", "mitigated"]
    justification: Literal[
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    ] = Field(description="as VEX has them")
    reason: str = Field(min_length=1, description="what was done, or how it is known")
    approver: Role
    granted: date = Field(description="first day in force, Vietnam time")
    expires: date = Field(description="last day in force, Vietnam time")
