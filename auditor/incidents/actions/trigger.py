"""A trigger is taken out of the database of a site's application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.actions.administrator import collect_modules
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.core import CORE
from auditor.incidents.actions.site import get_document_root, select_serving_hosts
from auditor.models import Host
from auditor.text import paths

_NAME = re.compile(r"[A-Za-z0-9_$]{1,64}")


def _parse_trigger(text: str) -> str:
    """Parse ``DOMAIN/NAME``, with the application's folder after the domain."""
    where, slash, name = text.strip(" ").rpartition("/")
    if not slash or not _NAME.fullmatch(name):
        raise InputError(
            "{trigger} is not a trigger in a site's database",
            trigger=paths.encode_path(text),
            mend="write it as antruc.test/NAME; the name consists of letters, digits, _ and $",
        )
    return f"{CORE.read(where)}/{name}"


def _build_question(host: Host, what: str) -> Mapping[str, Any]:
    _, *folders, name = what.split("/")
    return {"root": get_document_root(host, what), "folder": "/".join(folders), "name": name}


TRIGGER = ActionKind(
    "trigger.py",
    "DOMAIN/NAME",
    _parse_trigger,
    hosts=select_serving_hosts,
    build_question=_build_question,
    collect_modules=collect_modules,
    may_break_site=True,
)
