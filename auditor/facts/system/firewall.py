"""The firewall by its effect: what a stranger's first packet may reach, now and after the next boot."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Area, Fact
from auditor.facts.system.services import Listener


class Denies(Fact):
    """Drops of packets to a port that nobody opened, by TCP and by UDP."""

    ip: bool
    ip6: bool


class ExposedSocket(Listener):
    """A listening socket that the ruleset in force lets a stranger reach."""

    family: Literal["ip", "ip6"]


class PublishedPort(Fact):
    """A port whose packets are sent on to another machine or container, past what the firewall says of this one."""

    family: str
    protocol: Literal["tcp", "udp"]
    port: int = Field(ge=0, le=65_535, description="0 for all")
    target: str


class Boot(Fact):
    """The firewall in force after the next boot."""

    by: list[str] = Field(description="who loads rules then")
    denies: Denies | None = Field(description="None when it cannot be worked out")
    borrowed: bool = Field(description="/etc/nftables.conf includes this product's rules, as earlier versions had it")
    own_unit: bool = Field(description="this product's table, if in use, comes from a unit of its own that is at work")
    others: bool = Field(description="systemd's units load rules besides this product's")


class SshConnection(Fact):
    """The SSH connection that the reading came in by."""

    source: str
    port: int


class Ssh(Fact):
    """The ports that must stay open, or the administrators are locked out."""

    ports: list[int]
    session: SshConnection | None


class FirewallFacts(Area):
    """Worked out from the rules of nftables and iptables."""

    installed: bool = Field(description="nft is here")
    denies: Denies
    ipv6_in_use: bool = Field(description="an interface other than lo has an IPv6 address")
    exposed: list[ExposedSocket]
    published: list[PublishedPort] = Field(default_factory=list)
    boot: Boot
    managers: list[str] = Field(description="who but this product keeps a packet filter here")
    others_deny: bool = Field(description="by default, and without this product's table")
    own_as_written: bool = Field(description="this product's table is in force just as its file has it")
    ssh: Ssh
