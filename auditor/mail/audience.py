"""Who gets a report: the addresses of a unit's roles. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.errors import InputError
from auditor.inventory import offices
from auditor.mail.message import Attachment
from auditor.models import Organisation, Unit


@dataclass(frozen=True)
class Recipient:
    """One address, and whether it may get the technical annex."""

    address: str
    roles: tuple[str, ...]
    technical: bool


@dataclass(frozen=True)
class Dispatch:
    """Letters of one kind on their way to an office: who sends them, to whom, and with what."""

    sender: str
    unit: Unit
    recipients: Sequence[Recipient]
    technical_attachments: Sequence[Attachment]
    """For those alone who may get them."""
    chain_head: str | None
    """The hash of the last link of the history's chain."""

    def list_technical_attachments_for(self, recipient: Recipient) -> tuple[Attachment, ...]:
        """Return what one of the recipients gets of them."""
        return tuple(self.technical_attachments) if recipient.technical else ()


def get_active_unit_by_id(organisation: Organisation, unit_id: str) -> Unit:
    """Return the unit with that id, in office today. Raises InputError."""
    addressed_unit = organisation.find_unit_by_id(unit_id)
    if addressed_unit is None:
        unit_ids = ", ".join(unit.id for unit in organisation.units)
        raise InputError(
            "{unit} is not a unit of the organisation", unit=unit_id, mend="one of: {known}", known=unit_ids
        )
    if addressed_unit.successor is not None:
        raise InputError(
            "unit {unit} no longer exists",
            unit=unit_id,
            mend="write to its successor {successor}",
            successor=offices.resolve_successor(organisation, addressed_unit).id,
        )
    return addressed_unit


def list_recipients(unit: Unit, roles: Sequence[str] = ()) -> tuple[Recipient, ...]:
    """Return the addresses of these roles of a unit, of all when none is named; each once. Raises InputError."""
    for role in roles:
        if role not in unit.roles:
            raise InputError(
                "unit {unit} has no role {role}",
                unit=unit.id,
                role=role,
                mend="give it one under roles: in office/organisation.yml",
            )
    roles_by_address: dict[str, list[str]] = {}
    for role, address in unit.roles.items():
        if not roles or role in roles:
            roles_by_address.setdefault(address, []).append(role)
    if not roles_by_address:
        raise InputError(
            "unit {unit} has no role with an address", unit=unit.id, mend="add roles: to it in office/organisation.yml"
        )
    return tuple(
        Recipient(address, tuple(address_roles), technical=any(role in unit.technical_roles for role in address_roles))
        for address, address_roles in roles_by_address.items()
    )
