"""One control on one subject, and what it came to."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from auditor.models.base import FORBID_EXTRA, ControlId, Domain, Model, Text
from auditor.models.exceptions.papers import Authorization, Waiver
from auditor.models.exceptions.record import Validity
from auditor.models.ranks import Severity, Status


@dataclass(frozen=True, slots=True, kw_only=True, config=FORBID_EXTRA)
class Subject:
    """The subject of a finding: a host by name or a site by domain."""

    kind: Literal["host", "site"]
    id: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORBID_EXTRA)
class Evidence:
    """One value that the check read, by its path in the facts."""

    path: str
    value: Any


class AppliedWaiver(Model):
    """The waiver in force that an open finding comes under."""

    id: str
    reason: str
    approver: str
    granted: date
    expires: date
    days_left: int = Field(description="after the day of the run; 0 on the last day")
    validity: Literal["active", "expiring"]
    compensating: str | None


class AppliedAttestation(Model):
    """The latest attestation to a manual finding; one that has expired no longer answers it."""

    who: str
    when: date
    valid_until: date
    days_left: int = Field(description="after the day of the run; 0 on the last day, negative when expired")
    validity: Literal["active", "expiring", "expired"]
    evidence: str
    sha256: str
    compensating: str | None = Field(default=None, description="the measure that compensates for what the control asks")


Bucket = Literal["pass", "partial", "fail", "waived", "not_applicable", "not_evaluated", "manual", "attested"]
"""Where a finding is counted: by its status, but open ones under a waiver and attested manual ones apart."""


@dataclass(frozen=True, slots=True, kw_only=True, config=FORBID_EXTRA)
class Finding:
    """One control on one subject: the result and the very values that it rests on."""

    control: ControlId
    subject: Subject
    host: str
    status: Status
    severity: Severity
    reason: Text | None = Field(default=None, description="why not_applicable, not_evaluated or manual")
    evidence: tuple[Evidence, ...] = ()
    violations: tuple[Any, ...] = Field(
        default=(), description="the members that violate, for controls over a collection"
    )
    population: int | None = Field(default=None, description="how many members there are, when that is known")
    waiver: AppliedWaiver | None = Field(
        default=None, description="set on a partial or fail that is tolerated for now: counted apart, never planned"
    )
    attestation: AppliedAttestation | None = Field(default=None, description="a person's answer to a manual finding")

    @property
    def key(self) -> tuple[ControlId, Subject]:
        """Return what it shares with the same finding of another run, and with no other of its own."""
        return self.control, self.subject

    @property
    def bucket(self) -> Bucket:
        """Return where it is counted."""
        if self.waiver is not None and self.status.is_open:
            return "waived"
        if self.attestation is not None and self.attestation.validity != "expired" and self.status is Status.MANUAL:
            return "attested"
        return self.status.value

    @property
    def is_open(self) -> bool:
        """Return whether somebody has to do something about it now: it violates, and no waiver covers it."""
        return self.waiver is None and self.status.is_open


class WaiverUse(Model):
    """A waiver and what it comes to in one run: how many of the findings in its scope are what."""

    waiver: Waiver
    validity: Validity
    days_left: int = Field(description="after the day of the run; 0 on the last day, negative when expired")
    waived: int = Field(description="open findings that it covers")
    open: int = Field(description="open findings that it no longer or not yet covers, or that a later waiver does")
    not_evaluated: int
    met: int = Field(description="findings that pass or do not apply: nothing to waive")

    @property
    def is_unused(self) -> bool:
        """Return whether it is in force and there is nothing that it could be needed for."""
        return self.validity in ("active", "expiring") and not self.waived + self.open + self.not_evaluated


class AuthorizationUse(Model):
    """An authorization and where it stands on the day of a run."""

    authorization: Authorization
    validity: Validity
    days_left: int = Field(description="after the day of the run; 0 on the last day, negative when expired")
    sites: tuple[Domain, ...] = Field(description="declared sites that its scope takes in")

    @property
    def is_authorization_in_force(self) -> bool:
        """Return whether its sites may be asked for what nobody names."""
        return self.validity in ("active", "expiring")
