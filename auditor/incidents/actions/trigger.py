"""A trigger is taken out of the database of a site's application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.core import CORE
from auditor.incidents.actions.site import get_document_root_of_target_site, select_hosts_serving_site
from auditor.models import Host
from auditor.text import paths

_NAME = re.compile(r"[A-Za-z0-9_$]{1,64}")


def _normalize_database_trigger_reference(typed_trigger: str) -> str:
    """Parse ``DOMAIN/NAME``, with the application's folder after the domain."""
    where, slash, name = typed_trigger.strip(" ").rpartition("/")
    if not slash or not _NAME.fullmatch(name):
        raise InputError(
            "{trigger} is not a trigger in a site's database",
            trigger=paths.percent_encode_unprintable_in_path(typed_trigger),
            mend="write it as antruc.test/NAME; the name consists of letters, digits, _ and $",
        )
    return f"{CORE.read(where)}/{name}"


def _build_trigger_removal_input(host: Host, target: str) -> Mapping[str, Any]:
    _, *folders, name = target.split("/")
    return {"root": get_document_root_of_target_site(host, target), "folder": "/".join(folders), "name": name}


TRIGGER = ActionKind(
    means="trigger",
    program="sites/trigger.py",
    read=_normalize_database_trigger_reference,
    hosts=select_hosts_serving_site,
    build_question=_build_trigger_removal_input,
    may_break_site=True,
)
