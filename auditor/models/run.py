"""One audit: how the hosts were read, and all that was found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from auditor.models import clock
from auditor.models.base import Domain, Model, Text
from auditor.models.exceptions.record import ExceptionState
from auditor.models.findings import AuthorizationUse, Finding, WaiverUse
from auditor.models.hardening import Hardening
from auditor.models.hosts import Application, Host
from auditor.models.hunts import HuntSummary
from auditor.models.incidents import ActiveContainment, OpenIncident, UnrecordedContainment
from auditor.models.offices import Organisation
from auditor.models.ranks import Regime
from auditor.models.reviews import ScanSummary
from auditor.models.vulnerabilities import ImportedSource


class Protection(Model):
    """A product against malware that is installed on a host."""

    product: Literal[
        "Bitdefender",
        "ClamAV",
        "CrowdStrike Falcon",
        "ESET",
        "Kaspersky",
        "Linux Malware Detect",
        "Microsoft Defender",
        "SentinelOne",
        "Sophos",
        "Trend Micro",
        "Wazuh",
    ]
    running: bool


class HostOutcome(Model):
    """The outcome of reading one host."""

    host: str
    reached: bool
    reason: Text | None = None
    seconds: float = 0.0
    os: str | None = None
    area_errors: dict[str, str] = Field(default_factory=dict)
    record: str | None = Field(default=None, description="sha256 of the record of its files that lies on the host")
    protection: tuple[Protection, ...] | None = Field(
        default=None, description="products against malware on it; None: not known"
    )


class ExcludedHost(Model):
    """A declared host that an audit was not to read, and the sites on it."""

    host: str
    sites: tuple[Domain, ...] = ()


Thing = Literal["script_host", "plugin", "administrator", "file", "key"]
"""What a site may have that no other one of its kind has."""
MAX_THING = 100
"""Characters of its name."""


class OnlyHere(Model):
    """A thing that one site alone of its kind has, for whoever knows why."""

    site: Domain
    what: Thing
    name: str = Field(max_length=MAX_THING)
    kind: Application | None = Field(description="what the sites that it was looked for on are made with")
    among: int = Field(description="how many sites of the kind could be read for it")


class Run(Model):
    """One audit: when, of what, and all that was found."""

    id: str
    started: str = Field(description="ISO 8601 with offset")
    seconds: float
    version: str
    inventory: str
    purpose: Literal["audit", "before", "after"] = "audit"
    hosts: tuple[Host, ...]
    outcomes: tuple[HostOutcome, ...]
    findings: tuple[Finding, ...]
    organisation: Organisation | None = None
    hardening: Hardening | None = Field(default=None, description="the hardening that this audit came after")
    waivers: tuple[WaiverUse, ...] = Field(default=(), description="those with something in scope in this run")
    reviews: tuple[ScanSummary, ...] = Field(
        default=(), description="the last look at each site that was ever reviewed, as old as it is"
    )
    only_here: tuple[OnlyHere, ...] = Field(default=(), description="what one site alone of its kind has; no findings")
    authorizations: tuple[AuthorizationUse, ...] = Field(
        default=(), description="the office's leave to ask its sites for addresses that nobody names"
    )
    exceptions: tuple[ExceptionState, ...] | None = Field(
        default=None,
        description="what the offices decided is all right on its hosts and sites; None: kept before that was noted",
    )
    hunts: tuple[HuntSummary, ...] = Field(default=(), description="the last hunt on each host that was ever hunted on")
    contained: tuple[ActiveContainment, ...] = Field(
        default=(), description="what incidents contained on its hosts when it began"
    )
    unrecorded: tuple[UnrecordedContainment, ...] = Field(
        default=(), description="what its hosts have on record of incidents and the case log does not have in force"
    )
    incidents: tuple[OpenIncident, ...] | None = Field(
        default=None, description="those open on its hosts and sites when it began; None: kept before that was noted"
    )
    left_out: tuple[ExcludedHost, ...] | None = Field(
        default=None, description="what the inventory declares besides; None: kept before that was noted"
    )

    vulnerability_data: tuple[ImportedSource, ...] = Field(
        default=(),
        description="the data that its verdicts on vulnerabilities rest on: the same facts and data give the same",
    )

    @property
    def regime(self) -> Regime:
        """Return whose laws and words its reports go by."""
        return self.organisation.regime if self.organisation else "2026"

    @property
    def started_at(self) -> datetime:
        """Return when it began."""
        return clock.parse_iso_moment(self.started)

    @property
    def ended_at(self) -> datetime:
        """Return when everything was read and judged."""
        return self.started_at + timedelta(seconds=self.seconds)
