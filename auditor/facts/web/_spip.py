"""SPIP instances."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Fact
from auditor.facts.web._cms import CmsAccount, CmsInstance, OwnCode, UnreadDatabase, UploadedScript


class SpipSettings(Fact):
    """Settings in files of config/, ``unknown`` where only running one would tell."""

    new_file_modes: str | None = Field(description="permissions that SPIP gives what it makes, octal")
    security_screen: str | None = Field(description="version of its makers' filter of known attacks; None without it")


class SpipAdministrator(CmsAccount):
    """An author with the status of administrator."""

    webmaster: bool = Field(description="may change the settings and plugins of the whole site, too")
    last_seen: int | None = Field(description="last page of the administration that it saw")


class SpipDatabase(Fact):
    """The answers of a SPIP's database."""

    administrators: list[SpipAdministrator]
    writers_sign_up: bool = Field(description="whether strangers may sign up as authors")
    visitors_sign_up: bool = Field(description="whether strangers may sign up as visitors")


class Instance(CmsInstance):
    """One SPIP."""

    configured: bool = Field(description="there is a config/connect.php, so it is installed")
    settings: SpipSettings
    uploads_php: list[UploadedScript]
    uploads_cut_short: bool
    core: OwnCode
    database: SpipDatabase | None
    database_unread: UnreadDatabase | None
