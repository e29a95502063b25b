"""Who gets into a host over SSH with a key, by its accounts, sudo's rules and sshd's settings. No I/O.

``data`` are a host's facts by area, as plain data.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

Facts = Mapping[str, Any]


def known(data: Facts) -> bool:
    """Whether accounts, sudo and sshd of the host could be read."""
    told = all(area in data for area in ("accounts", "sudo", "ssh")) and "grants" in data["sudo"]
    return told and data["ssh"]["effective"] is not None


def can_log_in(data: Facts, account: str) -> bool:
    """Whether the account is there, open, and has a password or a key."""
    return any(user["name"] == account and user["can_log_in"] for user in data["accounts"]["users"])


def opens(data: Facts, account: str, *, strict: bool = False, bound: bool = False) -> bool:
    """Whether a key opens the account as sshd is set; under StrictModes with ``strict``.

    A key bound to a command counts only with ``bound``. AllowUsers is considered, AllowGroups and certificates are not.
    """
    sshd = data["ssh"]["effective"]
    allowed = [pattern.partition("@")[0] for pattern in sshd["allowusers"]]
    if sshd["pubkeyauthentication"] != "yes" or (allowed and not any(fnmatchcase(account, each) for each in allowed)):
        return False
    closed_only = strict or sshd["strictmodes"] == "yes"
    return can_log_in(data, account) and any(
        key["account"] == account
        and key["fingerprint"]
        and (bound or not key["restricted"])
        and (key["closed"] or not closed_only)
        for key in data["accounts"]["keys"]
    )


def ways_in(data: Facts) -> list[str]:
    """The accounts that could administer the host with a key: root, and those whom sudo lets do anything."""
    admins = {grant["account"] for grant in data["sudo"]["grants"] if "ALL" in grant["commands"]}
    if data["ssh"]["effective"]["permitrootlogin"] != "no":
        admins.add("root")
    return sorted(account for account in admins if opens(data, account))
