"""Ways in over SSH: who came in of late and how, and what sshd says that it offers to whom."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from auditor.facts._base import Area, Fact

MAX_WAYS, MAX_OFFERS = 600, 1_000
"""More than a collector tells: each is named to a person, so that a host must not tell of any number."""
Moment = Annotated[int, Field(ge=0, lt=253_402_300_800)]
"""A second that a calendar has."""


class LoginPath(Fact):
    """A way in which somebody came in within 90 days, by sshd's own log."""

    account: str = Field(max_length=256)
    source: str = Field(max_length=64, description="the address as the host sees it")
    methods: list[str] = Field(
        description="in the order in which they opened the session; empty when no record tells them", max_length=10
    )
    key: str = Field(max_length=64, description="fingerprint of the key; empty without one, and for a certificate")
    certificate: bool
    claimed: bool = Field(description="told by a log that others may write to")
    last: Moment = Field(description="epoch second")
    count: int


class Forwarding(Fact):
    """Something that went through sshd besides a session: the host behind this one, a database."""

    account: str = Field(max_length=256)
    source: str = Field(max_length=64)
    to: str = Field(max_length=80, description="address and port; empty when no record tells them")
    live: bool = Field(description="seen going on, not told by the log")
    recorded: bool = Field(
        default=True, description="False: the connection may as well have been a session, which no record tells"
    )
    last: Moment = Field(description="epoch second")


class LoginAccount(Fact):
    """An account that is declared or came in."""

    name: str = Field(max_length=256)
    groups: list[str] | None = Field(description="None when they stand in none of the host's own files")


class LoginSettings(Fact):
    """The settings that decide who gets in, in the words of ``sshd -T``."""

    allowgroups: list[str]
    allowtcpforwarding: str
    allowusers: list[str]
    authenticationmethods: list[str]
    authorizedprincipalsfile: str
    denygroups: list[str]
    denyusers: list[str]
    disableforwarding: str
    gssapiauthentication: str
    hostbasedauthentication: str
    kbdinteractiveauthentication: str
    passwordauthentication: str
    permitemptypasswords: str
    permitrootlogin: str
    pubkeyauthentication: str
    strictmodes: str
    trustedusercakeys: str
    usepam: str


class Offer(Fact):
    """The methods that sshd says it offers an account that comes from an address to a port."""

    account: str = Field(max_length=256)
    source: str = Field(max_length=64)
    port: int
    ours: bool = Field(description="the daemon there reads the settings that we make")
    settings: LoginSettings


class WaysFacts(Area):
    """Ways in; without sshd everything but ``installed`` is empty."""

    installed: bool
    recorded: bool = Field(
        description="a record of who comes in is kept, at least of this very reading, and could be read for two "
        "weeks back"
    )
    since: Moment = Field(description="epoch second that the records reach back to; 0 none")
    cut: bool = Field(description="there were more records or ways than are read")
    own: LoginPath | None = Field(description="how this reading came in; None when no record tells")
    ports: list[int] = Field(description="on which sshd is reached, its socket's too")
    seen: list[LoginPath] = Field(max_length=MAX_WAYS)
    forwarded: list[Forwarding] = Field(max_length=MAX_WAYS)
    accounts: list[LoginAccount] = Field(max_length=MAX_WAYS)
    second_factors: list[str] = Field(description="modules in sshd's PAM stack that ask for more than the password")
    offers: list[Offer] = Field(max_length=MAX_OFFERS)
    unasked: int = Field(description="offers that sshd was not asked about, for there are too many")
