"""Logs: where they are kept, for how long, who reads them, what leaves the host."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode, Path


class Journald(Fact):
    """systemd-journald's settings in force, drop-ins included."""

    storage: str
    persistent: bool = Field(description="set to keep the journal across a reboot")
    on_disk: bool = Field(description="there is a journal file below /var/log/journal")
    max_use: int = Field(description="bytes it may take")
    max_retention: int | None = Field(description="seconds; 0 is without limit, None not understood")
    free: int = Field(description="bytes free where it lies")
    audits: bool = Field(
        description="leaves the kernel's audit on whenever it starts; Debian 12's turns it off by default"
    )
    settings: dict[str, str]


class Rotation(Fact):
    """One entry of logrotate."""

    file: Path
    line: int
    paths: list[str]
    kind: str = Field(description="web, system, database or other")
    every: str = Field(description="daily weekly … or size")
    count: int
    keeps: int = Field(description="days that a line is kept for sure; 0 when size decides")


class LogFile(FileMode):
    """A log file or folder that others may read or write."""

    others_write: bool
    writers: list[str] | None = Field(
        description="accounts whose processes write to it by that right alone; null: there was no time to look at all"
    )


class Auditd(Fact):
    """The kernel's audit log."""

    installed: bool
    enabled: bool
    active: bool
    rules: int = Field(description="that record something, in its files")
    recording: bool = Field(description="the kernel's audit is on: without that no rule records anything")
    locked: bool = Field(description="the kernel takes no other rules until the next boot")
    rate: int = Field(description="messages a second that the kernel writes at most; 0 is without limit")
    log_bytes: int | None = Field(description="the most that its logs come to; None without limit")
    halts: list[str] = Field(description="settings that stop the server or bring it to one user when the disk is full")


class AuditRule(Fact):
    """Something that matters on a web server, and whether the loaded rules record it."""

    kind: Literal["path", "calls", "refused", "program", "account"] = Field(
        description="writing there; system calls; those refused; people's starts of a program; programs that an "
        "account starts"
    )
    value: str = Field(max_length=4096)
    recorded: bool


class LoggingFacts(Area):
    """Logs of the host."""

    journald: Journald
    rotations: list[Rotation]
    rotating: bool
    unrotated: list[str] = Field(description="web server logs that no rotation names")
    files: list[LogFile]
    files_cut_short: bool = Field(description="not all of /var/log could be looked at")
    remote: list[str] = Field(description="what sends logs to another machine")
    auditd: Auditd
    audit_profile: list[AuditRule]
    audit_people: list[AuditRule] = Field(description="of what people who are logged in do")
