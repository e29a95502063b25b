"""sudo: grants, defaults in force, files."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode, KnownWords, Path


class SudoGrant(Fact):
    """A rule as it applies to one account; ``ALL`` is everybody. Aliases and groups are resolved."""

    account: str
    via: str
    commands: list[str]
    runs_as_root: bool
    nopasswd: bool = Field(description="by its tag or by Defaults")


class Defaults(Fact):
    """Settings for everybody."""

    use_pty: bool
    logfile: str = Field(description="empty when there is none")
    remembered: float = Field(
        description="minutes for which a password counts as given; below 0: for the whole session"
    )


class Exempt(Fact):
    """A setting undone for some."""

    setting: Annotated[str, KnownWords("use_pty", "logfile", "timestamp_timeout")]
    of: str


class SudoersFile(FileMode):
    """A file that sudo reads."""

    closed: bool = Field(description="root's alone: owner, group, and at most 0440")
    undoes: list[str] = Field(
        description="which of use_pty, logfile and timestamp_timeout it switches off or sets too high"
    )


class SudoersFolder(FileMode):
    """The folder of drop-ins."""

    closed: bool = Field(description="root's alone to change, and nothing in it for others: at most 0750")


class Target(Fact):
    """A permitted command that a lesser user can replace."""

    account: str
    command: Path
    writable: Path = Field(description="the file or folder that others can change")


class SudoFacts(Area):
    """sudo on this host; without it the lists are empty."""

    installed: bool
    grants: list[SudoGrant]
    defaults: Defaults
    exceptions: list[Exempt]
    files: list[SudoersFile]
    folder: SudoersFolder | None = Field(description="of drop-ins; None where there is none")
    writable_targets: list[Target]
