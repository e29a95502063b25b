"""Secrets of a site's application are made anew on its host.

Those that sign sessions, and the password of its database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.actions.administrator import SECONDS
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.site import (
    get_document_root_of_target_site,
    get_host_site_for_target,
    normalize_site_domain,
    select_hosts_serving_site,
)
from auditor.models import Host
from auditor.text import paths


def _normalize_site_application(typed_target: str) -> str:
    """Parse ``DOMAIN``, or ``DOMAIN/FOLDER`` of an application in a folder."""
    site, *folders = re.sub(r"^https?://", "", typed_target.strip(" ")).rstrip("/").split("/")
    if {"", ".", ".."} & {*folders}:
        raise InputError(
            "{application} is not an application of a site",
            application=paths.percent_encode_unprintable_in_path(typed_target),
            mend="write it as antruc.test; in a subfolder, as antruc.test/blog",
        )
    return "/".join([normalize_site_domain(site), *map(paths.percent_encode_unprintable_in_path, folders)])


def _build_salt_renewal_input(host: Host, target: str) -> Mapping[str, Any]:
    return {"root": get_document_root_of_target_site(host, target), "folder": target.partition("/")[2]}


def _build_database_password_renewal_input(host: Host, target: str) -> Mapping[str, Any]:
    sites = [{"domain": site.domain, "document_root": site.document_root} for site in host.sites]
    return {
        **_build_salt_renewal_input(host, target),
        "domain": get_host_site_for_target(host, target).domain,
        "sites": sites,
    }


SALTS = ActionKind(
    means="salts",
    program="sites/salts.py",
    read=_normalize_site_application,
    hosts=select_hosts_serving_site,
    build_question=_build_salt_renewal_input,
    may_break_site=True,
    seconds=SECONDS,
)
DATABASE_PASSWORD = ActionKind(
    means="database-password",
    program="sites/database_password.py",
    read=_normalize_site_application,
    hosts=select_hosts_serving_site,
    build_question=_build_database_password_renewal_input,
    may_break_site=True,
    seconds=SECONDS,
)
