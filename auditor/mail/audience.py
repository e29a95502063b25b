"""Who gets a report: the addresses of a unit's roles. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.errors import InputError
from auditor.inventory import offices
from auditor.models import Organisation, Unit


@dataclass(frozen=True)
class Recipient:
    """One address, and whether it may get the technical annex."""

    address: str
    roles: tuple[str, ...]
    technical: bool


def unit(organisation: Organisation, unit_id: str) -> Unit:
    """The unit with that id, in office today. Raises InputError."""
    found = organisation.unit(unit_id)
    if found is None:
        known = ", ".join(unit.id for unit in organisation.units)
        raise InputError("{unit} is not a unit of the organisation", unit=unit_id, mend="one of: {known}", known=known)
    if found.successor is not None:
        raise InputError(
            "unit {unit} no longer exists",
            unit=unit_id,
            mend="write to its successor {successor}",
            successor=offices.today(organisation, found).id,
        )
    return found


def recipients(to: Unit, roles: Sequence[str] = ()) -> tuple[Recipient, ...]:
    """The addresses of these roles of a unit, of all when none is named; each once. Raises InputError."""
    for role in roles:
        if role not in to.roles:
            raise InputError(
                "unit {unit} has no role {role}",
                unit=to.id,
                role=role,
                mend="give it one under roles: in office/organisation.yml",
            )
    found: dict[str, list[str]] = {}
    for role, address in to.roles.items():
        if not roles or role in roles:
            found.setdefault(address, []).append(role)
    if not found:
        raise InputError(
            "unit {unit} has no role with an address", unit=to.id, mend="add roles: to it in office/organisation.yml"
        )
    return tuple(
        Recipient(address, tuple(held), technical=any(role in to.technical_roles for role in held))
        for address, held in found.items()
    )
