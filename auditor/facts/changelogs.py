"""Which installed packages' changelogs name vulnerabilities that were asked for. It is no area of an audit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from auditor.facts._base import Area, Fact


class ChangelogMention(Fact):
    """A package whose own changelog names one."""

    vulnerability: Annotated[str, Field(pattern=r"^CVE-[0-9]{4}-[0-9]{4,19}$")]
    package: str = Field(max_length=200)
    version: str = Field(max_length=200, description="that is installed")
    entry: str = Field(max_length=200, description="version of the newest entry that names it; empty above the first")


class ChangelogsFacts(Area):
    """The vulnerabilities that changelogs name."""

    named: list[ChangelogMention] = Field(max_length=5_000)
    packages: int = Field(ge=0, description="how many are installed")
    without: int = Field(ge=0, description="how many of them have no changelog here")
    cut_short: bool = Field(description="there was no time or room for all of them")
