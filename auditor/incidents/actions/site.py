"""A site is closed, or a path of it gone: its web server says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from auditor.errors import InputError, find_nearest_known_name
from auditor.incidents.actions.base import ActionKind
from auditor.models import Host, Site
from auditor.text import paths

MAX_BYTES = 700
"""Of a path, each of which is four letters of a regular expression; nginx takes no longer word than 4096."""
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}\.)*[a-z0-9][a-z0-9-]{0,62}")


def normalize_site_domain(typed_site: str) -> str:
    """Return a site's domain. Raises InputError for what is none."""
    domain = re.sub(r"^https?://", "", typed_site.strip().lower()).rstrip("/")
    if not _DOMAIN.fullmatch(domain):
        raise InputError(
            "{site} is not a site's domain",
            site=paths.percent_encode_unprintable_in_path(typed_site),
            mend="write it as antruc.test",
        )
    return domain


def _normalize_site_path(typed_path: str) -> str:
    """Parse ``DOMAIN/PATH`` as an address has it, percent signs spelling bytes.

    It is written so that it is one line.
    """
    domain, _, rest = re.sub(r"^https?://", "", typed_path.strip(" ")).partition("/")
    path = unquote_to_bytes(rest.encode("utf-8", "surrogateescape"))
    names = path.split(b"/")[:-1] if path.endswith(b"/") else path.split(b"/")
    if not path or b"\0" in path or {b"", b".", b".."} & set(names):
        raise InputError(
            "{path} is not a path of a site",
            path=paths.percent_encode_unprintable_in_path(typed_path),
            mend="write it as antruc.test/folder/x.php",
        )
    if "?" in rest or "#" in rest:
        raise InputError(
            "{path} contains more than a path",
            path=paths.percent_encode_unprintable_in_path(typed_path),
            mend="omit the part that begins with ? or #; in a name, write them as %3F or %23",
        )
    if len(path) > MAX_BYTES:
        raise InputError("the path is longer than {most} bytes", most=MAX_BYTES, mend="use a folder that contains it")
    return (
        f"{normalize_site_domain(domain)}/"
        f"{paths.percent_encode_unprintable_in_path(b'/'.join(names).decode('utf-8', 'surrogateescape'))}"
    )


def select_hosts_serving_site(target: str, hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    """Return the hosts that have the site. Raises InputError when none has."""
    domain = target.partition("/")[0]
    serving_hosts = tuple(host for host in hosts if any(domain in (site.domain, *site.aliases) for site in host.sites))
    if not serving_hosts:
        domains = [name for host in hosts for site in host.sites for name in (site.domain, *site.aliases)]
        raise InputError(
            "{site} is not a site on the hosts of the incident",
            site=domain,
            mend="see the inventory, and 'auditor incident show'",
            guess=find_nearest_known_name(domain, domains),
        )
    return serving_hosts


def get_host_site_for_target(host: Host, target: str) -> Site:
    """Return the host's site that is named first."""
    domain = target.partition("/")[0]
    return next(site for site in host.sites if domain in (site.domain, *site.aliases))


def get_document_root_of_target_site(host: Host, target: str) -> str:
    """Return where the site's files lie. Raises InputError when the inventory does not say so."""
    site = get_host_site_for_target(host, target)
    if site.document_root is None:
        raise InputError(
            "the inventory does not declare the location of the files of {site}",
            site=site.domain,
            mend="declare its document_root",
        )
    return site.document_root


def _build_site_closure_input(host: Host, target: str) -> Mapping[str, Any]:
    own = get_host_site_for_target(host, target)
    return {
        "domain": own.domain,
        "names": [own.domain, *own.aliases],
        "root": own.document_root,
        "others": [name for site in host.sites if site is not own for name in (site.domain, *site.aliases)],
        "trusted": host.trusted_networks,
        "admins": host.admins,
    }


SITE = ActionKind(
    means="site",
    program="sites/web.py",
    read=normalize_site_domain,
    hosts=select_hosts_serving_site,
    build_question=_build_site_closure_input,
)
PATH = ActionKind(
    means="path",
    program="sites/web.py",
    read=_normalize_site_path,
    hosts=select_hosts_serving_site,
    build_question=_build_site_closure_input,
)
