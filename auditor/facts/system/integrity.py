"""Programs and settings against the record that was made of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Area, Fact, Path


class FileRecord(Fact):
    """A record of all files in some folders at one moment.

    It is kept on the host where root alone can write.
    """

    made: int = Field(description="epoch second by the host's clock")
    digest: str = Field(max_length=64, description="SHA-256 of the whole record")
    folders: list[Path] = Field(max_length=20)
    entries: int = Field(ge=0)


class FileChange(Fact):
    """A difference from the record that neither a package nor a run of ours explains."""

    path: Path
    what: Literal["added", "removed", "content", "mode", "kind"] = Field(
        description="mode: permission bits or owner; kind: a link in place of a file, or the like"
    )


class IntegrityFacts(Area):
    """The record, and what has changed since."""

    record: FileRecord | None = Field(description="None when there is none, or others than root could have written it")
    changes: list[FileChange] = Field(max_length=200, description="the first of them, in order of the paths")
