"""Earlier runs on the host, by what its guard keeps of them: one that is still open, and how the last ones ended."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact


class ArmedRun(Fact):
    """A run that is neither confirmed nor reverted."""

    run: str = Field(max_length=64, description="'?' when its mark cannot be read")
    deadline: int = Field(description="epoch second, by the host's clock, at which it is reverted; 0 unknown")
    timer: bool = Field(description="the host is about to bring itself back, or is doing it")


class PastRun(Fact):
    """A run with a snapshot on the host, and what it came to."""

    run: str = Field(max_length=64)
    state: str = Field(
        max_length=20, description="armed, confirming, confirmed, reverting, reverted or rolled_back; '?'"
    )
    cause: str = Field(max_length=20, description="why it was reverted: asked, timer or boot; empty when it was not")
    ended: int = Field(description="epoch second by the host's clock; 0 unknown")


class PastRunsFacts(Area):
    """The guard's records; empty where no run has ever been."""

    armed: ArmedRun | None
    runs: list[PastRun] = Field(max_length=5, description="newest first")
