"""Which pages sites have, as far as their host knows. Reviews alone ask for it: it is no area of an audit.

Visitors write the logs that it is told from, and whoever broke in the files.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from auditor.facts._base import Area, Fact, Path

MAX_ADDRESSES = 6_000
Address = Annotated[str, Field(max_length=600)]


class Side(Fact):
    """The answers to one kind of visitors at an address, by an access log."""

    requests: int = Field(ge=0)
    statuses: dict[str, Annotated[int, Field(ge=0)]] = Field(max_length=20, description="how often, by status")
    sizes: list[int] | None = Field(
        default=None, max_length=3, description="of answers with 200 the smallest, the median and the largest, in bytes"
    )


class ServedAddress(Fact):
    """One address, and who was served what there."""

    path: Address
    engine: Side | None = Field(default=None, description="search engines")
    searcher: Side | None = Field(default=None, description="people who came from a search engine")
    person: Side | None = Field(default=None, description="other people")


class AccessLogRead(Fact):
    """The result of reading one access log."""

    path: Path
    state: Literal["read", "shared", "cut_short", "format"] = Field(
        description="shared: other sites' requests are in it and cannot be told apart; format: its lines say too little"
    )
    lines: int


class SitePages(Fact):
    """The pages of one site."""

    domain: str
    logs: list[AccessLogRead]
    addresses: list[ServedAddress] = Field(max_length=MAX_ADDRESSES)
    files: list[Address] = Field(default_factory=list, max_length=MAX_ADDRESSES, description="that show something")
    posts: list[Address] = Field(
        default_factory=list, max_length=MAX_ADDRESSES, description="published by applications"
    )
    posts_unread: str | None = Field(default=None, max_length=40, description="why an application was not asked")

    @property
    def has_logs_of_its_own(self) -> bool:
        """Return whether what the logs say is of this site alone."""
        return all(log.state != "shared" for log in self.logs)


class PagesFacts(Area):
    """The pages of a host's declared sites."""

    verified: bool = Field(description="whether search engines were told by the networks that they come from")
    sites: list[SitePages]
