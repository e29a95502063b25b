"""What an incident is made of: entries, written once and never changed.

What they come to is ``auditor.incidents.case``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from auditor.models.base import ControlId, Model, UnitId
from auditor.models.exceptions.record import Role
from auditor.models.ranks import Form, Question, Regime, Report, Step
from auditor.models.response_actions import Means
from auditor.models.reviews import Place

IncidentId = Annotated[str, StringConstraints(pattern=r"^SC-[0-9]{8}-[1-9][0-9]{0,3}$")]
"""``SC-20261127-1``: the day in Vietnam on which it was opened, and which of that day's it is."""
Moment = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}\+07:00$")]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Why = Annotated[str, StringConstraints(pattern=r"^[a-z_]{0,30}$")]
"""The name of a reason; its words: ``incidents.why.NAME``."""


class FindingReference(Model):
    """A finding that an incident is about."""

    control: ControlId
    subject: Place = Field(description="a site's domain, or a host's name")
    run: str = Field(max_length=64, description="the run that found it")


class OpenedEvent(Model):
    """The incident begins."""

    kind: Literal["opened"] = "opened"
    detected: Moment = Field(description="T0, from which deadlines count")
    subjects: tuple[Place, ...] = Field(min_length=1, description="sites' domains and hosts' names")
    findings: tuple[FindingReference, ...] = ()
    regime: Regime
    why: Sentence | None = None


class JoinedEvent(Model):
    """More subjects or findings are part of it."""

    kind: Literal["joined"] = "joined"
    subjects: tuple[Place, ...] = ()
    findings: tuple[FindingReference, ...] = ()
    why: Sentence | None = None


class NotedEvent(Model):
    """A note of what somebody saw, decided or did."""

    kind: Literal["noted"] = "noted"
    text: Sentence


class WaivedReportEvent(Model):
    """A person decided that one report is not owed."""

    kind: Literal["spared"] = "spared"
    report: Report
    why: Sentence


class ReportedEvent(Model):
    """A report went out."""

    kind: Literal["reported"] = "reported"
    report: Report
    how: Sentence = Field(description="number of the document, or by what way it went")


class NotifiedEvent(Model):
    """An office was told of it by mail; whether the mail arrived, the spool knows."""

    kind: Literal["notified"] = "notified"
    unit: UnitId
    roles: tuple[str, ...] = Field(min_length=1)
    mails: tuple[Sha256, ...] = Field(min_length=1, description="what tells each mail from others, a role's each")


class AnsweredEvent(Model):
    """The answers of a person for the forms; the last answer to a question counts."""

    kind: Literal["answered"] = "answered"
    answers: Mapping[Question, tuple[Sentence, ...]] = Field(min_length=1)


class FilledFormEvent(Model):
    """A form was filled in."""

    kind: Literal["filled_in"] = "filled_in"
    form: Form
    docx: Sha256
    pdf: Sha256
    missing: int = Field(ge=0, description="mandatory fields that nobody has answered yet")


class ContainedEvent(Model):
    """Something is to be contained on a host, and what came of that."""

    kind: Literal["contained"] = "contained"
    number: int = Field(ge=1, description="of the action, within its incident")
    host: Place
    means: Means
    what: str = Field(max_length=12_000, description="the address, or the file's path as auditor.text.paths writes it")
    seconds: int | None = Field(default=None, ge=1, description="for how long; None: until it is released")
    state: Literal["begun", "confirmed", "refused", "unknown"] = Field(description="confirmed: looked at on the host")
    until: Moment | None = None
    sha256: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{64}$", description="of the file, or of all that was kept"
    )
    found: tuple[Annotated[str, Field(max_length=4_000)], ...] = Field(
        default=(), max_length=100, description="paths of what is there besides, to be taken away by itself"
    )
    why: Why = ""
    about: str = Field(default="", max_length=300, description="the host's own words")

    @property
    def has_process_ended(self) -> bool:
        """Return whether the process that it names is no more, be it that it was gone already."""
        has_ended = self.state == "confirmed" or (self.state == "refused" and self.why == "no_process")
        return self.means == "process-end" and has_ended


class ActiveContainment(Model):
    """Something that an incident contains on a host by now, or may contain."""

    incident: IncidentId
    number: int = Field(ge=1)
    host: Place
    means: Means
    what: str = Field(max_length=12_000)
    known: bool = Field(description="whether it was looked at on the host; false: somebody was cut off")
    until: Moment | None = Field(default=None, description="when it ends by itself; null: when it is released")
    there: bool | None = Field(default=None, description="whether its host has it on record; null: that was not read")

    @property
    def id_on_host(self) -> str:
        """Return what its host knows it by."""
        return f"{self.incident}/{self.number}"

    @property
    def closed_site_domain(self) -> str | None:
        """Return the domain, as it was typed, of the site whose visitors get another answer for it."""
        return self.what.partition("/")[0] if self.means in ("path", "site") else None


class UnrecordedContainment(Model):
    """Something that a host has on record of an incident, and that the case log does not have in force."""

    host: Place
    action: str = Field(pattern=r"^SC-[0-9]{8}-[0-9]{1,4}/[0-9]{1,6}$", description="incident and number")
    place: str = Field(max_length=40, description="the folder of its record below /var/lib/luytre")


class OpenIncident(Model):
    """An incident that nobody has closed yet, as the case log has it at one moment."""

    id: IncidentId
    detected: str = Field(description="ISO 8601 with offset")
    subjects: tuple[Place, ...] = Field(description="sites' domains and hosts' names")
    in_force: int = Field(description="things that it contains on hosts by then, each looked at there")

    def is_about_any_subject(self, *site_or_host_names: str) -> bool:
        """Return whether it is about one of these sites or hosts."""
        return not set(site_or_host_names).isdisjoint(self.subjects)


class LiftedEvent(Model):
    """It is to be let in again, or put back, and what came of that."""

    kind: Literal["released"] = "released"
    number: int = Field(ge=1)
    host: Place
    means: Means
    state: Literal["begun", "released", "refused", "unknown"]
    why: Why = ""
    about: str = Field(default="", max_length=300, description="the host's own words")


class CollectedEvent(Model):
    """Evidence was collected from a host."""

    kind: Literal["collected"] = "collected"
    number: int = Field(ge=1, description="of the collection, within its incident")
    host: Place
    folder: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,300}$", description="its name below the incident's evidence")
    sha256: Sha256 = Field(description="of its manifest.json")
    files: int = Field(ge=0)
    size: int = Field(ge=0, description="bytes")
    key: str = Field(max_length=60, description="fingerprint of the key that signed it")
    stopped: str = Field(default="", max_length=200, description="why it ended before its end; empty: it did not")


class CustodyEvent(Model):
    """Somebody checked a collection, handed it over, or received it."""

    kind: Literal["custody"] = "custody"
    number: int = Field(ge=1, description="of the collection")
    step: Step
    sha256: Sha256 = Field(description="of its manifest.json, as it was then")
    damages: int = Field(default=0, ge=0, description="how many a check found")
    to: Role | None = Field(default=None, description="to whom, or from whom")
    how: Sentence | None = None


class TimestampedEvent(Model):
    """An authority said by which moment a collection's manifest was there."""

    kind: Literal["stamped"] = "stamped"
    number: int = Field(ge=1, description="of the collection")
    sha256: Sha256 = Field(description="of its manifest.json")
    answer: Sha256 = Field(description="of the authority's answer")


class ClosedEvent(Model):
    """The incident is over."""

    kind: Literal["closed"] = "closed"
    cause: Sentence = Field(description="the root cause, or why it is not known")
    control: FindingReference | None = Field(
        default=None, description="the control that was open and let it happen; it passes now"
    )
    gone: tuple[Place, ...] = Field(
        default=(), description="sites and hosts that have left the inventory, so that nobody looked at them"
    )


type AnyEvent = (
    OpenedEvent
    | JoinedEvent
    | NotedEvent
    | WaivedReportEvent
    | ReportedEvent
    | NotifiedEvent
    | AnsweredEvent
    | FilledFormEvent
    | ContainedEvent
    | LiftedEvent
    | CollectedEvent
    | CustodyEvent
    | TimestampedEvent
    | ClosedEvent
)
CaseEvent = Annotated[AnyEvent, Field(discriminator="kind")]


class CaseLogEntry(Model):
    """One line of an incident's ledger."""

    at: str = Field(description="when it was written, ISO 8601 with offset")
    happened: Moment = Field(description="when what it tells of happened")
    who: Role
    deed: CaseEvent
