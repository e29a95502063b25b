"""nginx: the soundness of its configuration, and its virtual hosts."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode, Path
from auditor.facts.web._web import ForeignDaemon, UnreadVhost, VirtualHost


class NginxSetting(Fact):
    """A value and the block that decides it, as ``file:line`` or ``http``."""

    where: str
    value: str


class NginxTimeout(Fact):
    """One of nginx's timeouts against slow visitors, at one level of the configuration."""

    directive: str
    seconds: int
    where: str


class DefaultServer(Fact):
    """The server that answers, on one address, the names that no virtual host claims."""

    address: str
    port: int
    tls: bool
    names: list[str]
    where: str
    answer: str = Field(description="closed rejected status redirect file php proxy")
    detail: str = Field(description="the status or the redirect's target")
    closed: bool = Field(description="a stranger's name gets no site: nothing, an error, or a redirect to a fixed host")


class NginxFacts(Area):
    """nginx as configured."""

    installed: bool
    version: str
    elsewhere: list[ForeignDaemon] = Field(default_factory=list, description="those that no package put there")
    config_ok: bool | None = Field(description="nginx -t; None when it could not be run to its end")
    config_message: str
    problems: list[str] = Field(description="errors, and warnings that mean that a virtual host is ignored")
    user: str = Field(description="as configured")
    worker_users: list[str] = Field(description="owners of the running worker processes")
    modules: list[str] = Field(description="dynamic modules loaded")
    server_tokens: list[NginxSetting]
    timeouts: list[NginxTimeout]
    default_servers: list[DefaultServer]
    loose_files: list[FileMode] = Field(description="configuration and folders above it that not root alone can change")
    linked_folders: list[Path] = Field(default_factory=list, description="folders for files of ours that are links")
    vhosts: list[VirtualHost] | None = Field(description="None when the configuration could not be understood")
    unread_vhosts: list[UnreadVhost] = Field(
        default_factory=list, description="those that could not be asked, apart from ``vhosts``"
    )
