"""What is audited: hosts and sites, and the inventory that declares them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.models.base import AcceptedName, Domain, Model, Network, PlainPath, Ports, UnitId, UrlPath
from auditor.models.offices import Attestation, Organisation, Waiver

Application = Literal["static", "wordpress", "nukeviet", "joomla", "drupal", "dokuwiki", "mediawiki", "moodle", "own"]
"""What a site is made with."""


class Site(Model):
    """One website, the unit of account. Declared in the inventory, or found by ``audit --local``."""

    domain: Domain
    aliases: tuple[Domain, ...] = ()
    unit: UnitId | None = None
    host: str
    document_root: PlainPath | None = None
    server: Literal["nginx", "apache"] | None = None
    application: Application | None = None
    level: Literal[1, 2, 3] = 2
    external_domains: tuple[Domain, ...] = ()
    smoke_urls: tuple[UrlPath, ...] = ("/",)
    backup_dir: PlainPath | None = None
    backup_max_days: int = Field(default=7, ge=1, le=366)
    php_functions: tuple[str, ...] = Field(default=(), description="functions its application really needs")


class Host(Model):
    """A server in the inventory, with what its owners declare about it."""

    name: str
    address: str
    unit: UnitId | None = None
    automation_user: str | None = None
    by_password: bool = Field(default=False, description="the inventory gives a password for it to Ansible")
    admins: tuple[str, ...] = Field(default=(), description="accounts of people who may administer it")
    open_ports: Ports = Field(default=(), description="TCP ports meant to be reachable, besides SSH and web")
    trusted_networks: tuple[Network, ...] = Field(default=(), description="networks allowed to reach SSH; empty: any")
    accept: tuple[AcceptedName, ...] = Field(
        default=(), description="controls whose danger its owners accept, and CONTROL:ACCOUNT for whom one locks out"
    )
    sites: tuple[Site, ...] = ()


class Inventory(Model):
    """Everything that the inventory folder says, understood."""

    path: str
    organisation: Organisation | None
    hosts: tuple[Host, ...]
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()

    @property
    def sites(self) -> tuple[Site, ...]:
        """All sites of all hosts, in inventory order."""
        return tuple(site for host in self.hosts for site in host.sites)
