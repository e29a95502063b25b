"""A process is stopped, or ended, on one host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.means.kind import Kind, one_host
from auditor.models import Host
from auditor.text import paths

_PROCESS = re.compile(r"([1-9][0-9]{0,6}(?:@[0-9]{1,18})?)(/[^/].{0,999})", re.DOTALL)


def _read(text: str) -> str:
    """Its number and the path of what it runs, ``1234/tmp/x``, written so that it is one line; the number with when it began, ``1234@5678``, where others run that, too."""
    found = _PROCESS.fullmatch(text.strip())
    if found is None or found[1].partition("@")[0] == "1":
        raise InputError(
            "{process} is not a PID with the program that it runs",
            process=paths.written(text),
            mend=(
                "write both as 1234/tmp/x: if the PID belongs to another program by then, that process is left "
                "unchanged"
            ),
        )
    return found[1] + paths.written(found[2])


def _end(_host: Host, _what: str) -> Mapping[str, Any]:
    return {"end": True}


PROCESS = Kind(program="process.py", argument="PID/PATH", read=_read, hosts=one_host, missed=True)
PROCESS_END = Kind(program="process.py", argument="PID/PATH", read=_read, hosts=one_host, asked=_end)
