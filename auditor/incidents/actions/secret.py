"""Secrets of a site's application are made anew on its host.

Those that sign sessions, and the password of its database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.actions.administrator import SECONDS, collect_modules
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.site import get_document_root, get_site, parse_site, select_serving_hosts
from auditor.models import Host
from auditor.text import paths


def _parse_application(text: str) -> str:
    """Parse ``DOMAIN``, or ``DOMAIN/FOLDER`` of an application in a folder."""
    site, *folders = re.sub(r"^https?://", "", text.strip(" ")).rstrip("/").split("/")
    if {"", ".", ".."} & {*folders}:
        raise InputError(
            "{application} is not an application of a site",
            application=paths.encode_path(text),
            mend="write it as antruc.test; in a subfolder, as antruc.test/blog",
        )
    return "/".join([parse_site(site), *map(paths.encode_path, folders)])


def _build_question(host: Host, what: str) -> Mapping[str, Any]:
    return {"root": get_document_root(host, what), "folder": what.partition("/")[2]}


def _build_fleet_question(host: Host, what: str) -> Mapping[str, Any]:
    sites = [{"domain": site.domain, "document_root": site.document_root} for site in host.sites]
    return {**_build_question(host, what), "domain": get_site(host, what).domain, "sites": sites}


SALTS = ActionKind(
    "salts.py",
    "DOMAIN",
    _parse_application,
    hosts=select_serving_hosts,
    build_question=_build_question,
    collect_modules=collect_modules,
    may_break_site=True,
    seconds=SECONDS,
)
DATABASE_PASSWORD = ActionKind(
    "database_password.py",
    "DOMAIN",
    _parse_application,
    hosts=select_serving_hosts,
    build_question=_build_fleet_question,
    collect_modules=collect_modules,
    may_break_site=True,
    seconds=SECONDS,
)
