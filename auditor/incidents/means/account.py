"""An account of a host is locked, and its sessions end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.means.kind import Kind, one_host
from auditor.models import Host
from auditor.text import paths

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.@-]{0,63}\$?")


def _read(text: str) -> str:
    if not _NAME.fullmatch(text.strip()):
        raise InputError(
            "{account} is not an account name", account=paths.written(text), mend="see 'getent passwd' there"
        )
    return text.strip()


def people(host: Host, _what: str) -> Mapping[str, Any]:
    """Who has to be able to come in."""
    return {"automation": host.automation_user or "", "admins": host.admins}


def _asked(host: Host, account: str) -> Mapping[str, Any]:
    if account == host.automation_user:
        raise InputError(
            "{account} is the account that Lũy Tre uses to log in to {host}",
            account=account,
            host=host.name,
            mend="isolate the host instead, or revoke single keys of the account",
        )
    return people(host, account)


ACCOUNT = Kind(
    program="account.py", argument="ACCOUNT", read=_read, hosts=one_host, asked=_asked, release_is_whole=False
)
