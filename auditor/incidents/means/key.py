"""An SSH key lets nobody in any more, on every host."""

from __future__ import annotations

import re

from auditor.errors import InputError
from auditor.incidents.means.account import people
from auditor.incidents.means.kind import Kind
from auditor.text import paths

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def _read(text: str) -> str:
    if not _FINGERPRINT.fullmatch(text.strip()):
        raise InputError(
            "{key} is not a key fingerprint",
            key=paths.written(text),
            mend="write it as 'ssh-keygen -l' prints it, SHA256:…",
        )
    return text.strip()


KEY = Kind(program="key.py", argument="SHA256:…", read=_read, asked=people, release_is_whole=False)
