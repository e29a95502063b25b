"""A virtual host in the same words for nginx and Apache: what the configuration in force would do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from auditor.facts._base import Fact, KnownWords, Path

SECURITY_HEADERS = KnownWords(
    *("content-security-policy", "content-security-policy-report-only", "permissions-policy", "referrer-policy"),
    *("strict-transport-security", "x-content-type-options", "x-frame-options"),
)


class ListenAddress(Fact):
    """One address a virtual host answers on."""

    address: str = Field(description="'*', '0.0.0.0', '[::]', '127.0.0.1' …")
    port: int
    tls: bool
    default: bool = Field(description="answers for names that no virtual host claims")


class CertificatePair(Fact):
    """A certificate as the configuration names it, with its key."""

    certificate: Path
    key: Path


class VhostTls(Fact):
    """A virtual host's TLS settings, inherited ones included."""

    certificate: Path | None
    key: Path | None
    protocols: list[str] = Field(description="as in 'TLSv1.2'; the server's own default when not set")
    ciphers: str | None
    curves: list[str] = Field(
        default_factory=list, description="of key exchange, as configured; empty where OpenSSL's own are offered"
    )
    answered: list[str] = Field(
        default_factory=list, description="protocols that the server answers in; empty where nothing answered"
    )
    pairs: list[CertificatePair] = Field(default_factory=list, description="every certificate that it shows")
    loads: Literal["yes", "no", "unknown"] = Field(
        default="unknown", description="whether they load at OpenSSL's own level of security, as with sound ciphers"
    )
    fault: str = Field(default="", description="why they do not, in OpenSSL's words")


class RequestFilter(Fact):
    """ModSecurity, as one virtual host has it."""

    engine: str = Field(description="on, detectiononly or off")
    core_rules: bool = Field(description="the OWASP Core Rule Set is loaded")
    audit_log: Path | None
    rotated: bool = Field(description="logrotate names the audit log")


class ForeignDaemon(Fact):
    """A daemon that root runs from a place where no package of the distribution puts it, as hosting panels do."""

    program: Path
    file: Path = Field(description="where its configuration begins")


class PlainVhost(Fact):
    """The facts of a virtual host that are known without working out any pattern."""

    names: list[str] = Field(
        description="as claimed, and the declared domains that it answers by wildcard or by default"
    )
    listens: list[ListenAddress]
    root: Path | None
    file: Path
    line: int
    access_log: str | None = Field(description="None when off")
    error_log: str | None
    tls: VhostTls | None
    request_filter: RequestFilter | None = Field(default=None, description="None where ModSecurity is not loaded")


class VhostReadError(Fact):
    """The reason why a virtual host could not be read. ``auditor.audit.read_errors`` has it in words."""

    why: Literal["patterns", "not_understood", "no_time"] = Field(description="no_time: other sites took it all")
    file: Path = Field(description="whose pattern was tried then")


class UnreadVhost(PlainVhost):
    """A virtual host of which no more is known."""

    unread: VhostReadError


class VirtualHost(PlainVhost):
    """One ``server`` block (nginx) or ``VirtualHost`` (Apache), with inheritance resolved.

    The lists of URIs answer "what would the configuration do with a request for …", worked out from the
    configuration in force by the server's own rules of precedence, as if the file were there, for the probe
    URIs in ``on_host/collect/module_utils/luytre/parsers/request_uris.py`` and ``sites/websites.py``.
    """

    loose: str = Field(default="", description="who else than root could change its file, and where; empty for nobody")
    php_backends: list[str] = Field(
        description="'unix:/run/php/x.sock' or 'tcp:127.0.0.1:9000'; 'mod_php' for Apache's module"
    )
    proxies_to: list[str] = Field(description="upstream addresses that are not PHP")
    listing: list[str] = Field(description="locations or directories with automatic listings on")
    serves_hidden: list[str] = Field(description="which HIDDEN it would serve as files")
    serves_backups: list[str] = Field(description="which BACKUPS it would serve as files")
    serves_acme: bool = Field(description="/.well-known/acme-challenge/ is not denied")
    runs_php: list[str] = Field(description="which UPLOAD_URIS it would hand to PHP")
    php_of_missing: bool = Field(description="hands /image.jpg/x.php-like or missing scripts to PHP")
    denies: list[str] = Field(description="which SENSITIVE it denies")
    rate_limits: list[str] = Field(description="which LOGINS are rate limited for a POST")
    headers: Annotated[dict[str, str], SECURITY_HEADERS] = Field(
        description="those that it adds to a plain page, lower-case name to value"
    )
    headers_lost: list[str] = Field(description="locations whose own headers drop the inherited ones")
    redirects_to_https: bool = Field(description="a plain-HTTP request for a page is redirected to HTTPS")
    pages: bool = Field(default=True, description="answers with pages of its own, not with redirects alone")
    proxied: bool = Field(default=False, description="hands every page to another program, and has no files of its own")
    alias_traversal: list[str] = Field(
        default_factory=list, description="locations whose alias lets a request climb out"
    )
    writes: list[str] = Field(
        default_factory=list, description="methods that change files, as WebDAV's, that it answers"
    )
    refuses_methods: bool = Field(default=False, description="those that no application uses; told of Apache alone")
    body_limit: int | None = Field(description="bytes; 0 is unlimited, None the server's default")
    status_open: list[str] = Field(
        default_factory=list, description="URIs where a stranger reads the server's or PHP-FPM's status"
    )
    database_tools: list[str] = Field(
        default_factory=list, description="URIs of phpMyAdmin, Adminer and the like that a stranger reaches"
    )
    phpinfo: list[str] = Field(
        default_factory=list, description="URIs of scripts that show a stranger all of PHP's settings"
    )
    serves_private: list[str] = Field(
        default_factory=list, description="files that an application means to keep to itself, and a stranger gets"
    )
    private_pattern: str = Field(default="", description="of the URIs of all that, whether there or not")
    writes_open: list[str] = Field(default_factory=list, description="where a stranger changes files by WebDAV")
    cors_open: list[str] = Field(
        default_factory=list, description="where scripts of any other site may ask with a visitor's login"
    )
    cors_known: bool = Field(default=True, description="its answers to such a script were seen, too")
