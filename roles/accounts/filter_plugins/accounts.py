"""Which lines of /etc/login.defs and of useradd, and which shell settings a host needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

OURS = "/etc/profile.d/00-luytre.sh"
LOGIN_DEFS = "/etc/login.defs"
STRONG = ("YESCRYPT", "BCRYPT")
ROUNDS = 65536
"""Of SHA-256 and SHA-512, as ANSSI BP-028 R68 has it. Where the most is less, the least counts."""
USERADD = "/etc/default/useradd"
MAX_INACTIVE_DAYS = 45
"""Days after a password expired that a host may have chosen itself."""


def login_defs(now: Mapping[str, Any], apply: Mapping[str, Any], targets: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the lines of login.defs and of useradd to set: only where what is there is looser."""
    lines = []
    defs = now["login_defs"]
    if "accounts.password_hashing" in apply and defs["encrypt_method"] not in STRONG:
        lines.append(_line("ENCRYPT_METHOD", "YESCRYPT"))
    if "accounts.hash_rounds" in apply and (defs["sha_rounds"] or 0) < ROUNDS:
        lines.append(_line("SHA_CRYPT_MIN_ROUNDS", str(ROUNDS)))
    days = defs["pass_max_days"]
    if "accounts.password_aging" in apply and (days is None or not 1 <= days <= targets["pass_max_days"]):
        lines.append(_line("PASS_MAX_DAYS", str(targets["pass_max_days"])))
    umask = defs["umask"]
    if "accounts.umask" in apply and (umask is None or umask & 0o027 != 0o027):
        lines.append(_line("UMASK", targets["umask"]))
    idle = now["useradd_inactive"]
    if "accounts.new_inactive" in apply and (idle is None or not 1 <= idle <= MAX_INACTIVE_DAYS):
        lines.append({"path": USERADD, "regexp": r"^\s*INACTIVE\s*=", "line": f"INACTIVE={targets['new_inactive']}"})
    return lines


def _line(key: str, value: str) -> dict[str, str]:
    return {"path": LOGIN_DEFS, "regexp": rf"^\s*{key}\s", "line": f"{key}\t{value}"}


def timeout_files(now: Mapping[str, Any], limit: int) -> list[str] | None:
    """Return the other files whose TMOUT lines have to be disabled; None when one of them already is strict enough."""
    profile = now["profile"]
    strict = profile["timeout_readonly"] and 1 <= profile["timeout"] <= limit
    if strict and profile["timeout_file"] != OURS:
        return None
    return [path for path in profile["timeout_files"] if path != OURS]


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filter names to functions."""
        return {"accounts_login_defs": login_defs, "accounts_timeout_files": timeout_files}
