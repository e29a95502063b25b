"""An application is given the files of its release again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from auditor.compromise.known.originals import Release
from auditor.errors import InputError
from auditor.incidents.means.administrator import beside
from auditor.incidents.means.kind import Kind
from auditor.incidents.means.site import read_site, root_of, serving
from auditor.models import Host
from auditor.text import paths

_SCHEME = re.compile(r"^https?://")


def _read(text: str) -> str:
    """``DOMAIN``, or ``DOMAIN/FOLDER`` of an application or a plugin below; percent signs spell bytes of names."""
    site, *words = _SCHEME.sub("", text.strip(" ")).rstrip("/").split("/")
    folders = [unquote_to_bytes(word.encode("utf-8", "surrogateescape")) for word in words]
    if {b"", b".", b".."} & {*folders} or b"\0" in b"".join(folders):
        raise InputError(
            "{folder} is not a folder of a site",
            folder=paths.written(text),
            mend="write it as antruc.test or antruc.test/wp-content/plugins/NAME",
        )
    return "/".join([read_site(site), *(paths.written(one.decode("utf-8", "surrogateescape")) for one in folders)])


def _asked(host: Host, what: str) -> Mapping[str, Any]:
    return {"root": root_of(host, what), "folder": what.partition("/")[2]}


def sent(release: Release, what: str) -> Mapping[str, bytes]:
    """What ``core.py`` is given besides."""
    folder = what.partition("/")[2]
    tops, left = release.tops(folder), release.left(folder)
    about = {"tops": None if tops is None else sorted(tops), "left": left}
    return {"release.zip": release.packed(folder), "release.json": json.dumps(about).encode()}


CORE = Kind("core.py", "DOMAIN[/FOLDER]", _read, hosts=serving, asked=_asked, beside=beside, missed=True, seconds=300.0)
