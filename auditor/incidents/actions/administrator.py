"""An administrator of a site's application is shut out, and its sessions end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from auditor.errors import InputError
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.site import collect_readers, get_document_root, parse_site, select_serving_hosts
from auditor.models import Host
from auditor.system import resources
from auditor.text import paths

SECONDS = 90.0
"""For one connection: more than such a program takes at most."""
_MIN_WORDS = 2
MAX_BYTES = 100
"""Of a name."""


def _parse_administrator(text: str) -> str:
    """Parse ``DOMAIN/NAME``, the application's folder after the domain; percent signs spell bytes of names."""
    words = re.sub(r"^https?://", "", text.strip(" ")).split("/")
    name = unquote_to_bytes(words[-1].encode("utf-8", "surrogateescape"))
    if len(words) < _MIN_WORDS or {"", ".", ".."} & {*words} or len(name) > MAX_BYTES:
        raise InputError(
            "{administrator} is not an administrator of a site",
            administrator=paths.encode_path(text),
            mend="write it as antruc.test/NAME; in a subfolder, as antruc.test/blog/NAME",
        )
    site, *folders, _ = words
    return "/".join([parse_site(site), *map(paths.encode_path, folders), _encode_name(name)])


def _encode_name(name: bytes) -> str:
    return paths.encode_path(name.decode("utf-8", "surrogateescape")).replace("/", "%2F")


def _build_question(host: Host, what: str) -> Mapping[str, Any]:
    _, *folders, name = what.split("/")
    return {"root": get_document_root(host, what), "folder": "/".join(folders), "name": name}


def collect_modules() -> Mapping[str, Path]:
    """Return what reads a site's configuration and tables, and changes them."""
    folder = resources.get_root() / "on_host/contain/module_utils/luytre_contain"
    return {
        **collect_readers(),
        **{f"ansible/module_utils/luytre_contain/{file.name}": file for file in folder.glob("*.py")},
    }


ADMINISTRATOR = ActionKind(
    "administrator.py",
    "DOMAIN/NAME",
    _parse_administrator,
    hosts=select_serving_hosts,
    build_question=_build_question,
    collect_modules=collect_modules,
    seconds=SECONDS,
)
