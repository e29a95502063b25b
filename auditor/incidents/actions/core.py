"""An application is given the files of its release again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from auditor.compromise.known_good.originals import ReleaseArchive
from auditor.errors import InputError
from auditor.incidents.actions.administrator import collect_modules
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.site import get_document_root, parse_site, select_serving_hosts
from auditor.models import Host
from auditor.text import paths

_SCHEME = re.compile(r"^https?://")


def _parse_folder(text: str) -> str:
    """Parse ``DOMAIN``, or ``DOMAIN/FOLDER`` of an application or a plugin below.

    Percent signs spell bytes of names.
    """
    site, *words = _SCHEME.sub("", text.strip(" ")).rstrip("/").split("/")
    folders = [unquote_to_bytes(word.encode("utf-8", "surrogateescape")) for word in words]
    if {b"", b".", b".."} & {*folders} or b"\0" in b"".join(folders):
        raise InputError(
            "{folder} is not a folder of a site",
            folder=paths.encode_path(text),
            mend="write it as antruc.test or antruc.test/wp-content/plugins/NAME",
        )
    return "/".join(
        [
            parse_site(site),
            *(paths.encode_path(folder_name.decode("utf-8", "surrogateescape")) for folder_name in folders),
        ]
    )


def _build_question(host: Host, what: str) -> Mapping[str, Any]:
    return {"root": get_document_root(host, what), "folder": what.partition("/")[2]}


def build_release_files(release: ReleaseArchive, what: str) -> Mapping[str, bytes]:
    """Return what ``core.py`` is given besides."""
    folder = what.partition("/")[2]
    tops, ignored_paths = release.tops(folder), release.list_other_files(folder)
    about = {"tops": None if tops is None else sorted(tops), "left": ignored_paths}
    return {"release.zip": release.build_zip(folder), "release.json": json.dumps(about).encode()}


CORE = ActionKind(
    "core.py",
    "DOMAIN[/FOLDER]",
    _parse_folder,
    hosts=select_serving_hosts,
    build_question=_build_question,
    collect_modules=collect_modules,
    may_break_site=True,
    seconds=300.0,
)
