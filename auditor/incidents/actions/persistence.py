"""What starts by itself is stopped on one host.

A unit of systemd's, a job in a crontab, or a whole file that cron reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.actions.base import ActionKind, select_only_host
from auditor.incidents.actions.file import FILE
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
CRONTABS = ("/etc/cron.d", "/var/spool/cron/crontabs")
"""Folders whose files are crontabs, a job a line, as /etc/crontab is."""
_JOB = re.compile(r"(/.+):([1-9][0-9]{0,5}(?:@[0-9a-f]{12})?)", re.DOTALL)
_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]{1,200}\.(service|timer|socket|path)")


def _validate_systemd_unit_name(typed_unit: str) -> str:
    if not _UNIT.fullmatch(typed_unit.strip()):
        raise InputError(
            "{unit} is not a systemd service, timer, socket or path",
            unit=paths.percent_encode_unprintable_in_path(typed_unit),
            mend="write its full name, as 'systemctl list-units' prints it",
        )
    return typed_unit.strip()


def _validate_cron_file_path(typed_path: str) -> str:
    path = FILE.read(typed_path)
    if path.rpartition("/")[0] not in CRON:
        raise InputError(
            "{path} is not a file that cron or at runs",
            path=path,
            mend="the file must be in one of {folders}",
            folders=", ".join(CRON),
        )
    return path


def _normalize_crontab_line_reference(typed_job: str) -> str:
    """Return a crontab's path and the number of a line.

    Behind ``@`` the beginning of the line's SHA-256, by which it is found also elsewhere in the file.
    """
    match = _JOB.fullmatch(typed_job.strip())
    path = FILE.read(match[1]) if match else ""
    if match is None or (path != "/etc/crontab" and path.rpartition("/")[0] not in CRONTABS):
        raise InputError(
            "{job} is not a line of a crontab",
            job=paths.percent_encode_unprintable_in_path(typed_job),
            mend=(
                "write the file and the line number, for example /etc/cron.d/x:3; crontabs are /etc/crontab and "
                "the files "
                "in {folders}"
            ),
            folders=", ".join(CRONTABS),
        )
    return f"{path}:{match[2]}"


def _build_cron_file_quarantine_input(_host: Host, _path: str) -> Mapping[str, Any]:
    return {"roots": CRON}


UNIT = ActionKind(
    means="unit",
    program="system/unit.py",
    read=_validate_systemd_unit_name,
    hosts=select_only_host,
    may_break_site=True,
    release_is_whole=False,
)
CRONTAB = ActionKind(
    means="cron",
    program="system/quarantine.py",
    read=_validate_cron_file_path,
    hosts=select_only_host,
    build_question=_build_cron_file_quarantine_input,
)
JOB = ActionKind(
    means="job",
    program="system/job.py",
    read=_normalize_crontab_line_reference,
    hosts=select_only_host,
)
