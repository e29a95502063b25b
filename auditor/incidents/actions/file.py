"""A file is taken out of its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.actions.base import ActionKind, select_only_host
from auditor.models import Host
from auditor.text import paths

MAX_CHARACTERS = 1_000
"""Of a path, each of which may be written as twelve."""


def _normalize_full_file_path(typed_path: str) -> str:
    """Return a file's path, written so that it is one line."""
    if (
        len(typed_path) > MAX_CHARACTERS
        or not typed_path.startswith("/")
        or "/../" in f"{typed_path}/"
        or "/./" in f"{typed_path}/"
        or typed_path.endswith("/")
    ):
        raise InputError(
            "{path} is not the full path of a file",
            path=paths.percent_encode_unprintable_in_path(typed_path),
            mend="start it with /",
        )
    return paths.percent_encode_unprintable_in_path(typed_path)


HOOKS = (
    *("/etc/profile.d", "/etc/bash_completion.d", "/etc/update-motd.d", "/etc/apt/apt.conf.d", "/etc/dpkg/dpkg.cfg.d"),
    *("/etc/logrotate.d", "/etc/needrestart/hook.d", "/etc/needrestart/notify.d", "/etc/xdg/autostart"),
    *(
        f"{place}/systemd/{kind}"
        for place in ("/etc", "/usr/local/lib")
        for kind in (
            *("system-generators", "user-generators", "system-environment-generators"),
            *("user-environment-generators", "system-shutdown", "system-sleep"),
        )
    ),
    "/etc/ld.so.preload",
)
"""Folders each of whose files some program runs or reads by itself, and without any of which a host starts and lets
people in; and one such file.
"""


def _build_file_quarantine_input(host: Host, _path: str) -> Mapping[str, Any]:
    return {"roots": [*(site.document_root for site in host.sites if site.document_root), *HOOKS]}


FILE = ActionKind(
    means="file",
    program="system/quarantine.py",
    read=_normalize_full_file_path,
    hosts=select_only_host,
    build_question=_build_file_quarantine_input,
    may_break_site=True,
    needs_code_reset=True,
)
