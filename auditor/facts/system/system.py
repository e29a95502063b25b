"""What the host is."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact


class Os(Fact):
    """Fields of /etc/os-release."""

    id: str
    version: str
    codename: str
    name: str


class Connection(Fact):
    """The SSH connection that the reading came in by."""

    source: str = Field(max_length=64, description="its address as the host sees it")
    from_port: int = Field(default=0, description="its port there; 0 unknown")
    local: str = Field(default="", max_length=64, description="the host's own address")
    port: int = Field(description="the host's own")
    user: str = Field(max_length=64, description="the account that it logged in to; empty when unknown")


class SystemFacts(Area):
    """Release, kernel, container or machine, clock."""

    os: Os
    kernel: str
    hostname: str
    virtualization: str = Field(description="systemd-detect-virt's word, 'none' on bare metal")
    container: bool
    uptime: int = Field(description="seconds")
    now: int = Field(description="epoch seconds by the host's own clock")
    python: str
    machine_panels: list[str] = Field(description="hosting control panels that own this host's configuration")
    connection: Connection | None = Field(default=None, description="None when it came by none")
    free_bytes: int | None = Field(default=None, description="room on the disk of /var/lib, where snapshots go")
