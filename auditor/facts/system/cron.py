"""Scheduled jobs."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode, Path


class Job(Fact):
    """One line of a crontab, or a script in /etc/cron.daily and the like. Arguments stay on the host."""

    file: Path
    line: int
    user: str
    when: str
    programs: list[str] = Field(description="absolute paths that it runs or hands to an interpreter")
    fetches: bool = Field(default=False, description="hands what it fetches to an interpreter in one breath")
    weak: FileMode | None = Field(
        description="the program, or a folder on the way to it, that another than root can change; of cron's own "
        "folders see files"
    )


class CronFacts(Area):
    """cron."""

    jobs: list[Job]
    files: list[FileMode]
    allow: bool
    deny: bool
