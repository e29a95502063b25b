"""A row is taken out of the database of a site's application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from auditor.errors import InputError, nearest
from auditor.incidents.means.administrator import beside
from auditor.incidents.means.kind import Kind
from auditor.incidents.means.site import read_site, root_of, serving
from auditor.models import Host
from auditor.text import paths

TABLES = (
    *("posts", "postmeta", "comments", "commentmeta", "options", "snippets"),
    *("content", "modules", "menu"),
    *("vi_news_rows", "vi_news_detail"),
)
"""Of WordPress, Joomla and NukeViet, without their prefix. What they are made of, ``on_host/contain/row.py`` knows."""
NAMED = ("options",)
"""Those whose rows are told by a name in place of a number."""
_LEAST = 3
_SCHEME = re.compile(r"^https?://")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
MOST_BYTES = 191
"""Of a name."""


def _read(text: str) -> str:
    """``DOMAIN/TABLE/NUMBER`` or ``DOMAIN/options/NAME``, the application's folder after the domain; percent signs spell bytes of names."""
    words = [
        unquote_to_bytes(word.encode("utf-8", "surrogateescape"))
        for word in _SCHEME.sub("", text.strip(" ")).split("/")
    ]
    if len(words) < _LEAST or {b"", b".", b".."} & {*words} or b"\0" in b"".join(words):
        raise _none(text)
    site, *folders, table, key = map(_spelt, words)
    if table not in TABLES:
        raise InputError(
            "rows of {table} cannot be removed",
            table=table,
            mend="one of: {known}",
            known=", ".join(TABLES),
            guess=nearest(table, TABLES),
        )
    if len(words[-1]) > MOST_BYTES or (table not in NAMED and not _NUMBER.fullmatch(key)):
        raise _none(text)
    return "/".join([read_site(site), *folders, table, key])


def _spelt(name: bytes) -> str:
    """One name, written so that it is one word of one line."""
    return paths.written(name.decode("utf-8", "surrogateescape")).replace("/", "%2F")


def _none(text: str) -> InputError:
    return InputError(
        "{row} is not a row in a site's database",
        row=paths.written(text),
        mend=(
            "write it as antruc.test/posts/66 or antruc.test/options/NAME; in a subfolder, as antruc.test/blog/posts/66"
        ),
    )


def _asked(host: Host, what: str) -> Mapping[str, Any]:
    _, *folders, table, key = what.split("/")
    return {"root": root_of(host, what), "folder": "/".join(folders), "table": table, "key": key}


ROW = Kind("row.py", "DOMAIN/TABLE/KEY", _read, hosts=serving, asked=_asked, beside=beside, missed=True)
