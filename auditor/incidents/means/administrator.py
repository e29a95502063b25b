"""An administrator of a site's application is shut out, and its sessions end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from auditor.errors import InputError
from auditor.incidents.means.kind import Kind
from auditor.incidents.means.site import read_site, readers, root_of, serving
from auditor.models import Host
from auditor.system import resources
from auditor.text import paths

SECONDS = 90.0
"""For one connection: more than such a program takes at most."""
_LEAST = 2
MOST_BYTES = 100
"""Of a name."""


def _read(text: str) -> str:
    """``DOMAIN/NAME``, the application's folder after the domain; percent signs spell bytes of names."""
    words = re.sub(r"^https?://", "", text.strip(" ")).split("/")
    name = unquote_to_bytes(words[-1].encode("utf-8", "surrogateescape"))
    if len(words) < _LEAST or {"", ".", ".."} & {*words} or len(name) > MOST_BYTES:
        raise InputError(
            "{administrator} is not an administrator of a site",
            administrator=paths.written(text),
            mend="write it as antruc.test/NAME; in a subfolder, as antruc.test/blog/NAME",
        )
    site, *folders, _ = words
    return "/".join([read_site(site), *map(paths.written, folders), _spelt(name)])


def _spelt(name: bytes) -> str:
    return paths.written(name.decode("utf-8", "surrogateescape")).replace("/", "%2F")


def _asked(host: Host, what: str) -> Mapping[str, Any]:
    _, *folders, name = what.split("/")
    return {"root": root_of(host, what), "folder": "/".join(folders), "name": name}


def beside() -> Mapping[str, Path]:
    """What reads a site's configuration and tables, and changes them."""
    folder = resources.root() / "on_host/contain/module_utils/luytre_contain"
    return {**readers(), **{f"ansible/module_utils/luytre_contain/{file.name}": file for file in folder.glob("*.py")}}


ADMINISTRATOR = Kind(
    "administrator.py", "DOMAIN/NAME", _read, hosts=serving, asked=_asked, beside=beside, seconds=SECONDS
)
