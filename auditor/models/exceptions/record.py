"""What every exception has: an office role that answers for it, where it holds, and where it stands on a day."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

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

    @property
    def places(self) -> tuple[str, ...]:
        """Return its units, hosts and sites by name."""
        return (*self.units, *self.hosts, *self.sites)


ExceptionKind = Literal[
    "waiver", "attestation", "authorization", "statement", "accepted_trace", "accepted_risk", "known_good"
]
WARNING_DAYS = 30
"""An exception is called expiring when no more days than these are left after today."""


class ExceptionTerms(Model):
    """What exceptions of all kinds say: what is all right, who answers for that, why, where and until when."""

    kind: ExceptionKind
    name: str = Field(description="what it is called by: a decision, a document, a control, a key, a release")
    about: str = Field(description="what is all right: a control, a vulnerability in a product, a trace, a release")
    role: str = Field(default="", description="the office role that answers for it; empty: nobody wrote it down")
    second: str = Field(default="", description="the other office role that agreed")
    reason: str = ""
    places: tuple[str, ...] = Field(default=(), description="its units, hosts and sites; none: everywhere")
    first_day: date | None = Field(default=None, description="in force, Vietnam time")
    last_day: date | None = Field(default=None, description="in force, Vietnam time; null: until it is withdrawn")
    details: Mapping[str, str] = Field(default_factory=dict, description="what only its kind says")

    def determine_validity_on_day(self, day: date) -> Validity:
        """Return where it stands; the first and the last day are in force."""
        if self.first_day is not None and day < self.first_day:
            return "future"
        if self.last_day is None:
            return "active"
        if day > self.last_day:
            return "expired"
        return "expiring" if (self.last_day - day).days <= WARNING_DAYS else "active"

    def count_days_left_on_day(self, day: date) -> int | None:
        """Return how many days it holds after this one, negative when it is over; None: until it is withdrawn."""
        return (self.last_day - day).days if self.last_day is not None else None


class ExceptionState(ExceptionTerms):
    """An exception on a day."""

    validity: Validity
    days_left: int | None = Field(
        description="after the day; 0 on the last day, negative when expired; null: until it is withdrawn"
    )
    covers: tuple[str, ...] = Field(default=(), description="the hosts or sites that it applies to; none: everywhere")

    @property
    def is_in_force(self) -> bool:
        """Return whether it makes something all right on that day."""
        return self.validity in ("active", "expiring")


class OfficeException(Model):
    """An exception with the fields of its kind."""

    @property
    @abstractmethod
    def terms(self) -> ExceptionTerms:
        """Return what it has in common with the others."""

    def determine_validity_on_day(self, day: date) -> Validity:
        """Return where it stands."""
        return self.terms.determine_validity_on_day(day)

    def is_in_force_on_day(self, day: date) -> bool:
        """Return whether it makes something all right on that day."""
        return self.determine_validity_on_day(day) in ("active", "expiring")
