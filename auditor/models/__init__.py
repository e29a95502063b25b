"""The product's nouns: organisation, host, site, control, finding, run. Data only, no I/O."""

from __future__ import annotations

import enum
import ipaddress
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.dataclasses import dataclass

from auditor.models import windows

Lang = Literal["vi", "en"]
Regime = Literal["2022", "2026"]
"""Which laws, clause numbers and words apply."""
DocumentKind = Literal["bao-cao", "cong-van"]
"""An official report, or a letter that asks for work."""
ControlId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
AcceptedName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*(:[^\s,:]{1,256})?$", max_length=400)
]
"""A control whose danger is accepted, or ``CONTROL:ACCOUNT``: that the control locks that account's people out."""
ACCEPTED_LOSS = "{control}:{account}"
UnitId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=63)]
_DOMAIN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$"


def _domain(text: Any) -> Any:
    """Tells what was probably meant by what is no domain."""
    if not isinstance(text, str) or re.fullmatch(_DOMAIN, text):
        return text
    try:
        meant = text[:253].encode("idna").decode("ascii").lower()
    except UnicodeError:
        meant = ""
    if re.fullmatch(_DOMAIN, meant):
        raise ValueError(f"{text!r} has to be written as {meant}")
    raise ValueError(f"{text!r} is no domain name like xa-vi-du.gov.vn")


Domain = Annotated[str, StringConstraints(pattern=_DOMAIN, max_length=253), BeforeValidator(_domain)]
PLAIN_PATH = r"^(/[\w.@+,:~ =-]+)+/?$"
PlainPath = Annotated[str, StringConstraints(pattern=PLAIN_PATH, max_length=1000)]
"""An absolute path that nothing takes for more: no braces, which Ansible would template, and no control characters."""
UrlPath = Annotated[str, StringConstraints(pattern=r"^/[^\s{}\x00-\x1f]*$", max_length=2000)]
"""What stands after a site's name in an address, for the same reason without braces."""


def _window(text: str) -> str:
    windows.parse(text)
    return text


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text, strict=False))


WindowText = Annotated[str, AfterValidator(_window)]
Network = Annotated[str, AfterValidator(_network)]
_MOST_PORTS = 2_000


def _ports(given: Any) -> Any:
    """Ranges such as ``8000-8010`` among ports, spelt out."""
    if not isinstance(given, list | tuple):
        return given
    found: list[Any] = []
    for one in given:
        ends = re.fullmatch(r"(\d{1,5})-(\d{1,5})", one) if isinstance(one, str) else None
        first, last = (int(ends[1]), int(ends[2])) if ends else (0, 0)
        if ends and first > last:
            raise ValueError(f"{one} ends before it begins")
        found += range(first, last + 1) if ends else [one]
        if len(found) > _MOST_PORTS:
            raise ValueError(f"these are more than {_MOST_PORTS} ports")
    return found


Ports = Annotated[tuple[Annotated[int, Field(ge=1, le=65_535)], ...], BeforeValidator(_ports)]


class Model(BaseModel):
    """Immutable, and closed: an unknown key is a mistake worth naming."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_CLOSED = ConfigDict(extra="forbid")
"""For what a run holds tens of thousands of: as a dataclass with slots it takes a tenth of a Model's memory."""


class Text(Model):
    """One sentence or label in both languages."""

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def get(self, lang: Lang) -> str:
        """The text in ``lang``."""
        return self.vi if lang == "vi" else self.en


class Severity(enum.StrEnum):
    """How much harm an open finding does, lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (critical)."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Format(enum.StrEnum):
    """What a run can be written as."""

    HTML = "html"
    JSON = "json"
    JUNIT = "junit"
    CSV = "csv"
    XLSX = "xlsx"
    SARIF = "sarif"
    OSCAL = "oscal"


USUAL_FORMATS: frozenset[Format] = frozenset({Format.HTML, Format.JSON, Format.JUNIT})
"""What an audit writes unless it is told otherwise."""


class Status(enum.StrEnum):
    """What the check of one control on one subject came to."""

    PASS = "pass"  # noqa: S105  a status, not a password
    PARTIAL = "partial"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    NOT_EVALUATED = "not_evaluated"
    MANUAL = "manual"

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do something about it: some or all of the subject violates."""
        return self is Status.FAIL or self is Status.PARTIAL


# --- who and what is audited -------------------------------------------------------------------------


class Unit(Model):
    """An office in the organisation tree."""

    id: UnitId
    name: str = Field(min_length=1)
    parent: UnitId | None = None
    former_name: str | None = None
    successor: UnitId | None = None
    roles: dict[str, str] = Field(default_factory=dict, description="role name to role address")
    technical_roles: tuple[str, ...] = Field(default=(), description="the roles that may get the technical annex")
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
    def _technical_roles_are_roles(self) -> Self:
        for role in self.technical_roles:
            if role not in self.roles:
                raise ValueError(f"technical_roles: {role} is not among its roles")
        return self


class Organisation(Model):
    """The office that owns an inventory, and the offices below it."""

    name: str = Field(min_length=1)
    regime: Regime = "2026"
    deadline_days: Mapping[Severity, Annotated[int, Field(ge=1, le=366)]] = Field(
        default_factory=dict,
        description="days after the end of the month that first saw it open by which a finding has to be mended",
    )
    units: tuple[Unit, ...]

    def unit(self, unit_id: str) -> Unit | None:
        """The unit with that id, or None."""
        return self._by_id.get(unit_id)

    @cached_property
    def _by_id(self) -> Mapping[str, Unit]:
        return {unit.id: unit for unit in self.units}

    def windows_of(self, unit_id: str | None) -> tuple[windows.Window, ...]:
        """The change windows of the unit, or else of the nearest unit above it that has some; empty: at any time."""
        passed: set[str] = set()
        while unit_id is not None and unit_id not in passed:
            passed.add(unit_id)
            unit = self.unit(unit_id)
            if unit is None:
                break
            if unit.windows:
                return tuple(windows.parse(text) for text in unit.windows)
            unit_id = unit.parent
        return ()


Application = Literal["static", "wordpress", "nukeviet", "joomla", "drupal", "dokuwiki", "mediawiki", "moodle", "own"]
"""What a site is made with."""


class Site(Model):
    """One website, the unit of account. Declared in the inventory, or found by ``audit --local``."""

    domain: Domain
    aliases: tuple[Domain, ...] = ()
    unit: UnitId | None = None
    host: str
    document_root: PlainPath | None = None
    server: Literal["nginx", "apache"] | None = None
    application: Application | None = None
    level: Literal[1, 2, 3] = 2
    external_domains: tuple[Domain, ...] = ()
    smoke_urls: tuple[UrlPath, ...] = ("/",)
    backup_dir: PlainPath | None = None
    backup_max_days: int = Field(default=7, ge=1, le=366)
    php_functions: tuple[str, ...] = Field(default=(), description="functions its application really needs")


class Host(Model):
    """A server in the inventory, with what its owners declare about it."""

    name: str
    address: str
    unit: UnitId | None = None
    automation_user: str | None = None
    by_password: bool = Field(default=False, description="the inventory gives a password for it to Ansible")
    admins: tuple[str, ...] = Field(default=(), description="accounts of people who may administer it")
    open_ports: Ports = Field(default=(), description="TCP ports meant to be reachable, besides SSH and web")
    trusted_networks: tuple[Network, ...] = Field(default=(), description="networks allowed to reach SSH; empty: any")
    accept: tuple[AcceptedName, ...] = Field(
        default=(), description="controls whose danger its owners accept, and CONTROL:ACCOUNT for whom one locks out"
    )
    sites: tuple[Site, ...] = ()


def _a_role(name: str) -> str:
    if "@" in name:
        raise ValueError("an office role is wanted here, not a person's address")
    return name


Role = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_a_role)]
"""Who answers for something, as an office role: "Chánh Văn phòng". People come and go, and are nobody's business."""

Validity = Literal["future", "active", "expiring", "expired"]
"""Where a paper stands on a day: not yet in force, in force, in force for 30 more days at most, over."""


class Scope(Model):
    """Where a paper holds. A unit stands for all below it, a host for the sites on it."""

    units: tuple[UnitId, ...] = ()
    hosts: tuple[str, ...] = ()
    sites: tuple[Domain, ...] = ()


class Waiver(Model):
    """Leave to let a control be open somewhere for a while."""

    id: Annotated[str, StringConstraints(pattern=r"^[^\s@]+$", max_length=64)]
    control: ControlId
    scope: Scope
    reason: str = Field(min_length=1)
    approver: Role
    granted: date = Field(description="first day in force, Vietnam time")
    expires: date = Field(description="last day in force, Vietnam time")
    compensating: str | None = Field(default=None, min_length=1, description="what is done instead")


class Attestation(Model):
    """A person's signed answer to a control that only a person can tell."""

    control: ControlId
    scope: Scope
    who: Role
    when: date = Field(description="first day it counts, Vietnam time")
    valid_until: date = Field(description="last day it counts, Vietnam time")
    evidence: str = Field(min_length=1, description="a file, by its path in the office folder")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the evidence file")
    compensating: str | None = Field(default=None, min_length=1, description="what is done instead")


class Inventory(Model):
    """Everything that the inventory folder says, understood."""

    path: str
    organisation: Organisation | None
    hosts: tuple[Host, ...]
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()

    @property
    def sites(self) -> tuple[Site, ...]:
        """All sites of all hosts, in inventory order."""
        return tuple(site for host in self.hosts for site in host.sites)


# --- what came of it -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, config=_CLOSED)
class Subject:
    """What a finding is about: a host by name or a site by domain."""

    kind: Literal["host", "site"]
    id: str


@dataclass(frozen=True, slots=True, kw_only=True, config=_CLOSED)
class Evidence:
    """One value that the check read, by its path in the facts."""

    path: str
    value: Any


class Waived(Model):
    """The waiver in force that an open finding comes under."""

    id: str
    reason: str
    approver: str
    granted: date
    expires: date
    days_left: int = Field(description="after the day of the run; 0 on the last day")
    validity: Literal["active", "expiring"]
    compensating: str | None


class Attested(Model):
    """The latest attestation to a manual finding; one that has expired no longer answers it."""

    who: str
    when: date
    valid_until: date
    days_left: int = Field(description="after the day of the run; 0 on the last day, negative when expired")
    validity: Literal["active", "expiring", "expired"]
    evidence: str
    sha256: str
    compensating: str | None = Field(default=None, description="what is done instead of what the control asks")


Bucket = Literal["pass", "partial", "fail", "waived", "not_applicable", "not_evaluated", "manual", "attested"]
"""Where a finding is counted: by its status, but open ones under a waiver and attested manual ones apart."""


@dataclass(frozen=True, slots=True, kw_only=True, config=_CLOSED)
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
    waiver: Waived | None = Field(
        default=None, description="set on a partial or fail that is let be for now: counted apart, never planned"
    )
    attestation: Attested | None = Field(default=None, description="a person's answer to a manual finding")

    @property
    def bucket(self) -> Bucket:
        """Where it is counted."""
        if self.waiver is not None and self.status.is_open:
            return "waived"
        if self.attestation is not None and self.attestation.validity != "expired" and self.status is Status.MANUAL:
            return "attested"
        return self.status.value

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do something about it now: it violates, and no waiver lets it be."""
        return self.waiver is None and self.status.is_open


class WaiverUse(Model):
    """A waiver and what it comes to in one run: how many of the findings in its scope are what."""

    waiver: Waiver
    validity: Validity
    days_left: int = Field(description="after the day of the run; 0 on the last day, negative when expired")
    waived: int = Field(description="open findings that it lets be")
    open: int = Field(description="open findings that it no longer or not yet lets be, or that a later waiver does")
    not_evaluated: int
    met: int = Field(description="findings that pass or do not apply: nothing to waive")

    @property
    def unused(self) -> bool:
        """Whether it is in force and there is nothing that it could be needed for."""
        return self.validity in ("active", "expiring") and not self.waived + self.open + self.not_evaluated


class HostOutcome(Model):
    """How reading one host went."""

    host: str
    reached: bool
    reason: Text | None = None
    seconds: float = 0.0
    os: str | None = None
    area_errors: dict[str, str] = Field(default_factory=dict)


HostState = Literal[
    "waiting", "applying", "armed", "confirmed", "reverted", "in_part", "rolled_back", "refused", "lost"
]
"""How far a hardening got with a host: not begun; asked to take its snapshot; snapshot taken and timer running; its
changes kept; brought back to the snapshot; brought back but for what is named; undone later; nothing touched; not heard of since, so that its timer brings it back."""


class NotDone(Model):
    """A change of a plan that the audit afterwards does not find in force."""

    control: ControlId
    subject: Subject
    why: Text


class HostHardening(Model):
    """What one hardening did with one host."""

    host: str
    batch: int = Field(default=0, description="from 1; 0: none, since it was refused beforehand")
    controls: tuple[ControlId, ...] = ()
    touches: Mapping[ControlId, tuple[str, ...]] = Field(default_factory=dict, description="what each may change there")
    state: HostState = "waiting"
    digest: str | None = Field(default=None, description="sha256 of the snapshot's manifest, as arming gave it")
    after: str | None = Field(default=None, description="sha256 of what was left behind, as confirming gave it")
    deadline: str | None = Field(default=None, description="when the host brings itself back, ISO 8601 with offset")
    tasks: tuple[str, ...] = Field(default=(), description="names of the tasks that changed something")
    why: Text | None = Field(default=None, description="why it was refused or reverted, or what is known of it")
    notes: tuple[Text, ...] = Field(default=(), description="what lesser users there keep the way back from holding")
    not_done: tuple[NotDone, ...] = Field(
        default=(), description="what was planned, and is not in force by the audit afterwards"
    )


class Hardening(Model):
    """One hardening: its id is that of the audit before it, and the name of the run on the hosts."""

    id: str
    inventory: str
    started: str = Field(description="ISO 8601 with offset")
    ended: str | None = Field(
        default=None, description="ISO 8601 with offset; None while it goes on, or when it was killed"
    )
    seconds: int = Field(description="in which a host has to be confirmed")
    hosts: tuple[HostHardening, ...]
    broken_before: tuple[str, ...] = Field(default=(), description="sites that served nothing before, so not judged")
    unjudged: tuple[Text, ...] = Field(default=(), description="what else failed or varied by itself before")
    by_wish: tuple[Domain, ...] = Field(default=(), description="sites looked at, but not judged, by somebody's wish")

    def of(self, host: str) -> HostHardening | None:
        """What it did with a host, or None."""
        return next((entry for entry in self.hosts if entry.host == host), None)

    def having(self, *states: HostState) -> tuple[HostHardening, ...]:
        """The hosts in these states."""
        return tuple(entry for entry in self.hosts if entry.state in states)

    @property
    def sound(self) -> bool:
        """Whether all that was begun was kept, and all that was planned is in force."""
        return all(entry.state == "confirmed" for entry in self.hosts) and not self.not_done_total

    @property
    def not_done_total(self) -> int:
        """How many changes were planned and are not in force, on all hosts together."""
        return sum(len(entry.not_done) for entry in self.hosts)


class LeftOut(Model):
    """A declared host that an audit was not to read, and the sites on it."""

    host: str
    sites: tuple[Domain, ...] = ()


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
    left_out: tuple[LeftOut, ...] | None = Field(
        default=None, description="what the inventory declares besides; None: kept before that was noted"
    )

    @property
    def regime(self) -> Regime:
        """Whose laws and words its reports go by."""
        return self.organisation.regime if self.organisation else "2026"

    @property
    def began(self) -> datetime:
        """When it began, by the controller's clock."""
        return datetime.fromisoformat(self.started)

    @property
    def ended(self) -> datetime:
        """When everything was read and judged, by the controller's clock."""
        return self.began + timedelta(seconds=self.seconds)


type Why = Literal["open", "new", "regressed", "worse", "waiver_expired"]


class Cause(Model):
    """A finding that makes a run fail."""

    control: ControlId
    subject: Subject
    severity: Severity
    why: Why = Field(
        description="open, without a baseline; new since it; passed in it; open in it, and more members violate now; "
        "a waiver that has expired"
    )


class Verdict(Model):
    """What a run means for a pipeline."""

    code: Literal[0, 1, 3] = Field(description="the exit code: 1 causes to fail, 3 something was not evaluated")
    fail_on: Severity
    baseline: str | None = Field(description="the run that it was measured by")
    causes: tuple[Cause, ...]
    known: int = Field(description="findings that were open in the baseline already")
    not_evaluated: int
