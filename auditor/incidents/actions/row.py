"""A row is taken out of the database of a site's application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from auditor.errors import InputError, find_nearest_known_name
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.site import (
    get_document_root_of_target_site,
    normalize_site_domain,
    select_hosts_serving_site,
)
from auditor.models import Host
from auditor.models.applications.registry import CMSS
from auditor.text import paths

NAMED_TABLES = tuple(table for cms in CMSS for table in cms.named_tables)
"""Those whose rows are told by a name in place of a number."""
TABLES = tuple(table for cms in CMSS for table in cms.row_tables)
"""Without their prefix; ``#`` stands for a number."""
_MIN_WORDS = 3
_SCHEME = re.compile(r"^https?://")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_NUMBER_AT_END = re.compile(r"_[1-9][0-9]{0,4}\Z")
MAX_BYTES = 191
"""Of a name."""


def _normalize_database_row_reference(typed_row: str) -> str:
    """Parse ``DOMAIN/TABLE/NUMBER`` or ``DOMAIN/options/NAME``, the application's folder after the domain.

    Percent signs spell bytes of names.
    """
    words = [
        unquote_to_bytes(word.encode("utf-8", "surrogateescape"))
        for word in _SCHEME.sub("", typed_row.strip(" ")).split("/")
    ]
    if len(words) < _MIN_WORDS or {b"", b".", b".."} & {*words} or b"\0" in b"".join(words):
        raise _make_invalid_row_reference_error(typed_row)
    site, *folders, table, key = map(_percent_encode_row_name, words)
    if "#" in table or (table not in TABLES and _NUMBER_AT_END.sub("_#", table) not in TABLES):
        raise InputError(
            "rows of {table} cannot be removed",
            table=table,
            mend="one of: {known}",
            known=", ".join(TABLES),
            guess=find_nearest_known_name(table, TABLES),
        )
    if len(words[-1]) > MAX_BYTES or (table not in NAMED_TABLES and not _NUMBER.fullmatch(key)):
        raise _make_invalid_row_reference_error(typed_row)
    return "/".join([normalize_site_domain(site), *folders, table, key])


def _percent_encode_row_name(name_bytes: bytes) -> str:
    """Return one name, written so that it is one word of one line."""
    return paths.percent_encode_unprintable_in_path(name_bytes.decode("utf-8", "surrogateescape")).replace("/", "%2F")


def _make_invalid_row_reference_error(typed_row: str) -> InputError:
    return InputError(
        "{row} is not a row in a site's database",
        row=paths.percent_encode_unprintable_in_path(typed_row),
        mend=(
            "write it as antruc.test/posts/66 or antruc.test/options/NAME; in a subfolder, as antruc.test/blog/posts/66"
        ),
    )


def _build_row_deletion_input(host: Host, target: str) -> Mapping[str, Any]:
    _, *folders, table, key = target.split("/")
    return {
        "root": get_document_root_of_target_site(host, target),
        "folder": "/".join(folders),
        "table": table,
        "key": key,
    }


ROW = ActionKind(
    means="row",
    program="sites/delete_row.py",
    read=_normalize_database_row_reference,
    hosts=select_hosts_serving_site,
    build_question=_build_row_deletion_input,
    may_break_site=True,
)
