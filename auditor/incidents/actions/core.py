"""An application is given the files of its release again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from auditor.compromise.known_good.originals import ReleaseArchive
from auditor.errors import InputError
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.site import (
    get_document_root_of_target_site,
    normalize_site_domain,
    select_hosts_serving_site,
)
from auditor.models import Host
from auditor.text import paths

_SCHEME = re.compile(r"^https?://")


def _normalize_application_folder(typed_target: str) -> str:
    """Parse ``DOMAIN``, or ``DOMAIN/FOLDER`` of an application or a plugin below.

    Percent signs spell bytes of names.
    """
    site, *words = _SCHEME.sub("", typed_target.strip(" ")).rstrip("/").split("/")
    folders = [unquote_to_bytes(word.encode("utf-8", "surrogateescape")) for word in words]
    if {b"", b".", b".."} & {*folders} or b"\0" in b"".join(folders):
        raise InputError(
            "{folder} is not a folder of a site",
            folder=paths.percent_encode_unprintable_in_path(typed_target),
            mend="write it as antruc.test or antruc.test/wp-content/plugins/NAME",
        )
    return "/".join(
        [
            normalize_site_domain(site),
            *(
                paths.percent_encode_unprintable_in_path(folder_name.decode("utf-8", "surrogateescape"))
                for folder_name in folders
            ),
        ]
    )


def _build_core_restore_input(host: Host, target: str) -> Mapping[str, Any]:
    return {"root": get_document_root_of_target_site(host, target), "folder": target.partition("/")[2]}


def build_release_files_for_core_restore(release: ReleaseArchive, target: str) -> Mapping[str, bytes]:
    """Return what ``core.py`` is given besides."""
    folder = target.partition("/")[2]
    tops, ignored_paths = release.list_exclusive_folders(folder), release.list_office_writable_files(folder)
    about = {"tops": None if tops is None else sorted(tops), "left": ignored_paths}
    return {
        "release.zip": release.build_reproducible_zip_of_own_files(folder),
        "release.json": json.dumps(about).encode(),
    }


CORE = ActionKind(
    means="core",
    program="sites/core.py",
    read=_normalize_application_folder,
    hosts=select_hosts_serving_site,
    build_question=_build_core_restore_input,
    may_break_site=True,
    seconds=300.0,
)
