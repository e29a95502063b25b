"""Installed packages, the archive that each version came from, and what still runs as it was before an upgrade."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Area, Fact, Path

Origin = Literal["main", "security", "superseded", "backports", "third_party", "other_release", "none", "unknown"]
"""``superseded``: in no list, but the distribution offers a newer one and nobody else does; ``other_release``.

The distribution's for another release; ``none``: in no list; ``unknown``: no list was read.
"""


class Package(Fact):
    """One installed package."""

    name: str
    version: str
    architecture: str
    source: str | None = Field(default=None, description="what it was built from; None: of the same name")
    source_version: str | None = Field(default=None, description="None: the same version")
    held: bool = False
    origin: Origin = Field(default="main", description="the archive that the version came from")
    named: list[str] | None = Field(
        default=None, description="CVEs that its own changelog names; read of versions from elsewhere alone"
    )


class MappedFile(Fact):
    """A file of code that was replaced and that processes still run."""

    file: Path
    package: str | None = Field(description="whose file lies there now")
    program: Path
    unit: str | None
    processes: int


class LockedPackage(Fact):
    """A package of PHP that a lock of Composer's names."""

    name: str = Field(max_length=210)
    version: str = Field(max_length=100)


class Lock(Fact):
    """One composer.lock."""

    path: Path = Field(description="the folder that it lies in")
    packages: list[LockedPackage] | None = Field(description="None: it is none, or larger than any")


class PackagesFacts(Area):
    """Packages of a Debian or Ubuntu system."""

    installed: list[Package]
    running_kernel: str = Field(description="release of the kernel that runs, as uname tells it")
    mapped: list[MappedFile]
    composer: list[Lock] = Field(default_factory=list, description="locks in and about the declared document roots")
