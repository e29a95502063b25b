"""An administrator of a site's application is shut out, and its sessions end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from auditor.errors import InputError
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.site import (
    get_document_root_of_target_site,
    normalize_site_domain,
    select_hosts_serving_site,
)
from auditor.models import Host
from auditor.text import paths

SECONDS = 90.0
"""For one connection: more than such a program takes at most."""
_MIN_WORDS = 2
MAX_BYTES = 100
"""Of a name."""


def _normalize_site_administrator(typed_target: str) -> str:
    """Parse ``DOMAIN/NAME``, the application's folder after the domain; percent signs spell bytes of names."""
    words = re.sub(r"^https?://", "", typed_target.strip(" ")).split("/")
    name = unquote_to_bytes(words[-1].encode("utf-8", "surrogateescape"))
    if len(words) < _MIN_WORDS or {"", ".", ".."} & {*words} or len(name) > MAX_BYTES:
        raise InputError(
            "{administrator} is not an administrator of a site",
            administrator=paths.percent_encode_unprintable_in_path(typed_target),
            mend="write it as antruc.test/NAME; in a subfolder, as antruc.test/blog/NAME",
        )
    site, *folders, _ = words
    return "/".join(
        [
            normalize_site_domain(site),
            *map(paths.percent_encode_unprintable_in_path, folders),
            _percent_encode_administrator_name(name),
        ]
    )


def _percent_encode_administrator_name(name_bytes: bytes) -> str:
    return paths.percent_encode_unprintable_in_path(name_bytes.decode("utf-8", "surrogateescape")).replace("/", "%2F")


def _build_administrator_lockout_input(host: Host, target: str) -> Mapping[str, Any]:
    _, *folders, name = target.split("/")
    return {"root": get_document_root_of_target_site(host, target), "folder": "/".join(folders), "name": name}


ADMINISTRATOR = ActionKind(
    means="administrator",
    program="sites/administrator.py",
    read=_normalize_site_administrator,
    hosts=select_hosts_serving_site,
    build_question=_build_administrator_lockout_input,
    seconds=SECONDS,
)
