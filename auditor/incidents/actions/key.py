"""An SSH key lets nobody in any more, on every host."""

from __future__ import annotations

import re

from auditor.errors import InputError
from auditor.incidents.actions.account import list_accounts_never_to_lock_out
from auditor.incidents.actions.base import ActionKind
from auditor.text import paths

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def _validate_ssh_key_fingerprint(typed_fingerprint: str) -> str:
    if not _FINGERPRINT.fullmatch(typed_fingerprint.strip()):
        raise InputError(
            "{key} is not a key fingerprint",
            key=paths.percent_encode_unprintable_in_path(typed_fingerprint),
            mend="write it as 'ssh-keygen -l' prints it, SHA256:…",
        )
    return typed_fingerprint.strip()


KEY = ActionKind(
    means="key",
    program="access/key.py",
    read=_validate_ssh_key_fingerprint,
    build_question=list_accounts_never_to_lock_out,
    release_is_whole=False,
)
