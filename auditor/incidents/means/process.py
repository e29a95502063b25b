"""A process is stopped, on one host."""

from __future__ import annotations

import re

from auditor.errors import InputError
from auditor.incidents.means.kind import Kind, one_host
from auditor.text import paths

_PROCESS = re.compile(r"([1-9][0-9]{0,6})(/[^/].{0,999})", re.DOTALL)


def _read(text: str) -> str:
    """Its number and the path of what it runs, ``1234/tmp/x``, written so that it is one line."""
    found = _PROCESS.fullmatch(text.strip())
    if found is None or found[1] == "1":
        raise InputError(
            "{process} is no process's number with what it runs",
            process=paths.written(text),
            mend="write both as 1234/tmp/x: whatever has its number by then, but runs something else, is left alone",
        )
    return found[1] + paths.written(found[2])


PROCESS = Kind(program="process.py", argument="PID/PATH", read=_read, hosts=one_host, missed=True)
