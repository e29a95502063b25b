"""A process is stopped, or ended, on one host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.actions.base import ActionKind, select_only_host
from auditor.models import Host
from auditor.text import paths

_PROCESS = re.compile(r"([1-9][0-9]{0,6}(?:@[0-9]{1,18})?)(/[^/].{0,999})", re.DOTALL)


def _normalize_pid_with_program_path(typed_process: str) -> str:
    """Return its number and the path of what it runs, ``1234/tmp/x``, written so that it is one line.

    The number with when it began, ``1234@5678``, where others run that, too.
    """
    match = _PROCESS.fullmatch(typed_process.strip())
    if match is None or match[1].partition("@")[0] == "1":
        raise InputError(
            "{process} is not a PID with the program that it runs",
            process=paths.percent_encode_unprintable_in_path(typed_process),
            mend=(
                "write both as 1234/tmp/x: if the PID belongs to another program by then, that process is left "
                "unchanged"
            ),
        )
    return match[1] + paths.percent_encode_unprintable_in_path(match[2])


def _build_process_end_input(_host: Host, _target: str) -> Mapping[str, Any]:
    return {"end": True}


PROCESS = ActionKind(
    means="process",
    program="system/process.py",
    read=_normalize_pid_with_program_path,
    hosts=select_only_host,
    may_break_site=True,
)
PROCESS_END = ActionKind(
    means="process-end",
    program="system/process.py",
    read=_normalize_pid_with_program_path,
    hosts=select_only_host,
    build_question=_build_process_end_input,
)
