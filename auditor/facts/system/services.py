"""Daemons: who listens where, what a web server has no use for, and how the rest is confined."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Area, Fact
from auditor.models.run import Protection


class Listener(Fact):
    """A socket that waits for connections or packets."""

    protocol: Literal["tcp", "udp"]
    address: str
    port: int = Field(ge=0, le=65_535)
    local: bool = Field(description="only this host itself can reach it")
    process: str
    unit: str | None
    service: Literal["ssh", "web", "dhcp", "time"] | None = Field(
        description="what a web server is supposed to listen for; None for all else"
    )


class Peer(Fact):
    """Another machine that a program of this host talks to, or did a moment ago."""

    address: str = Field(max_length=64)
    port: int = Field(ge=0, le=65_535, description="that was asked for: this host's own where the other came in")
    inbound: bool = Field(description="the other came in")


class RootApplication(Fact):
    """An application that answers requests as root."""

    process: str = Field(description="the program that runs its code")
    unit: str | None
    listens: list[str] = Field(description="addresses with ports, and paths of sockets")


class UnneededUnit(Fact):
    """A unit of a service that a web server has no use for, running or started at boot."""

    service: str
    unit: str
    port: int = Field(description="the port that would declare it wanted, 0 for none")
    active: bool
    enabled: bool
    maskable: bool = Field(description="its file is not in /etc, where the mask would have to go")


class ServiceConfinement(Fact):
    """The limits of systemd on a running daemon of the web stack."""

    unit: str
    lacks: list[str] = Field(description="systemd's properties that it does not have, of those that are wanted")
    in_force: bool = Field(description="the kernel holds the running process to some: it was started with them")
    private_tmp: str = Field(description="as systemd has it: 'no', 'yes' or 'disconnected'")
    protect_system: str = Field(description="as systemd has it: 'no', 'yes', 'full' or 'strict'")
    families: list[str] = Field(description="those families of addresses that it is restricted to")
    runs_code: bool = Field(description="it starts the code of sites itself")
    in_tmp: list[str] = Field(description="what it uses in folders for temporary files that others share")
    writes: list[str] = Field(description="what its accounts may write below /etc, /usr and /boot")


class CoreDumps(Fact):
    """The settings that keep the memory of crashed programs."""

    session_limit: str | None = Field(description="hard limit of core files in people's sessions; None when not set")
    systemd_storage: str | None = Field(description="systemd-coredump's Storage; None when it is not installed")


class Ftp(Fact):
    """A running FTP server."""

    server: str
    plain_logins: bool = Field(description="a password may travel in the clear")
    anonymous: bool = Field(description="lets people in without any")
    anonymous_writes: bool
    root: str | None = Field(description="the folder that everybody is put into; None for each account's own")


class MailRelay(Fact):
    """The mail server's readiness to hand on a stranger's mail to strangers."""

    open: bool
    because: str


class DataStore(Fact):
    """A database or cache that gives itself to whoever asks."""

    store: str
    address: str
    port: int
    rule: str = Field(description="PostgreSQL's rule; empty for what was asked")
    network: bool = Field(description="not only to this machine's own programs")


class LooseUnit(Fact):
    """A unit that runs as root what another can change."""

    unit: str
    doubt: str = Field(description="which file or folder, and who")


class Stale(Fact):
    """A daemon that runs an old configuration or old code.

    It read a file before that was changed, or its code was replaced since.
    """

    unit: str
    file: str = Field(description="the one that was changed last")
    changed: int = Field(description="when, in seconds since 1970")
    loaded: int = Field(description="when the daemon read its files, in seconds since 1970")


class Statistics(Fact):
    """A page on which HAProxy shows its statistics."""

    where: str = Field(description="file:line of its section")
    uri: str
    binds: list[str]
    local: bool = Field(description="it is shown on addresses of this host alone")
    password: Literal["none", "weak", "set"] = Field(description="weak: short, the account's name, or tried first")
    changes: bool = Field(description="whoever sees it may take servers out")


class ServicesFacts(Area):
    """Listening sockets and the units that matter."""

    systemd: bool = Field(description="systemd runs this host")
    listeners: list[Listener]
    peers: list[Peer] = Field(default_factory=list, max_length=1_000)
    unneeded: list[UnneededUnit]
    failed: list[str]
    stale: list[Stale] = Field(default_factory=list)
    confinement: list[ServiceConfinement]
    crawler_guards: list[str] | None = Field(
        default=None, description="that run and may shut out a false search engine; None: not known"
    )
    protection: list[Protection] | None = Field(
        default=None, description="products against malware that are installed; None: not known"
    )
    mail_server: str | None
    core_dumps: CoreDumps
    ftp: list[Ftp] = Field(default_factory=list)
    relay: MailRelay | None = Field(default=None, description="None where there is no Postfix")
    stores: list[DataStore] = Field(default_factory=list)
    all_web_read: bool = Field(
        default=True, description="no other web server answers than those whose configuration is read"
    )
    statistics: list[Statistics] = Field(default_factory=list)
    root_applications: list[RootApplication] = Field(default_factory=list)
    loose_units: list[LooseUnit] = Field(default_factory=list)
    fetching_units: list[str] = Field(
        default_factory=list, description="that run as root what they fetch, in one breath"
    )
