"""What a host had to do with of a list of indicators, by keyed digests.

It is no area of an audit that compares none.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from auditor.facts._base import Area, Fact, Path

Where = Literal["log", "mail", "connection", "resolver", "hosts", "file"]


class IndicatorContact(Fact):
    """One digest that was asked for, and where what it stands for was seen."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    where: Where
    path: Path = Field(description="the log or file; empty for a connection")
    times: int = Field(ge=1)


class ContactsFacts(Area):
    """The indicators that were seen in logs. Visitors write these logs."""

    seen: list[IndicatorContact] = Field(max_length=2_000)
    logs: int = Field(ge=0, description="logs of web and mail that were looked for")
    cut_short: list[Path] = Field(description="logs that there was no time or room to read to their end; / for files")
