"""Certificates that would keep a site from being served after a change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.hardening.safety.people import MAX_TOLD
from auditor.models import Domain, Host, Text
from auditor.text.redact import redact_secrets_in_text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

_LOWERED_LEVEL = re.compile(r"@SECLEVEL=[01](?![0-9])", re.IGNORECASE)


def find_certificates_nginx_would_not_load(data: Mapping[str, Any]) -> Text | None:
    """Return what nginx would no longer load: a change to its ciphers is a change for all of its servers."""
    faults = [
        text
        for vhost in _iter_virtual_hosts_with_tls(data, "nginx")
        if (text := _describe_certificate_load_fault(vhost, "nginx"))
    ]
    return Text.join([*faults[:MAX_TOLD], _RENEW]) if faults else None


def find_certificates_apache_would_not_load(host: Host, data: Mapping[str, Any]) -> dict[Domain, Text]:
    """Return what Apache would no longer load, by the declared site that shows it."""
    fault_by_domain: dict[Domain, Text] = {}
    for vhost in _iter_virtual_hosts_with_tls(data, "apache"):
        text = _describe_certificate_load_fault(vhost, "Apache")
        for site in host.sites if text else ():
            if text and {site.domain, *site.aliases} & set(vhost["names"]):
                fault_by_domain.setdefault(site.domain, Text.join([text, _RENEW]))
    return fault_by_domain


def _iter_virtual_hosts_with_tls(data: Mapping[str, Any], server: str) -> Iterator[Mapping[str, Any]]:
    for part in ("vhosts", "unread_vhosts"):
        yield from (vhost for vhost in data.get(server, {}).get(part) or () if vhost["tls"])


def _describe_certificate_load_fault(vhost: Mapping[str, Any], server: str) -> Text | None:
    tls = vhost["tls"]
    name = escape_text_to_one_line(next(iter(vhost["names"]), "") or f"{vhost['file']}:{vhost['line']}", 100)
    if tls["loads"] == "no":
        message = escape_text_to_one_line(redact_secrets_in_text(tls["fault"]), 200)
        return make_text(
            "{name}: after the change {server} would not load its certificate ({message})",
            name=name,
            server=server,
            message=message,
        )
    if tls["loads"] == "unknown" and _LOWERED_LEVEL.search(tls["ciphers"] or ""):
        path = escape_text_to_one_line(tls["certificate"] or "?", 200)
        return make_text(
            (
                "{name}: the level of security is lowered ({tls}), and whether {path} loads without "
                "that could not be tried"
            ),
            name=name,
            tls=escape_text_to_one_line(tls["ciphers"], 100),
            path=path,
        )
    return None


_RENEW = make_text(
    "renew certificate and key (RSA of 2048 bits or more, or EC of 256, signed with SHA-256), then run again"
)


def find_certificate_fault_of_site(site: Mapping[str, Any], now: float) -> Text | None:
    """Return what is wrong with a site's certificate for visitors who get in by HTTPS only."""
    certificate = site.get("certificate")
    domain: str = site["domain"]
    if certificate is None:
        return make_text("the site has no certificate that could be read")
    if not certificate["not_before"] <= now < certificate["not_after"]:
        return make_text("the site's certificate is out of date")
    if not {domain, f"*.{domain.partition('.')[2]}"} & set(certificate["names"]):
        return make_text("the site's certificate is for another name")
    if certificate["self_signed"]:
        return make_text("the site's certificate is self-signed")
    return None
