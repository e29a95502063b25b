"""An account of a host is locked, and its sessions end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError
from auditor.incidents.actions.base import ActionKind, select_only_host
from auditor.models import Host
from auditor.text import paths

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.@-]{0,63}\$?")


def _validate_account_name(typed_name: str) -> str:
    if not _NAME.fullmatch(typed_name.strip()):
        raise InputError(
            "{account} is not an account name",
            account=paths.percent_encode_unprintable_in_path(typed_name),
            mend="see 'getent passwd' there",
        )
    return typed_name.strip()


def list_accounts_never_to_lock_out(host: Host, _target: str) -> Mapping[str, Any]:
    """Return who has to be able to come in."""
    return {"automation": host.automation_user or "", "admins": host.admins}


def _build_account_lock_input(host: Host, account: str) -> Mapping[str, Any]:
    if account == host.automation_user:
        raise InputError(
            "{account} is the account that Lũy Tre uses to log in to {host}",
            account=account,
            host=host.name,
            mend="isolate the host instead, or revoke single keys of the account",
        )
    return list_accounts_never_to_lock_out(host, account)


ACCOUNT = ActionKind(
    means="account",
    program="access/account.py",
    read=_validate_account_name,
    hosts=select_only_host,
    build_question=_build_account_lock_input,
    release_is_whole=False,
)
