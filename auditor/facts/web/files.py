"""What lies in the web roots."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact, Path


class WebrootItem(Fact):
    """A file or folder below a root; the path is relative to it."""

    path: Path
    owner: str
    group: str
    mode: int
    kind: str
    others_read: bool
    web_reads: bool = Field(description="an account that web requests run as may read it")
    web_writes: bool


class UploadPhp(WebrootItem):
    """PHP in an upload folder."""

    acts_on_input: bool = Field(description="takes a visitor's words and runs or writes something with them")


class OutwardLink(Fact):
    """A link that leaves its root."""

    path: Path
    target: Path
    owner: str


class Code(Fact):
    """PHP files of one folder at the top of a root ('.' for the top itself)."""

    folder: str
    files: int
    writable: int = Field(description="that an account of the web server may change or replace")


class SecurityTxt(Fact):
    """security.txt (RFC 9116)."""

    contact: str | None
    expires: int | None


class ItemCounts(Fact):
    """The number of items in all; the lists hold at most 200 each."""

    vcs: int
    dumps: int
    secrets: int
    world_writable: int
    upload_php: int
    links_out: int


class WebRoot(Fact):
    """One web root."""

    path: Path
    owner: str
    group: str
    mode: int
    entries: int
    seconds: float
    cut_short: bool = Field(description="the budget ended before everything was seen")
    newest: int | None = Field(description="epoch second of the latest change of a file")
    owners: dict[str, int]
    counts: ItemCounts
    vcs: list[WebrootItem]
    dumps: list[WebrootItem]
    secrets: list[WebrootItem]
    world_writable: list[WebrootItem]
    upload_php: list[UploadPhp] = Field(description="those that act on input first")
    links_out: list[OutwardLink]
    code: list[Code]
    security_txt: SecurityTxt | None


class FilesFacts(Area):
    """A budgeted walk of the web roots."""

    web_users: list[str]
    roots: list[WebRoot]
