"""The clock."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact


class Daemon(Fact):
    """A time daemon that is installed."""

    daemon: str
    unit: str
    enabled: bool
    active: bool


class Clock(Fact):
    """The kernel's clock."""

    synchronised: bool
    max_error: float | None = Field(description="seconds")


class TimeFacts(Area):
    """The keepers of the clock, its correctness, and the time zone in which it is shown."""

    daemons: list[Daemon]
    enabled: list[str] = Field(description="names of the daemons that start at boot")
    clock: Clock
    zone: str | None
