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


class Facts(Area):
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
