"""What incidents contain on the host, by the records that lie there."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact


class ContainmentRecord(Fact):
    """One action of an incident."""

    place: str = Field(max_length=40, description="the folder of its record, which tells by what means it contains")
    action: str = Field(pattern=r"^SC-[0-9]{8}-[0-9]{1,4}/[0-9]{1,6}$")


class ContainmentsFacts(Area):
    """Its records; empty where nothing is contained."""

    actions: list[ContainmentRecord] = Field(max_length=1_000)
    more: int = Field(ge=0, description="how many there are besides")
