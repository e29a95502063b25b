"""Lists of which a host, or a site, always has a member.

One that comes empty was not told, and nothing in it is no pass.
"""

from __future__ import annotations

from collections.abc import Mapping

from auditor.models.applications.registry import CMSS

_LISTS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("users",),
    "apache": ("timeouts",),
    "filesystem": ("account_files", "shared", "space"),
    "kernel": ("interfaces", "modules"),
    "logging": ("audit_people", "audit_profile"),
    "mariadb": ("accounts", "files"),
    "nginx": ("server_tokens", "timeouts"),
    "pam": ("faillock",),
    "site": ("tls_vhosts", "vhosts"),
    **{f"site.{cms.kind}.database": cms.never_empty_fields for cms in CMSS},
    "ssh": ("files", "host_keys"),
    "ssh.cases": (
        *("allowagentforwarding", "allowtcpforwarding", "hostbasedauthentication", "loglevel", "maxauthtries"),
        *("password_login", "permitemptypasswords", "permitrootlogin", "silent_seconds", "x11forwarding"),
    ),
    "ssh.defaults": ("kexalgorithms",),
    "ssh.effective": ("ciphers", "hostkeyalgorithms", "kexalgorithms", "macs"),
    "sudo": ("files",),
}
"""By what they lie in, where the control that reads one applies."""
NEVER_EMPTY: frozenset[str] = frozenset(f"{within}.{name}" for within, names in _LISTS.items() for name in names)
