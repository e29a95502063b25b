"""What the facts of all CMSs have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode, Path
from auditor.models import Application

Switch = bool | Literal["unknown"] | None
"""A setting of a configuration: None when not defined, ``unknown`` when only running the file would tell."""


class DatabaseServer(Fact):
    """Where a configuration says that an application's tables are."""

    host: str = Field(description="name or address, in small letters")
    port: int


class CmsInstance(Fact):
    """One CMS, as each has it."""

    path: Path
    version: str | None
    database_server: DatabaseServer | None = Field(
        default=None, description="None where its configuration does not plainly name one"
    )


class CmsAccount(Fact):
    """An account that may administer one."""

    login: str
    registered: int = Field(description="epoch seconds, 0 when unknown")


class UnreadDatabase(Fact):
    """The reason why a site's database was not read. ``auditor.audit.read_errors`` has it in words."""

    why: Literal[
        "not_plain", "elsewhere", "other_kind", "another_server", "not_running", "refused", "no_tables", "late",
        "too_much", "failed",
    ]  # fmt: skip
    file: Path = Field(description="the configuration that names it")
    account: str = Field(description="the account that it names, empty when that is not plain")


class SigningSecret(Fact):
    """A secret that an application signs with, by its state alone."""

    length: int | Literal["unknown"] | None = Field(description="characters; None when there is none")
    sample: bool = Field(description="the one that the application's makers ship as an example")
    fingerprint: str | None = Field(description="equal when two sites share it; None unless it is long")


class UploadedScript(FileMode):
    """A PHP file in the upload folder."""

    shut: bool = Field(description="root's, with no rights for anybody else")
    acts_on_input: bool = Field(
        default=False, description="takes a visitor's words and runs or writes something with them"
    )


class OwnCode(Fact):
    """An application's own code: its folders and the PHP files beside them."""

    files: int
    cut_short: bool = Field(description="not everything could be looked at")
    writable: int = Field(description="files and folders that a web account can change")
    writable_examples: list[str]
    newer: list[str] = Field(description="PHP files more than a day newer than the core's own version file")
    checksums: Literal["debian"] | None = Field(description="where sums to compare with came from")
    differing: list[str] = Field(description="PHP files that the sums do not know or that differ from them")


class Other(Fact):
    """Another known application."""

    kind: Application
    path: Path
    version: str | None
    installers: list[FileMode] = Field(description="what has to go once it is installed, and is there")


class OtherApplications(Area):
    """What does not depend on which CMSs are known."""

    others: list[Other]
    cut_short: list[Path] = Field(description="roots whose search ended before everything was seen")
