"""WordPress instances and other known applications below the web roots."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode, Path

Switch = bool | Literal["unknown"] | None
"""A constant of wp-config.php: None when not defined, ``unknown`` when only running the file would tell."""


class Constants(Fact):
    """Constants of wp-config.php as PHP would see them when WordPress loads."""

    DB_NAME: str | None
    DB_USER: str | None
    DB_HOST: str | None
    DISALLOW_FILE_EDIT: Switch
    DISALLOW_FILE_MODS: Switch
    WP_DEBUG: Switch
    WP_DEBUG_DISPLAY: Switch
    WP_DEBUG_LOG: bool | int | str | None
    WP_AUTO_UPDATE_CORE: bool | int | str | None
    AUTOMATIC_UPDATER_DISABLED: Switch
    FORCE_SSL_ADMIN: Switch


class WordPressConfig(FileMode):
    """wp-config.php."""

    open_to_others: bool = Field(description="others get at it, or its group may change it")


class Salts(Fact):
    """The eight secret keys and salts, by their state alone."""

    present: int = Field(description="how many of the eight have a value")
    unknown: int = Field(description="how many only running the file would tell")
    default_phrase: bool
    distinct: bool
    shortest: int = Field(description="characters of the shortest")
    fingerprint: str | None = Field(description="equal when two sites share them; None unless all eight are long")


class Extension(Fact):
    """A plugin or a theme."""

    slug: str
    version: str | None
    active: bool | None = Field(description="None when the database was not read")


class UploadedScript(FileMode):
    """A PHP file in the upload folder."""

    shut: bool = Field(description="root's, with no rights for anybody else")
    acts_on_input: bool = Field(
        default=False, description="takes a visitor's words and runs or writes something with them"
    )


class WordPressCore(Fact):
    """WordPress's own code: wp-admin, wp-includes and the PHP files beside them."""

    files: int
    cut_short: bool = Field(description="not everything could be looked at")
    writable: int = Field(description="files and folders that a web account can change")
    writable_examples: list[str]
    newer: list[str] = Field(description="PHP files more than a day newer than the core's own version file")
    checksums: Literal["debian"] | None = Field(description="where sums to compare with came from")
    differing: list[str] = Field(description="PHP files that the sums do not know or that differ from them")


class WordPressAdministrator(Fact):
    """An account with the role of administrator."""

    login: str
    registered: int = Field(description="epoch seconds, 0 when unknown")
    last_seen: int | None = Field(description="last log-in or article that the database tells of")


class WordPressOptions(Fact):
    """Settings kept in the database."""

    siteurl: str
    home: str
    default_role: str
    template: str
    stylesheet: str


class Database(Fact):
    """The answers of the site's database."""

    administrators: list[WordPressAdministrator]
    options: WordPressOptions
    hosts: list[str] = Field(description="hosts that siteurl and home name")
    users_can_register: bool
    active_plugins: list[str]


class UnreadDatabase(Fact):
    """The reason why a site's database was not read. ``auditor.audit.read_errors`` has it in words."""

    why: Literal[
        "not_plain", "elsewhere", "other_kind", "another_server", "not_running", "refused", "no_tables", "late",
        "too_much", "failed",
    ]  # fmt: skip
    file: Path = Field(description="the configuration that names it")
    account: str = Field(description="the account that it names, empty when that is not plain")


class Instance(Fact):
    """One WordPress."""

    path: Path
    version: str | None
    config: WordPressConfig | None
    config_above: bool = Field(description="wp-config.php lies one folder above")
    constants: Constants
    salts: Salts
    plugins: list[Extension]
    themes: list[Extension]
    must_use: list[str]
    drop_ins: list[str]
    uploads_php: list[UploadedScript]
    uploads_cut_short: bool
    core: WordPressCore
    debug_log: FileMode | None
    database: Database | None
    database_unread: UnreadDatabase | None


class SigningSecret(Fact):
    """A secret that an application signs with, by its state alone."""

    length: int | Literal["unknown"] | None = Field(description="characters; None when there is none")
    sample: bool = Field(description="the one that the application's makers ship as an example")
    fingerprint: str | None = Field(description="equal when two sites share it; None unless it is long")


class JoomlaSettings(Fact):
    """Settings of configuration.php."""

    debug: Switch
    error_reporting: str | int | None
    force_ssl: int | Literal["unknown"] | None = Field(description="1: administration, 2: the whole site")
    ftp_password: Switch = Field(description="whether the password of an FTP account stands in it")


class SuperUser(Fact):
    """An account of Joomla's group of super users that is not blocked."""

    login: str
    registered: int = Field(description="epoch seconds, 0 when unknown")
    last_seen: int | None = Field(description="last log-in")


class JoomlaDatabase(Fact):
    """The answers of a Joomla's database."""

    super_users: list[SuperUser]
    registration: bool = Field(description="whether strangers may sign up")
    registered_group: int | None = Field(description="number of the group that they get; 2 may not write")
    activation: int | None = Field(description="0: an account works at once, without a mail or an administrator")


class Joomla(Fact):
    """One Joomla."""

    path: Path
    version: str | None
    configured: bool = Field(description="there is a configuration.php, so it is installed")
    settings: JoomlaSettings
    secret: SigningSecret
    database: JoomlaDatabase | None
    database_unread: UnreadDatabase | None


class NukeVietSettings(Fact):
    """Settings of data/config/config_global.php."""

    debug: Switch
    upload_checking: str | int | None
    forbidden_extensions: list[str] | Literal["unknown"] | None
    login_blocker: Switch
    login_attempts: int | Literal["unknown"] | None
    two_step: int | Literal["unknown"] | None = Field(description="1: administration, 2: readers, 3: both")
    admin_firewall: Switch = Field(description="a password before the administration's own")
    admin_addresses: Switch = Field(description="administration from certain addresses only")
    cookie_secure: Switch
    ftp_password: Switch = Field(description="whether the password of an FTP account stands in it")
    protections_off: list[str] = Field(description="built-in protections that are turned off")


class NukeViet(Fact):
    """One NukeViet."""

    path: Path
    version: str | None
    configured: bool = Field(description="there is a config_global.php, so it is installed")
    settings: NukeVietSettings
    secret: SigningSecret


class Other(Fact):
    """Another known application."""

    kind: Literal["joomla", "nukeviet", "drupal", "dokuwiki", "mediawiki", "moodle"]
    path: Path
    version: str | None
    installers: list[FileMode] = Field(description="what has to go once it is installed, and is there")


class WordpressFacts(Area):
    """Applications found on the host."""

    instances: list[Instance]
    joomla: list[Joomla]
    nukeviet: list[NukeViet]
    others: list[Other]
    cut_short: list[Path] = Field(description="roots whose search ended before everything was seen")
