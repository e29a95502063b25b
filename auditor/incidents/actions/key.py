"""An SSH key lets nobody in any more, on every host."""

from __future__ import annotations

import re

from auditor.errors import InputError
from auditor.incidents.actions.account import list_protected_people
from auditor.incidents.actions.base import ActionKind
from auditor.text import paths

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def _parse_fingerprint(text: str) -> str:
    if not _FINGERPRINT.fullmatch(text.strip()):
        raise InputError(
            "{key} is not a key fingerprint",
            key=paths.encode_path(text),
            mend="write it as 'ssh-keygen -l' prints it, SHA256:…",
        )
    return text.strip()


KEY = ActionKind(
    program="key.py",
    argument="SHA256:…",
    read=_parse_fingerprint,
    build_question=list_protected_people,
    release_is_whole=False,
)
