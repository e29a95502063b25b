"""Apache: the daemon, what its configuration lets through, and its virtual hosts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode, KnownWords, Path
from auditor.facts.web._web import UnreadVhost, VirtualHost


class DefaultVhost(Fact):
    """A virtual host that answers for names nobody claims, on the addresses where it does."""

    listens: list[str] = Field(description="'*:80'")
    names: list[str]
    unclaimed: list[str] = Field(description="declared names that no virtual host claims")
    root: Path | None
    file: Path
    answers: Annotated[str, KnownWords("denied", "redirected", "proxied", "php", "file", "unread")] = Field(
        description="what / comes to"
    )


class ApacheTimeout(Fact):
    """Timeout in one context."""

    context: str = Field(description="'main', or file:line of a virtual host")
    seconds: int


class Override(Fact):
    """A document root in which .htaccess counts."""

    root: Path
    classes: list[str] = Field(description="what AllowOverride permits: authconfig, fileinfo, indexes, limit, options")
    present: bool
    writable_by: list[str] = Field(description="users of Apache and PHP that may write .htaccess there")


class ApacheFacts(Area):
    """Apache; empty where it is not installed."""

    installed: bool
    version: str = Field(description="the package's")
    config_ok: bool | None = Field(description="None when not installed")
    config_message: str = Field(description="what Apache says against its configuration")
    user: str
    group: str
    user_shell: str
    mpm: Annotated[str, KnownWords("event", "worker", "prefork", "itk", "")]
    modules: list[str] = Field(description="loaded ones, without _module")
    unneeded_modules: list[str] = Field(description="loaded ones that open something up and that no site uses")
    server_tokens: str = Field(description="lower case; 'full' when not set")
    signatures: list[str] = Field(description="contexts whose error pages carry the server's signature")
    traces: list[str] = Field(description="contexts that answer TRACE")
    timeouts: list[ApacheTimeout]
    root_open: list[str] = Field(description="contexts in which / of the file system is granted or may be overridden")
    slow_requests_cut: bool = Field(description="mod_reqtimeout bounds how long a request may take to arrive")
    default_vhosts: list[DefaultVhost]
    overrides: list[Override]
    loose_files: list[FileMode] = Field(description="below /etc/apache2, not root's own or writable by others")
    linked_folders: list[Path] = Field(default_factory=list, description="folders for files of ours that are links")
    not_understood: list[str] = Field(description="parts of the configuration that could not be read")
    ours: list[str] = Field(description="directives of the whole server in Lũy Tre's drop-in")
    needs_grant: list[Path] = Field(description="document roots served only because / of the file system is granted")
    settings_after_ours: list[str] = Field(description="settings that stand again after Lũy Tre's drop-in")
    vhosts: list[VirtualHost]
    unread_vhosts: list[UnreadVhost] = Field(
        default_factory=list, description="those that could not be asked, apart from ``vhosts``"
    )
