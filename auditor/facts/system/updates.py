"""Package updates: what waits, from where, how fresh that knowledge is, whether it happens by itself."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact, Path


class Support(Fact):
    """Until when this release gets security updates free of charge; None for a release not in the list."""

    until: str | None = Field(description="date, as in 2028-06-30")
    ends: int | None = Field(description="the same in epoch seconds")
    checked: str = Field(description="date on which the list of releases was last checked")
    checked_at: int


class Lists(Fact):
    """The package lists fetched from the sources."""

    updated: int | None = Field(description="epoch second of the last fetch, None when never")
    count: int


class Update(Fact):
    """An installed package with a newer version on offer."""

    package: str
    installed: str
    candidate: str
    security: bool
    held: bool


class PackageSource(Fact):
    """One enabled source of packages."""

    file: Path
    line: int
    uri: str
    suites: str
    local: bool = Field(description="from this machine's own disk")
    trusted: bool = Field(description="signatures are not checked")
    signed_by: bool = Field(description="bound to a key of its own")
    origin: str | None = Field(description="as its Release file says; None when never fetched")
    third_party: bool


class SystemdUnit(Fact):
    """A systemd unit."""

    name: str
    loaded: bool
    active: bool
    enabled: bool


class Automatic(Fact):
    """unattended-upgrades as apt's settings in force have it."""

    installed: bool
    lists_every_days: int = Field(description="0 is never")
    upgrade_every_days: int = Field(description="0 is never")
    security_origin: bool
    left_out: list[str] = Field(description="packages excluded")
    timers: list[SystemdUnit]
    last_run: int | None


class Reboot(Fact):
    """The need of a restart."""

    required: bool
    packages: list[str]
    running_kernel: str
    newest_kernel: str | None
    older_kernel: bool = Field(description="a newer kernel than the running one is installed")
    since: int | None
    booted: int


class UpdatesFacts(Area):
    """Updates of a Debian or Ubuntu system."""

    support: Support
    lists: Lists
    busy: bool = Field(description="a program held dpkg's lock when this was read")
    unfinished: list[str] = Field(description="packages whose installation was begun and not ended")
    pending: list[Update]
    pending_count: int
    sources: list[PackageSource]
    insecure_options: list[str] = Field(description="apt settings that allow unsigned packages")
    automatic: Automatic
    reboot: Reboot
