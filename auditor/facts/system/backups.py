"""Backups, as far as the host itself can show them."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode, Path


class Directory(Fact):
    """A declared backup folder."""

    path: Path
    exists: bool
    modes: FileMode | None
    others_enter: bool = Field(description="others have some right on the folder")
    readable: list[FileMode] = Field(description="files in it that others may read")
    newest: int | None = Field(
        description="epoch second of the newest file that is neither empty nor dated in the future"
    )
    newest_file: Path | None
    files: int
    bytes: int
    future: int = Field(description="files dated in the future, not counted")
    empty: int = Field(description="empty files, not counted")
    cut_short: bool


class BackupsFacts(Area):
    """Declared backup folders."""

    directories: list[Directory]
