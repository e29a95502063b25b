"""sshd: settings in force, exceptions in Match blocks, host keys."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Banner, Fact, FileMode, Path


class SshSettings(Fact):
    """Settings in the words of ``sshd -T``: numbers and lists typed, the rest as text."""

    allowgroups: list[str]
    allowusers: list[str]
    authenticationmethods: list[str]
    banner: str = Field(description="the file that is shown before a login; 'none' for none")
    ciphers: list[str]
    clientalivecountmax: int
    clientaliveinterval: int = Field(description="seconds; 0 is never")
    disableforwarding: str
    gssapiauthentication: str
    hostbasedauthentication: str
    hostkeyalgorithms: list[str]
    ignorerhosts: str
    kbdinteractiveauthentication: str
    kexalgorithms: list[str]
    logingracetime: int = Field(description="seconds; 0 is without end")
    loglevel: str
    macs: list[str]
    maxauthtries: int
    maxstartups: list[int] = Field(description="start, rate in percent, full", min_length=3, max_length=3)
    passwordauthentication: str
    permitemptypasswords: str
    permitrootlogin: str
    permituserenvironment: str
    pubkeyauthentication: str
    strictmodes: str
    tcpkeepalive: str
    usepam: str
    x11forwarding: str
    allowagentforwarding: str
    allowtcpforwarding: str


class MatchCase(Fact):
    """A value in force for somebody."""

    when: str = Field(description="'for anybody', 'user root', or the Match block with file and line")
    value: int | str


class Cases(Fact):
    """Per setting that a Match block may change: the general value, and every other one in force for somebody."""

    permitrootlogin: list[MatchCase]
    permitemptypasswords: list[MatchCase]
    maxauthtries: list[MatchCase]
    hostbasedauthentication: list[MatchCase]
    loglevel: list[MatchCase]
    x11forwarding: list[MatchCase]
    allowagentforwarding: list[MatchCase]
    allowtcpforwarding: list[MatchCase]
    password_login: list[MatchCase] = Field(description="yes when a password alone opens a session, also through PAM")
    silent_seconds: list[MatchCase] = Field(description="until a client that no longer answers is dropped; 0 is never")


class MatchLine(Fact):
    """A setting inside a Match block of somebody else's file."""

    criteria: str
    file: Path
    line: int
    keyword: str
    value: str
    shadowed: bool = Field(description="an earlier block with the same criteria sets it")


class Overridden(Fact):
    """A setting in our file that another one beats."""

    keyword: str
    ours: str
    in_force: str
    file: Path = Field(description="where the value in force comes from")


class DropIn(Fact):
    """Our own file in sshd's configuration."""

    present: bool
    folder: bool = Field(description="the folder for it is there")
    read_first: bool = Field(description="it is, or would be, read before everything else")
    startups_files: list[Path] = Field(description="other files with MaxStartups, of which the last value counts")
    overridden: list[Overridden]


class Algorithms(Fact):
    """The lists that this version of sshd has without any configuration."""

    ciphers: list[str]
    hostkeyalgorithms: list[str]
    kexalgorithms: list[str]
    macs: list[str]


class SshConfinement(Fact):
    """The limits of systemd on sshd's service, and with it on whoever comes in."""

    lacks: list[str] = Field(description="systemd's properties that it does not have, of those that are wanted")
    in_force: bool = Field(description="the running sshd was started with some of them")


class SshFacts(Area):
    """sshd on this host; without it everything but ``installed`` is empty."""

    installed: bool
    effective: SshSettings | None = Field(description="for anybody: no Match block applied")
    theirs: SshSettings | None = Field(
        description="for anybody, without what our own file sets; with what it only writes down as right by itself"
    )
    for_root: SshSettings | None
    for_automation: SshSettings | None = Field(description="None also when no automation user is declared")
    cases: Cases
    matches: list[MatchLine]
    defaults: Algorithms
    dropin: DropIn
    host_keys: list[FileMode]
    version_shown: bool = Field(description="Debian's version is told to anybody who connects")
    unwritten: list[str] = Field(description="settings that are right by sshd's own default alone")
    host_key_types: list[str] = Field(description="of the keys in use, in the words of their public halves")
    banner: Banner = Field(description="of the file that sshd shows, or else of /etc/issue.net")
    files: list[FileMode] = Field(description="sshd's main file and those of the folder beside it")
    confinement: SshConfinement | None = Field(description="None where no sshd runs all the time, as with a socket")
