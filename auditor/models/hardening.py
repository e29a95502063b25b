"""What a hardening did with its hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from auditor.models.base import ControlId, Domain, Model, Text
from auditor.models.findings import Subject

HostState = Literal[
    "waiting", "applying", "armed", "confirmed", "reverted", "in_part", "rolled_back", "refused", "lost"
]
"""How far a hardening got with a host: not begun; asked to take its snapshot; snapshot taken and timer running.

Its changes kept; brought back to the snapshot; brought back but for what is named; undone later; nothing touched; not
heard of since, so that its timer brings it back."""


RECORD_HOME = "/var/lib/luytre/integrity/"
"""Where the record of a host's programs and settings lies."""


class NotDone(Model):
    """A change of a plan that the audit afterwards does not find in force."""

    control: ControlId
    subject: Subject
    why: Text


class HostHardening(Model):
    """The part of one host in one hardening."""

    host: str
    batch: int = Field(default=0, description="from 1; 0: none, since it was refused beforehand")
    controls: tuple[ControlId, ...] = ()
    touches: Mapping[ControlId, tuple[str, ...]] = Field(default_factory=dict, description="what each may change there")
    released: tuple[ControlId, ...] = Field(default=(), description="those that it took back, from earlier hardenings")
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

    @property
    def has_recorded_programs_and_settings(self) -> bool:
        """Return whether it was to make the record of the host's programs and settings, and was kept."""
        return self.state == "confirmed" and any(RECORD_HOME in paths for paths in self.touches.values())


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

    def find_host(self, host: str) -> HostHardening | None:
        """Return what it did with a host, or None."""
        return next((entry for entry in self.hosts if entry.host == host), None)

    def select_by_state(self, *states: HostState) -> tuple[HostHardening, ...]:
        """Return the hosts in these states."""
        return tuple(entry for entry in self.hosts if entry.state in states)

    @property
    def is_kept_and_fully_in_force(self) -> bool:
        """Return whether all that was begun was kept, and all that was planned is in force."""
        return (
            all(entry.state == "confirmed" for entry in self.hosts) and not self.total_of_planned_changes_not_in_force
        )

    @property
    def total_of_planned_changes_not_in_force(self) -> int:
        """Return how many changes were planned and are not in force, on all hosts together."""
        return sum(len(entry.not_done) for entry in self.hosts)
