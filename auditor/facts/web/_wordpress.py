"""WordPress instances."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Fact, FileMode
from auditor.facts.web._cms import CmsAccount, CmsInstance, OwnCode, Switch, UnreadDatabase, UploadedScript


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


class WordPressAdministrator(CmsAccount):
    """An account with the role of administrator."""

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


class WordPressInstance(CmsInstance):
    """One WordPress."""

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
    core: OwnCode
    debug_log: FileMode | None
    database: Database | None
    database_unread: UnreadDatabase | None
