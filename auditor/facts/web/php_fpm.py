"""PHP-FPM and PHP inside Apache: installed versions, their ini in force, and every pool with its own values applied."""

from __future__ import annotations

from pydantic import Field

from auditor.facts._base import Area, Fact, FileMode, Path
from auditor.facts.web._web import ForeignDaemon


class PhpSettings(Fact):
    """The settings of PHP for a script."""

    expose_php: bool
    display_errors: bool
    display_startup_errors: bool
    log_errors: bool
    allow_url_include: bool
    allow_url_fopen: bool
    disable_functions: list[str]
    open_basedir: list[Path]
    session_cookie_httponly: bool
    session_cookie_secure: bool
    session_cookie_samesite: str = Field(description="'' when not set")
    session_use_strict_mode: bool
    session_use_only_cookies: bool
    file_uploads: bool
    upload_max_bytes: int
    post_max_bytes: int = Field(description="0 is unlimited")
    memory_bytes: int = Field(description="-1 is unlimited")
    auto_prepend_file: str = Field(description="'' when not set")
    auto_append_file: str = Field(description="'' when not set")
    cgi_fix_pathinfo: bool


class PoolSettings(PhpSettings):
    """A pool's settings: the version's ini, then php_value, then php_admin_value; and the pool's own limits."""

    limit_extensions: list[str] = Field(description="extensions FPM runs; empty means any file")
    max_children: int


class Version(Fact):
    """One installed PHP-FPM."""

    version: str = Field(description="'8.4'")
    release: str = Field(description="'8.4.11'")
    branch: str = Field(description="'8.4 in debian 13' when the distribution built it, else the version alone")
    ini: PhpSettings
    after_ours: list[str] = Field(description="settings that an ini file read after Lũy Tre's own sets again")
    files: list[FileMode]


class Pool(Fact):
    """One pool of workers."""

    name: str
    label: str = Field(description="'www (PHP 8.4)', unique on the host")
    version: str
    file: Path | None = Field(description="the file that defines it first")
    backend: str = Field(description="as in Vhost.php_backends: 'unix:/run/php/x.sock' or 'tcp:127.0.0.1:9000'")
    address: str | None = Field(description="None for a socket; '*' for every address")
    allowed_clients: list[str] = Field(description="for TCP; empty means any")
    user: str
    group: str
    listen_owner: str
    listen_group: str
    listen_mode: int
    settings: PoolSettings
    overrides: list[str] = Field(description="settings that the pool itself gives a value")
    ours: list[str] = Field(description="settings and directives that Lũy Tre's own pool files give it")
    upload_exceeds_post: bool


class Module(Fact):
    """PHP inside Apache, as a whole or as one of Apache's files changes it."""

    label: str = Field(description="'mod_php (PHP 8.2)', and the file that changes it")
    version: str
    branch: str = Field(description="as a Version's")
    backend: str = Field(description="as in Vhost.php_backends: 'mod_php'")
    user: str
    settings: PhpSettings
    after_ours: list[str]
    upload_exceeds_post: bool


class ShellFunction(Fact):
    """A function that starts programs, callable in a pool, or in Apache's own PHP."""

    pool: str
    function: str


class UserIni(Fact):
    """A .user.ini below a declared document root: a pool's settings changed by whoever may write there."""

    path: Path
    root: Path = Field(description="the document root it lies in")
    inserts: bool = Field(description="runs a file before or after every page")
    loosens: list[str] = Field(description="settings that it turns the wrong way")


class PhpFpmFacts(Area):
    """PHP that serves sites; empty lists when there is none."""

    installed: bool
    elsewhere: list[ForeignDaemon] = Field(default_factory=list, description="those that no package put there")
    versions: list[Version]
    pools: list[Pool]
    modules: list[Module] = Field(default_factory=list)
    shell_functions: list[ShellFunction]
    user_ini: list[UserIni]
