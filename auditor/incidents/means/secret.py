"""Secrets of a site's application are made anew on its host: those that sign sessions, and the password of its database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.means.administrator import SECONDS, beside
from auditor.incidents.means.kind import Kind
from auditor.incidents.means.site import of, read_site, root_of, serving
from auditor.models import Host
from auditor.text import paths


def _read(text: str) -> str:
    """``DOMAIN``, or ``DOMAIN/FOLDER`` of an application in a folder."""
    site, *folders = re.sub(r"^https?://", "", text.strip(" ")).rstrip("/").split("/")
    if {"", ".", ".."} & {*folders}:
        raise InputError(
            "{application} is not an application of a site",
            application=paths.written(text),
            mend="write it as antruc.test; in a subfolder, as antruc.test/blog",
        )
    return "/".join([read_site(site), *map(paths.written, folders)])


def _asked(host: Host, what: str) -> Mapping[str, Any]:
    return {"root": root_of(host, what), "folder": what.partition("/")[2]}


def _asked_of_all(host: Host, what: str) -> Mapping[str, Any]:
    sites = [{"domain": site.domain, "document_root": site.document_root} for site in host.sites]
    return {**_asked(host, what), "domain": of(host, what).domain, "sites": sites}


SALTS = Kind("salts.py", "DOMAIN", _read, hosts=serving, asked=_asked, beside=beside, missed=True, seconds=SECONDS)
DATABASE_PASSWORD = Kind(
    "database_password.py",
    "DOMAIN",
    _read,
    hosts=serving,
    asked=_asked_of_all,
    beside=beside,
    missed=True,
    seconds=SECONDS,
)
