"""PAM: what the stacks really do."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact


class Faillock(Fact):
    """The way in which one login service counts failed passwords."""

    service: str
    given: list[str] = Field(description="numbers that the stack's own lines set, which count before the file")
    active: bool = Field(description="asked before, counted after, and cleared on success")
    deny: int = Field(description="failures until the account is locked; 0 is never")
    unlock_time: int = Field(description="seconds; 0 is until somebody unlocks it")
    fail_interval: int = Field(description="seconds")
    locks_root: bool


class Quality(Fact):
    """The requirements on a new password."""

    installed: bool = Field(description="the module is in the stack")
    active: bool = Field(description="and refuses, not only warns")
    given: list[str] = Field(description="settings on the module's own line, which count before the files")
    credits: list[str] = Field(description="settings that lower the length really asked for")
    length: int = Field(description="characters really asked for, credits taken off")
    classes: int
    dictionary: bool = Field(description="compared with a list of common words")
    dictionary_found: bool = Field(description="the list is there; without it every new password is refused")


class PasswordHistory(Fact):
    """The number of earlier passwords that are refused."""

    active: bool
    remembered: int


class Umask(Fact):
    """The umask of login.defs in sessions."""

    active: bool
    given: int | None = Field(description="the module's own argument, which counts before login.defs")


class Su(Fact):
    """The accounts that may become somebody else by su."""

    installed: bool
    restricted: bool = Field(description="only the members of a group")
    recorded: bool = Field(description="the journal could be asked who did of late")
    outside: list[str] = Field(description="accounts that did within 90 days and are neither root nor in sudo")


class PamFacts(Area):
    """PAM on this host."""

    faillock: list[Faillock]
    pwquality: Quality
    pwhistory: PasswordHistory
    hash: str = Field(description="scheme that pam_unix is told to use; empty when login.defs decides")
    umask: Umask
    su: Su
    nullok: list[str] = Field(description="services that take an empty password for one")
