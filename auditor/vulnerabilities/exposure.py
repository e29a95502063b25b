"""Which sources read what strangers send.

The daemons that a stranger reaches, and the libraries that take in their bytes. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_DAEMONS: Mapping[str, tuple[str, ...]] = {
    "sshd": ("openssh",),
    "nginx": ("nginx",),
    "apache2": ("apache2",),
    "mariadbd": ("mariadb", "mariadb-10.5", "mariadb-10.11"),
    "mysqld": ("mysql-8.0", "mariadb"),
    "exim4": ("exim4",),
    "master": ("postfix",),
    "named": ("bind9",),
    "dovecot": ("dovecot",),
    "vsftpd": ("vsftpd",),
    "proftpd": ("proftpd-dfsg",),
    "pure-ftpd": ("pure-ftpd",),
    "redis-server": ("redis",),
    "memcached": ("memcached",),
    "varnishd": ("varnish",),
    "haproxy": ("haproxy",),
    "squid": ("squid",),
    "dockerd": ("docker.io",),
}
"""A listening process by its name, and its source."""
_WEB = ("nginx", "apache2", "haproxy", "varnishd")
_BEHIND_WEB = re.compile(
    r"(?:php[0-9.]+|php-.*|openssl|gnutls28|zlib|pcre2|pcre3|nghttp2|brotli|libxml2|expat|apr|apr-util|imagemagick"
    r"|libgd2"
    r"|libwebp|libjpeg-turbo|libpng1\.6|tiff|ghostscript|wordpress|node-.*|mod-.*|libapache2-.*|libnginx-.*)\Z"
)
"""What takes in a visitor's bytes where a web server is reached.

PHP, TLS, compression, pictures and documents that they upload.
"""
_BY_ALL = ("glibc", "openssl")


def find_processes_strangers_can_reach(data: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return what the firewall lets strangers reach: each listening process, and an address and port of it.

    None when that is not known.
    """
    if "firewall" not in data:
        return None
    endpoints: dict[str, str] = {}
    for socket in data["firewall"]["exposed"]:
        endpoints.setdefault(socket["process"], f"{socket['protocol']}/{socket['port']}")
    return endpoints


def find_attack_path_to_sites(processes: Mapping[str, str]) -> str | None:
    """Return how a stranger's bytes come to what sites are made of."""
    return next((f"{process} {processes[process]}" for process in _WEB if process in processes), None)


def find_attack_path_to_source_package(source_package: str, processes: Mapping[str, str]) -> str | None:
    """Return how a stranger's bytes come to a source, as ``nginx tcp/443``.

    None when they do not, as far as is known.
    """
    for process, port in processes.items():
        if source_package in _DAEMONS.get(process, (process,)):
            return f"{process} {port}"
    web = find_attack_path_to_sites(processes)
    if web is not None and _BEHIND_WEB.match(source_package):
        return web
    return (
        next((f"{process} {port}" for process, port in processes.items()), None) if source_package in _BY_ALL else None
    )
