"""Local accounts, their keys, and what new ones and login shells get."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from auditor.facts._base import Area, Banner, Fact, FileMode, KnownWords, Path


class User(Fact):
    """A row of /etc/passwd with what else is known of it; never its hash."""

    name: str
    uid: int
    shell: str
    shell_usable: bool
    human: bool = Field(description="uid in the range for people")
    password: Annotated[str, KnownWords("empty", "locked", "usable")]
    shown: bool = Field(description="its hash stands in /etc/passwd itself, for everybody to read")
    scheme: str | None = Field(description="how the password is hashed")
    password_changed: int = Field(description="epoch second; 0 unknown")
    can_log_in: bool = Field(description="usable shell, not expired, and a password or a key")
    last_seen: int = Field(description="epoch second of the last login on record; 0 none")
    traces_since: int = Field(description="epoch second that the login records reach back to; 0 none")


class Duplicate(Fact):
    """A name or number that several rows carry."""

    kind: str = Field(description="uid, account, gid or group")
    value: str
    carriers: list[str]


class PrivilegedAccount(Fact):
    """An account in a group that is as good as root."""

    account: str
    via: str


class AuthorizedKey(Fact):
    """A public key that opens an account. Its comment stays on the host."""

    account: str
    path: Path
    type: str = Field(description="'link' or 'unreadable' for a file that was not read")
    bits: int
    fingerprint: str
    restricted: bool = Field(
        description="bound to a command, without a terminal, or an authority whose certificates come in"
    )
    lends: bool = Field(default=True, description="forwards more than to named places, unless sshd itself refuses that")
    anywhere: bool = Field(default=True, description="lets in from any address")
    closed: bool = Field(description="nobody else can write the file or its folders, as StrictModes wants")


class TrustFile(Fact):
    """A file that lets others in without a password, or keeps passwords in the clear."""

    account: str
    path: Path


class LoginDefs(Fact):
    """/etc/login.defs."""

    encrypt_method: str
    sha_rounds: int | None = Field(description="at least, where somebody has SHA hash a password; None is 5,000")
    pass_max_days: int | None = Field(description="for new accounts; -1 or 99999 is without end")
    umask: int | None
    usergroups: bool = Field(description="people alone in their group get the group's bits too")


class Profile(Fact):
    """The resulting settings of the files of login shells."""

    timeout: int = Field(description="TMOUT in seconds; 0 none")
    timeout_readonly: bool
    timeout_file: str
    timeout_files: list[str] = Field(description="all files that speak of it")
    umask: int | None = Field(description="of the last umask line; None without one")
    umask_file: str


class Home(FileMode):
    """The home of somebody right below /home."""

    account: str
    served: bool = Field(description="a site lies in it, so that the web server has to get through")
    used_by: list[str] = Field(description="accounts besides the owner and root whose processes are at work in it")
    open: bool = Field(description="others may read, write or pass, or the group may write")


class DotFile(FileMode):
    """A file that a shell, an editor or a client keeps in somebody's home."""

    account: str


class SchedulingPermission(Fact):
    """The accounts that may schedule jobs by one program."""

    program: str
    installed: bool
    path: Path = Field(description="the list of those who may")
    group: str = Field(description="the group that the program reads the list by")
    limited: bool = Field(description="there is such a list")
    owners: list[str] = Field(description="accounts that have jobs now")


class SearchFolder(Fact):
    """A folder in which root's shells, jobs or sudo look for programs, and which is not root's alone."""

    folder: Path
    file: Path = Field(description="which names it")
    loose: str = Field(description="what of it others can change; empty for a folder that depends on where root is")


class AccountsFacts(Area):
    """Local accounts of this host."""

    users: list[User]
    duplicates: list[Duplicate]
    privileged: list[PrivilegedAccount]
    keys: list[AuthorizedKey]
    trust_files: list[TrustFile]
    login_defs: LoginDefs
    useradd_inactive: int | None = Field(
        description="days after a password expired until a new account is closed; None is never"
    )
    profile: Profile
    banner: Banner = Field(description="at the console, before anybody logs in")
    homes: list[Home]
    open_dot_files: list[DotFile] = Field(description="those that others may read or write, or the group may write")
    scheduling: list[SchedulingPermission]
    root_path: list[SearchFolder] = Field(max_length=100)
