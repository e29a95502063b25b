"""What every area's model is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Fact(BaseModel):
    """A part of an area. Strictly typed (no "3" for 3), open to fields of a newer collector."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Area(Fact):
    """One area of a host's facts."""

    untold: dict[str, str] = Field(
        default_factory=dict,
        description="fields that hold nothing because what tells them was not asked, and why: no expression sees them",
    )


Path = Annotated[str, Field(max_length=4096)]


class FileMode(Fact):
    """A file as ``lstat`` sees it."""

    path: Path
    owner: str
    group: str
    mode: int = Field(description="permission bits, e.g. 0o644 as 420")
    kind: str = Field(description="file, dir, link or other")
