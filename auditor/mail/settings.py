"""``office/mail.yml`` of an inventory: through which server the office sends."""

from __future__ import annotations

import os
import re
import ssl
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from auditor.errors import InputError
from auditor.inventory import papers
from auditor.models import Model
from auditor.system.yaml_source import fitted, line_of, load_yaml

ADDRESS = r"^[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$"
_EXAMPLE = ".example"
"""How hosts end that never exist (RFC 2606): an example that was not filled in."""
Address = Annotated[str, StringConstraints(pattern=ADDRESS, max_length=254)]


class MailSettings(Model):
    """What the file says."""

    host: str = Field(pattern=r"^[A-Za-z0-9.:-]+$")
    port: int = Field(default=587, ge=1, le=65535)
    sender: Address = Field(alias="from")
    ca_file: Path | None = Field(default=None, description="authorities to trust instead of the system's")
    username: str | None = Field(default=None, pattern=r"^[!-~]+$")
    password_file: Path | None = None
    give_up_days: int = Field(default=7, ge=1, le=30, description="how long a mail is tried")
    max_megabytes: int = Field(default=20, ge=1, le=100, description="largest mail, attachments encoded")


@dataclass(frozen=True)
class Server:
    """How to reach and trust the server; the password is in no printed form of it."""

    host: str
    port: int
    tls: ssl.SSLContext
    username: str | None
    password: str | None = field(default=None, repr=False)


def path_in(inventory: Path) -> Path:
    """Where the settings of an inventory are."""
    return papers.folder(inventory) / "mail.yml"


def load(file: Path) -> MailSettings:
    """Read and check the settings; paths in them are relative to their folder. Raises InputError."""
    if not file.is_file():
        raise InputError("there are no mail settings", file=file, mend="write them, see docs/en/mail.md")
    settings = fitted(MailSettings, load_yaml(file), "{where}: {why}", mend="see docs/en/mail.md", file=file)
    if (settings.username is None) != (settings.password_file is None):
        raise InputError("username and password_file go together", file=file, mend="give both or neither")
    return settings


def check_filled_in(file: Path, settings: MailSettings) -> None:
    """Raise InputError for settings that are still those of the example."""
    if settings.host.endswith(_EXAMPLE):
        raise InputError(
            "{server} is the example's mail server, which does not exist",
            server=settings.host,
            file=file,
            line=line_of(file, ["host"]),
            mend="write your own there, see docs/en/mail.md",
        )


def server(file: Path, settings: MailSettings) -> Server:
    """The server with its secrets and trust read. Raises InputError for a file that cannot be used."""
    check_filled_in(file, settings)
    return Server(
        host=settings.host,
        port=settings.port,
        tls=trusting(file.parent / settings.ca_file if settings.ca_file else None),
        username=settings.username,
        password=secret(file.parent / settings.password_file) if settings.password_file else None,
    )


def is_address(text: str) -> bool:
    """Whether mail may go there: plain ASCII, one line, nothing quoted."""
    return len(text) <= 254 and re.fullmatch(ADDRESS, text, re.ASCII) is not None


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer that trusts these authorities, by default the system's. Raises InputError."""
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            "no certificates can be read: {why}", why=error, file=ca_file, mend="give a PEM file"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def secret(file: Path) -> str:
    """The one line of a file that its owner alone can read, and that is no link. Raises InputError."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise InputError(
            "the file with the mail account's password is missing",
            file=file,
            mend="write the password alone into it, then chmod 600 {path}",
            path=file,
        ) from error
    except OSError as error:
        raise InputError(
            "cannot be read: {why}", why=error.strerror, file=file, mend="check the path and its owner"
        ) from error
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as stream:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077:
            raise InputError("others can read the password", file=file, mend="chmod 600 {path}", path=file)
        password = stream.read(1024).strip("\r\n")
    if not password.isascii() or not password.isprintable() or not password:
        raise InputError(
            "a password file holds one line of plain ASCII", file=file, mend="write the password alone there"
        )
    return password
