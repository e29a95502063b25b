"""Joomla instances."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Fact
from auditor.facts.web._cms import CmsAccount, CmsInstance, SigningSecret, Switch, UnreadDatabase


class JoomlaSettings(Fact):
    """Settings of configuration.php."""

    debug: Switch
    error_reporting: str | int | None
    force_ssl: int | Literal["unknown"] | None = Field(description="1: administration, 2: the whole site")
    ftp_password: Switch = Field(description="whether the password of an FTP account stands in it")


class SuperUser(CmsAccount):
    """An account of Joomla's group of super users that is not blocked."""

    last_seen: int | None = Field(description="last log-in")


class JoomlaDatabase(Fact):
    """The answers of a Joomla's database."""

    super_users: list[SuperUser]
    registration: bool = Field(description="whether strangers may sign up")
    registered_group: int | None = Field(description="number of the group that they get; 2 may not write")
    activation: int | None = Field(description="0: an account works at once, without a mail or an administrator")


class JoomlaInstance(CmsInstance):
    """One Joomla."""

    configured: bool = Field(description="there is a configuration.php, so it is installed")
    settings: JoomlaSettings
    secret: SigningSecret
    database: JoomlaDatabase | None
    database_unread: UnreadDatabase | None
