"""What a hardening could take away from people: what requests, code and uploads of late really use."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact, Path


class Referrer(Fact):
    """A host whose pages led, by link or by frame, to pages here."""

    host: str
    requests: int


class AccessLogUse(Fact):
    """A summary of the requests at the end of one access log. Visitors write it."""

    path: Path
    requests: int
    methods: dict[str, int] = Field(description="methods that write, as often as they were answered well")
    too_large: int = Field(description="requests answered with 413")
    uploaded_php: int = Field(description="scripts in upload folders that were answered with 200")
    status_pages: int = Field(description="visits of /server-status that were answered with 200")
    old_clients: int = Field(default=0, description="answered requests of browsers that may know no cipher of today")
    referrers: list[Referrer] = Field(description="most frequent first")


class Call(Fact):
    """A function that starts programs and that a site's own code calls without asking whether it is there."""

    function: str
    files: int
    examples: list[Path] = Field(description="some of them, below the root")


class FileOwner(Fact):
    """Somebody whose files the web server reads only because everybody may."""

    account: str
    files: int = Field(description="changed within 180 days")


class WebRootUse(Fact):
    """A web root."""

    path: Path
    calls: list[Call]
    people: list[FileOwner]
    largest_upload: int = Field(description="bytes of the largest file in its upload folders")
    cut_short: bool


class LoginShell(Fact):
    """An account of no person whose login shell somebody uses."""

    account: str
    by: str = Field(description="a service of PAM, an FTP server, or the path of a file with jobs")


class InUseFacts(Area):
    """Access logs, web roots and login shells."""

    logs: list[AccessLogUse]
    roots: list[WebRootUse]
    shells: list[LoginShell]
