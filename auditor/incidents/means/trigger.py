"""A trigger is taken out of the database of a site's application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.means.administrator import beside
from auditor.incidents.means.core import CORE
from auditor.incidents.means.kind import Kind
from auditor.incidents.means.site import root_of, serving
from auditor.models import Host
from auditor.text import paths

_NAME = re.compile(r"[A-Za-z0-9_$]{1,64}")


def _read(text: str) -> str:
    """``DOMAIN/NAME``, with the application's folder after the domain."""
    where, slash, name = text.strip(" ").rpartition("/")
    if not slash or not _NAME.fullmatch(name):
        raise InputError(
            "{trigger} is not a trigger in a site's database",
            trigger=paths.written(text),
            mend="write it as antruc.test/NAME; the name consists of letters, digits, _ and $",
        )
    return f"{CORE.read(where)}/{name}"


def _asked(host: Host, what: str) -> Mapping[str, Any]:
    _, *folders, name = what.split("/")
    return {"root": root_of(host, what), "folder": "/".join(folders), "name": name}


TRIGGER = Kind("trigger.py", "DOMAIN/NAME", _read, hosts=serving, asked=_asked, beside=beside, missed=True)
