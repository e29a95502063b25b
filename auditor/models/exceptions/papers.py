"""The exceptions that an office writes into files of its own."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from auditor.models.base import ControlId
from auditor.models.exceptions.record import ExceptionScope, ExceptionTerms, OfficeException, Role


class Waiver(OfficeException):
    """Leave to let a control be open somewhere for a while."""

    id: Annotated[str, StringConstraints(pattern=r"^[^\s@]+$", max_length=64)]
    control: ControlId
    scope: ExceptionScope
    reason: str = Field(min_length=1)
    approver: Role
    granted: date = Field(description="first day in force, Vietnam time")
    expires: date = Field(description="last day in force, Vietnam time")
    compensating: str | None = Field(default=None, min_length=1, description="the compensating measure")

    @property
    def terms(self) -> ExceptionTerms:
        """Return what it has in common with the others."""
        return ExceptionTerms(
            kind="waiver",
            name=self.id,
            about=self.control,
            role=self.approver,
            reason=self.reason,
            places=self.scope.places,
            first_day=self.granted,
            last_day=self.expires,
            details={**({"compensating": self.compensating} if self.compensating else {})},
        )


class Authorization(OfficeException):
    """An office's leave, in writing, to ask its sites for addresses that nobody names."""

    document: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)] = Field(
        description="number and title of the document that orders it"
    )
    dated: date = Field(description="day of the document, and first day in force, Vietnam time")
    scope: ExceptionScope
    expires: date = Field(description="last day in force, Vietnam time")

    @property
    def terms(self) -> ExceptionTerms:
        """Return what it has in common with the others."""
        return ExceptionTerms(
            kind="authorization",
            name=self.document,
            about=self.document,
            reason=self.document,
            places=self.scope.places,
            first_day=self.dated,
            last_day=self.expires,
        )


class Attestation(OfficeException):
    """A person's signed answer to a control that only a person can tell."""

    control: ControlId
    scope: ExceptionScope
    who: Role
    when: date = Field(description="first day it counts, Vietnam time")
    valid_until: date = Field(description="last day it counts, Vietnam time")
    evidence: str = Field(min_length=1, description="a file, by its path in the office folder")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the evidence file")
    compensating: str | None = Field(default=None, min_length=1, description="the compensating measure")

    @property
    def terms(self) -> ExceptionTerms:
        """Return what it has in common with the others."""
        return ExceptionTerms(
            kind="attestation",
            name=self.control,
            about=self.control,
            role=self.who,
            reason=self.evidence,
            places=self.scope.places,
            first_day=self.when,
            last_day=self.valid_until,
            details={"sha256": self.sha256, **({"compensating": self.compensating} if self.compensating else {})},
        )


class Statement(OfficeException):
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

    @property
    def terms(self) -> ExceptionTerms:
        """Return what it has in common with the others."""
        return ExceptionTerms(
            kind="statement",
            name=self.id,
            about=f"{self.vulnerability}, {self.product}",
            role=self.approver,
            reason=self.reason,
            places=self.scope.places,
            first_day=self.granted,
            last_day=self.expires,
            details={"status": self.status, "justification": self.justification},
        )
