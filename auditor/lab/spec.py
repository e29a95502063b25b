"""What the lab consists of, read from ``spec.yml`` and ``weaknesses.yml``. No I/O but those two files."""

from __future__ import annotations

import functools
import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from auditor.models import ControlId, Domain, Model, Text
from auditor.system.yaml_source import load_yaml

HERE = Path(__file__).resolve().parent
Package = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]+$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,7}$")]
Release = Literal["trixie", "bookworm"]


class Network(Model):
    """The bridge and its addresses; nothing routes beyond it."""

    bridge: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,14}$")]
    controller: ipaddress.IPv4Address
    prefix: int = Field(ge=8, le=30)
    controller6: ipaddress.IPv6Interface

    @property
    def controller_interface(self) -> ipaddress.IPv4Interface:
        """Return the controller's address on the bridge."""
        return ipaddress.IPv4Interface(f"{self.controller}/{self.prefix}")


class LabSite(Model):
    """One of the lab's websites, as an inventory would declare it."""

    unit: Text
    aliases: tuple[Domain, ...] = ()
    server: Literal["nginx", "apache"]
    application: Literal["static", "wordpress", "nukeviet", "joomla", "spip", "own"]
    document_root: str | None = None
    backup_dir: str | None = None
    certificate: Literal["valid", "expired", "none"]
    smoke_urls: tuple[str, ...]


class LabHost(Model):
    """One machine. ``unpacked`` packages are laid beside the image while it is made, not installed.

    ``unpacked_of``: the same with packages of another release, which do not depend on one.
    ``standard``: it belongs to the lab unless others are asked for by name; the others are there for tests.
    ``archives``: by what each is called in the machine's provisioning, the file name patterns of an archive that a
    tester may supply; the machine has a stand-in of our own for each.
    """

    release: Release
    address: ipaddress.IPv4Address
    address6: ipaddress.IPv6Address | None = None
    standard: bool = True
    packages: tuple[Package, ...]
    unpacked: tuple[Package, ...] = ()
    unpacked_of: dict[Release, tuple[Package, ...]] = Field(default_factory=dict)
    archives: dict[Name, tuple[str, ...]] = Field(default_factory=dict)
    sites: dict[Domain, LabSite]


class LabSpec(Model):
    """The whole lab."""

    network: Network
    automation_user: Name
    packages: tuple[Package, ...]
    on_offer: tuple[tuple[Package, ...], ...]
    hosts: dict[Name, LabHost]

    @property
    def standard(self) -> tuple[str, ...]:
        """Return the machines that are meant when none are named."""
        return tuple(name for name, host in self.hosts.items() if host.standard)

    @model_validator(mode="after")
    def _check_addresses_fit_networks(self) -> LabSpec:
        network = self.network
        addresses = [network.controller, *(host.address for host in self.hosts.values())]
        addresses6 = [network.controller6.ip, *(host.address6 for host in self.hosts.values() if host.address6)]
        if len({*addresses, *addresses6}) != len(addresses) + len(addresses6):
            raise ValueError("two machines share an address")
        outside = [str(address) for address in addresses if address not in network.controller_interface.network]
        outside += [str(address) for address in addresses6 if address not in network.controller6.network]
        if outside:
            raise ValueError(f"outside the bridge's network: {', '.join(outside)}")
        domains = [domain for host in self.hosts.values() for domain in host.sites]
        if len(set(domains)) != len(domains):
            raise ValueError("a domain is on two machines")
        return self


class Weakness(Model):
    """One thing that is wrong with a machine on purpose, and the control that must find it.

    ``automated`` means that hardening removes it without a person's decision.
    """

    host: Name
    site: Domain | None
    control: ControlId
    how: Text
    automated: bool


@functools.cache
def load_lab_spec() -> LabSpec:
    """Return the lab's description."""
    return LabSpec.model_validate(load_yaml(HERE / "spec.yml"))


@functools.cache
def load_planted_weaknesses() -> tuple[Weakness, ...]:
    """Return everything that is wrong with the lab's machines on purpose."""
    return tuple(Weakness.model_validate(entry) for entry in load_yaml(HERE / "weaknesses.yml"))
