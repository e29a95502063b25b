"""``office/mail.yml`` of an inventory: through which server the office sends."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from auditor.errors import InputError
from auditor.inventory import exceptions
from auditor.models import Model
from auditor.system.credentials import make_tls_context, read_secret_from_private_file
from auditor.system.yaml_source import YamlPlace, find_line_of_path_in_yaml_file, load_yaml, validate_yaml_data_as_model

FILE = "mail.yml"
ADDRESS = r"^[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$"
_EXAMPLE = ".example"
"""How hosts end that never exist (RFC 2606): an example that was not filled in."""
Address = Annotated[str, StringConstraints(pattern=ADDRESS, max_length=254)]


class MailSettings(Model):
    """The settings in the file."""

    host: str = Field(pattern=r"^[A-Za-z0-9.:-]+$")
    port: int = Field(default=587, ge=1, le=65535)
    sender: Address = Field(alias="from")
    ca_file: Path | None = Field(default=None, description="authorities to trust instead of the system's")
    username: str | None = Field(default=None, pattern=r"^[!-~]+$")
    password_file: Path | None = None
    give_up_days: int = Field(default=7, ge=1, le=30, description="how long a mail is tried")
    max_megabytes: int = Field(default=20, ge=1, le=100, description="largest mail, attachments encoded")


@dataclass(frozen=True)
class MailServer:
    """The address and trust of the server; the password is in no printed form of it."""

    host: str
    port: int
    tls: ssl.SSLContext
    username: str | None
    password: str | None = field(default=None, repr=False)


def get_mail_settings_path_of_inventory(inventory: Path) -> Path:
    """Return where the settings of an inventory are."""
    return exceptions.get_office_folder_of_inventory(inventory) / FILE


def load_mail_settings(settings_file: Path) -> MailSettings:
    """Read and check the settings; paths in them are relative to their folder. Raises InputError."""
    if not settings_file.is_file():
        raise InputError("there are no mail settings", file=settings_file, mend="write them; see docs/en/mail.md")
    settings = validate_yaml_data_as_model(
        MailSettings,
        load_yaml(settings_file),
        "{where}: {why}",
        mend="see docs/en/mail.md",
        place=YamlPlace(settings_file),
    )
    if (settings.username is None) != (settings.password_file is None):
        raise InputError(
            "username and password_file require each other", file=settings_file, mend="give both or neither"
        )
    return settings


def require_settings_changed_from_example(settings_file: Path, settings: MailSettings) -> None:
    """Raise InputError for settings that are still those of the example."""
    if settings.host.endswith(_EXAMPLE):
        raise InputError(
            "{server} is the example's mail server, which does not exist",
            server=settings.host,
            file=settings_file,
            line=find_line_of_path_in_yaml_file(settings_file, ["host"]),
            mend="write your own server there; see docs/en/mail.md",
        )


def load_server(settings_file: Path, settings: MailSettings) -> MailServer:
    """Return the server with its secrets and trust read. Raises InputError for a file that cannot be used."""
    require_settings_changed_from_example(settings_file, settings)
    return MailServer(
        host=settings.host,
        port=settings.port,
        tls=make_tls_context(settings_file.parent / settings.ca_file if settings.ca_file else None),
        username=settings.username,
        password=read_secret_from_private_file(settings_file.parent / settings.password_file)
        if settings.password_file
        else None,
    )


def is_plain_mail_address(text: str) -> bool:
    """Return whether mail may go there: plain ASCII, one line, nothing quoted."""
    return len(text) <= 254 and re.fullmatch(ADDRESS, text, re.ASCII) is not None
