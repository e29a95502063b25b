"""NukeViet instances."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Fact
from auditor.facts.web._cms import CmsInstance, SigningSecret, Switch


class NukeVietSettings(Fact):
    """Settings of data/config/config_global.php."""

    debug: Switch
    upload_checking: str | int | None
    forbidden_extensions: list[str] | Literal["unknown"] | None
    login_blocker: Switch
    login_attempts: int | Literal["unknown"] | None
    two_step: int | Literal["unknown"] | None = Field(description="1: administration, 2: readers, 3: both")
    admin_firewall: Switch = Field(description="a password before the administration's own")
    admin_addresses: Switch = Field(description="administration from certain addresses only")
    cookie_secure: Switch
    ftp_password: Switch = Field(description="whether the password of an FTP account stands in it")
    protections_off: list[str] = Field(description="built-in protections that are turned off")


class NukeVietInstance(CmsInstance):
    """One NukeViet."""

    configured: bool = Field(description="there is a config_global.php, so it is installed")
    settings: NukeVietSettings
    secret: SigningSecret
