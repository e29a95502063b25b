"""MariaDB as it runs: variables in force, accounts and grants, modes of its files. No hash ever."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode


class MariaDbVariables(Fact):
    """Global variables in force."""

    bind_address: str = Field(description="as the server tells it; empty when it listens on every address")
    datadir: str
    general_log: bool
    local_infile: bool
    log_error: str = Field(description="empty: standard error, hence the journal")
    log_warnings: int
    port: int
    require_secure_transport: bool
    secure_file_priv: str = Field(description="empty: files may be read and written anywhere")
    skip_grant_tables: bool
    skip_name_resolve: bool
    skip_networking: bool
    socket: str
    symbolic_links: bool


class NextStart(Fact):
    """The values that the option files will give to some settings when the server starts next."""

    bind_address: str
    general_log: bool
    local_infile: bool
    secure_file_priv: str
    skip_grant_tables: bool
    skip_networking: bool
    symbolic_links: bool


class DatabaseGrant(Fact):
    """Privileges on one database."""

    database: str = Field(description="its name may be a pattern with % and _")
    privileges: list[str]


class PublicGrant(DatabaseGrant):
    """A grant that everybody who logs in has."""

    user: str
    host: str


class Role(Fact):
    """A role that an account holds; PUBLIC is everybody's."""

    name: str
    global_privileges: list[str]


class DatabaseAccount(Fact):
    """One account, without its secret."""

    user: str
    host: str
    anywhere: bool = Field(description="its host is a pattern that every address fits")
    plugin: str
    authentication: Literal["socket", "password", "empty", "locked", "other"]
    super: bool
    global_privileges: list[str] = Field(
        description="on *.*, its own; GRANT OPTION among them, 'ALL PRIVILEGES' for the full set"
    )
    roles: list[Role] = Field(description="PUBLIC only where it carries global privileges")
    reaches_everything: bool = Field(
        description="may read or change every database, or the server, by itself or by a role"
    )
    defines: bool = Field(description="views, routines, triggers or events run in its name")
    grants: list[DatabaseGrant]


class DatabaseFile(FileMode):
    """An option file, or the folder of the data."""

    holds_password: bool
    loose: bool = Field(description="others may change it, or read what they should not")


class StatementHistory(FileMode):
    """A client's history of statements."""

    mentions_password: bool
    open_to_others: bool


class MariaDbFacts(Area):
    """The database server, its accounts and its files."""

    installed: bool
    running: bool
    version: str | None
    branch: str | None = Field(
        description="'10.11 in debian 12' when the distribution built it, else '10.11'; 'MySQL 8.0'"
    )
    variables: MariaDbVariables | None = Field(description="None when the server does not run")
    next_start: NextStart | None = Field(description="None when the server does not run")
    start_fault: str | None = Field(
        default=None, description="why the server would not start as it is now; empty when it would, None when unknown"
    )
    accounts: list[DatabaseAccount]
    public_grants: list[PublicGrant]
    databases: list[str] = Field(description="the server's own left out")
    test_database: bool
    files: list[DatabaseFile]
    histories: list[StatementHistory]
