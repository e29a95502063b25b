"""What is audited: hosts and sites, and the inventory that declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from auditor.models.applications.registry import KINDS
from auditor.models.base import AcceptedName, Domain, Model, Network, PlainPath, Ports, UnitId, UrlPath
from auditor.models.exceptions.papers import Attestation, Authorization, Statement, Waiver
from auditor.models.offices import Organisation

if TYPE_CHECKING:
    Application = str
else:
    Application = Literal[KINDS]
"""What a site is made with."""


class Site(Model):
    """One website, the unit of account. Declared in the inventory, or found by ``audit --local``."""

    domain: Domain = Field(description="its name, and what reports call it")
    aliases: tuple[Domain, ...] = Field(default=(), description="further names that it is served under")
    unit: UnitId | None = Field(default=None, description="the office that answers for it")
    host: str
    document_root: PlainPath | None = Field(default=None, description="the folder that it is served from")
    server: Literal["nginx", "apache"] | None = Field(
        default=None, description="the web server, for whoever reads this"
    )
    application: Application | None = Field(
        default=None, description="what it is made with; left out: told by its files"
    )
    level: Literal[1, 2, 3] = Field(default=2, description="its security level (cấp độ)")
    level_declared: bool = Field(default=True, description="False: nobody declared one, and the usual is taken")
    external_domains: tuple[Domain, ...] = Field(
        default=(), description="sites of others that may show this one in a frame"
    )
    smoke_urls: tuple[UrlPath, ...] = Field(
        default=("/",), description="the pages that are compared before and after a hardening"
    )
    backup_dir: PlainPath | None = Field(default=None, description="the folder of its backups, on the host")
    backup_max_days: int = Field(default=7, ge=1, le=366, description="days that its latest backup may be old")
    php_functions: tuple[str, ...] = Field(default=(), description="functions its application really needs")
    obey_robots: bool = Field(default=True, description="whether reviews leave out what its robots.txt refuses")


class Host(Model):
    """A server in the inventory, with what its owners declare about it."""

    name: str
    address: str
    unit: UnitId | None = Field(default=None, description="the office that runs it")
    automation_user: str | None = None
    by_password: bool = Field(default=False, description="the inventory gives a password for it to Ansible")
    admins: tuple[str, ...] = Field(default=(), description="accounts of people who may administer it")
    open_ports: Ports = Field(default=(), description="TCP ports meant to be reachable, besides SSH and web")
    trusted_networks: tuple[Network, ...] = Field(default=(), description="networks allowed to reach SSH; empty: any")
    accept: tuple[AcceptedName, ...] = Field(
        default=(), description="controls whose danger its owners accept, and CONTROL:ACCOUNT for whom one locks out"
    )
    thresholds: tuple[tuple[str, int], ...] = Field(
        default=(), description="limits of controls that the inventory sets, each with the variable of its role"
    )
    sites: tuple[Site, ...] = ()


class Inventory(Model):
    """Everything that the inventory folder says, understood."""

    path: str
    organisation: Organisation | None
    hosts: tuple[Host, ...]
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    statements: tuple[Statement, ...] = ()

    @property
    def sites(self) -> tuple[Site, ...]:
        """Return all sites of all hosts, in inventory order."""
        return tuple(site for host in self.hosts for site in host.sites)
