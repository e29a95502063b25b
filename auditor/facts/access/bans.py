"""Who is shut out for a time after wrong logins: fail2ban as it runs, and the logs that it has to read."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact, Path


class Jail(Fact):
    """A jail of fail2ban that runs."""

    name: str = Field(max_length=64)
    ssh: bool = Field(description="it is about logins over SSH, by its name")
    ignored: list[str] = Field(max_length=1_000, description="addresses and networks that it never shuts out")
    logs: list[Path] = Field(max_length=1_000, description="files that it reads; none for one that reads the journal")
    patterns: list[str] = Field(max_length=20, description="what it takes for a wrong login")
    failures: int | None = Field(description="wrong logins after which an address is shut out")
    within: int | None = Field(description="seconds in which they count")
    seconds: int | None = Field(description="for which an address is shut out; below 0 for good")
    shuts_out: list[str] = Field(
        max_length=1_000,
        description="of the address that this reading came from and the declared networks, those it could shut out",
    )
    bans_visitors: list[str] = Field(
        default_factory=list,
        max_length=20,
        description="of the visitors that a review sends, those whose requests it would take for an attack",
    )


class Login(Fact):
    """The login to an application's administration, by a log that its requests go to."""

    kind: str
    path: Path = Field(description="the application's folder")
    uri: str = Field(max_length=4_096)
    log: Path | None
    readable: bool = Field(description="it is there, and its lines, if any, begin with the visitor's address")
    watched: bool = Field(description="a jail that runs looks for wrong logins there")


class BansFacts(Area):
    """Shutting out of addresses after wrong logins."""

    installed: bool = Field(description="fail2ban is")
    enabled: bool
    active: bool
    others: list[str] = Field(description="units that run and do the same for SSH")
    source: str | None = Field(max_length=64, description="address that this reading came from, as the host sees it")
    jails: list[Jail] = Field(max_length=100)
    logins: list[Login] = Field(max_length=1_000)
    pages: dict[str, str] = Field(
        default_factory=dict, max_length=50, description="patterns of requests with a password, by kind of application"
    )
