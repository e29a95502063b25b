"""What every area's model is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from auditor.text.redact import redact_secrets_in_text


class KnownWords:
    """The only words of a text, or keys of an object, that collectors give; no expression asks for another.

    Hosts may say otherwise: their answers are not validated by it.
    """

    def __init__(self, *words: str) -> None:
        self.words = frozenset(words)


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
Lines = Annotated[
    list[str], AfterValidator(lambda lines: redact_secrets_in_text("\n".join(lines)).split("\n") if lines else [])
]
"""Text of a host's file, without the secrets in it."""


class Doubt(Fact):
    """The reason why a file that root's programs believe may hold another's words."""

    place: Path = Field(description="the file, or a folder on the way to it, that another could write")
    kind: Literal["user", "group", "everybody", "unknown"]
    name: str = Field(description="of the user or group")
    movable: bool = Field(description="whether it can be moved aside: no key, and nothing that the host needs to start")
    beginning: Lines = Field(description="its first lines, or what a link leads to")


class FileMode(Fact):
    """A file as ``lstat`` sees it."""

    path: Path
    owner: str
    group: str
    mode: int = Field(description="permission bits, e.g. 0o644 as 420")
    kind: Annotated[str, KnownWords("file", "dir", "link", "other")]
    doubt: Doubt | None = None


class Banner(Fact):
    """The text that is shown to whoever has not logged in yet."""

    path: Path
    warns: bool = Field(description="it has words besides those that name the system")
    names_system: bool = Field(description="some of its lines tell system, version or kernel")
    kept: str = Field(max_length=8000, description="its other lines")
