"""What every exception has: an office role that answers for it, where it holds, and where it stands on a day."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints

from auditor.models.base import Domain, Model, UnitId


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
