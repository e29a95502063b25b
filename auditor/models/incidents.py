"""What an incident is made of: entries, written once and never changed. What they come to is ``auditor.incidents.case``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from auditor.models.base import ControlId, Model
from auditor.models.offices import Role
from auditor.models.ranks import Regime, Report
from auditor.models.reviews import Place

IncidentId = Annotated[str, StringConstraints(pattern=r"^SC-[0-9]{8}-[1-9][0-9]{0,3}$")]
"""``SC-20261127-1``: the day in Vietnam on which it was opened, and which of that day's it is."""
Moment = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}\+07:00$")]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class Found(Model):
    """A finding that an incident is about."""

    control: ControlId
    subject: Place = Field(description="a site's domain, or a host's name")
    run: str = Field(max_length=64, description="the run that found it")


class Opened(Model):
    """The incident begins."""

    kind: Literal["opened"] = "opened"
    detected: Moment = Field(description="T0, from which deadlines count")
    subjects: tuple[Place, ...] = Field(min_length=1, description="sites' domains and hosts' names")
    findings: tuple[Found, ...] = ()
    regime: Regime
    why: Sentence | None = None


class Joined(Model):
    """More subjects or findings are part of it."""

    kind: Literal["joined"] = "joined"
    subjects: tuple[Place, ...] = ()
    findings: tuple[Found, ...] = ()
    why: Sentence | None = None


class Noted(Model):
    """What somebody saw, decided or did."""

    kind: Literal["noted"] = "noted"
    text: Sentence


class Spared(Model):
    """A person decided that one report is not owed."""

    kind: Literal["spared"] = "spared"
    report: Report
    why: Sentence


class Reported(Model):
    """A report went out."""

    kind: Literal["reported"] = "reported"
    report: Report
    how: Sentence = Field(description="number of the document, or by what way it went")


class Closed(Model):
    """The incident is over."""

    kind: Literal["closed"] = "closed"
    cause: Sentence = Field(description="the root cause, or why it is not known")


type AnyDeed = Opened | Joined | Noted | Spared | Reported | Closed
Deed = Annotated[AnyDeed, Field(discriminator="kind")]


class Entry(Model):
    """One line of an incident's ledger."""

    at: str = Field(description="when it was written, ISO 8601 with offset")
    happened: Moment = Field(description="when what it tells of happened")
    who: Role
    deed: Deed
