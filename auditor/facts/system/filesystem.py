"""File systems and permissions outside the sites."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from auditor.facts._base import Area, Doubt, Fact, KnownWords, Path

_RIGHTS = KnownWords("", "r", "w", "x", "rw", "rx", "wx", "rwx")


class Permissions(Fact):
    """A file's owner, group and mode, in words that expressions can compare."""

    path: Path
    kind: Literal["file", "dir", "link", "other"]
    owner: str
    group: str
    mode: str = Field(description="octal, e.g. '0644'")
    group_can: Annotated[str, _RIGHTS]
    others_can: Annotated[str, _RIGHTS]
    doubt: Doubt | None = None


class WorldWritable(Permissions):
    """A file that anybody may write, or a folder where anybody may also replace what is another's."""

    mendable: bool = Field(description="root's, and all folders on the way too, and in no site or person's folder")


class SetId(Permissions):
    """A program that runs with its owner's or group's rights whoever starts it."""

    packaged: bool = Field(description="a package of the system brought it")
    expected: bool = Field(description="that package brought it with these rights")


class SharedFolder(Fact):
    """A folder that everybody may write, as a file system of its own."""

    path: Path
    mounted: bool
    written: bool = Field(
        description="by fstab or a unit of systemd's, where options can be written down for later boots"
    )
    nodev: bool
    nosuid: bool
    noexec: bool
    boot_nodev: bool
    boot_nosuid: bool
    boot_noexec: bool = Field(description="of shared memory as written down: systemd itself mounts nothing so")


class Space(Fact):
    """The use of a local file system, in percent."""

    path: Path
    used: int
    inodes_used: int


class WalkCompleteness(Fact):
    """The parts that were walked to their end, rather than cut short.

    The system comes first, then sites and people's folders.
    """

    system: bool
    users: bool


class WalkSummary(Fact):
    """The extent of the walk over the host's own disks."""

    finished: WalkCompleteness
    entries: int
    seconds: float


class FilesystemFacts(Area):
    """Mounts, space, permissions of system files, and what the walk found."""

    shared: list[SharedFolder]
    run_from_temporary: list[str] = Field(description="programs below /tmp and /var/tmp that run now")
    space: list[Space]
    account_files: list[Permissions]
    cron: list[Permissions]
    believed: list[Permissions] = Field(description="what root's programs obey and others could have written")
    world_writable: list[WorldWritable]
    unowned: list[Permissions]
    setid: list[SetId]
    walk: WalkSummary
