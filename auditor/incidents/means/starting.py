"""What starts by itself is stopped on one host: a unit of systemd's, or a file that cron reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.means.file import FILE
from auditor.incidents.means.kind import Kind, one_host
from auditor.models import Host
from auditor.text import paths

CRON = (
    *(
        "/etc/cron.d",
        "/etc/cron.hourly",
        "/etc/cron.daily",
        "/etc/cron.weekly",
        "/etc/cron.monthly",
        "/etc/cron.yearly",
    ),
    *("/var/spool/cron/crontabs", "/var/spool/cron/atjobs"),
)
"""Folders whose files cron, anacron and at run by themselves."""
_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]{1,200}\.(service|timer|socket|path)")


def _unit(text: str) -> str:
    if not _UNIT.fullmatch(text.strip()):
        raise InputError(
            "{unit} is no service, timer, socket or path of systemd's",
            unit=paths.written(text),
            mend="write its whole name, as 'systemctl list-units' does",
        )
    return text.strip()


def _cron(text: str) -> str:
    path = FILE.read(text)
    if path.rpartition("/")[0] not in CRON:
        raise InputError(
            "{path} is no file that cron or at runs",
            path=path,
            mend="it lies in one of {folders}",
            folders=", ".join(CRON),
        )
    return path


def _asked(_host: Host, _path: str) -> Mapping[str, Any]:
    return {"roots": CRON}


UNIT = Kind(program="unit.py", argument="UNIT", read=_unit, hosts=one_host, release_is_whole=False)
CRONTAB = Kind(program="quarantine.py", argument="PATH", read=_cron, hosts=one_host, asked=_asked)
