"""What has to change in a host's PAM so that it is at least as strict as the role wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Facts = Mapping[str, Any]

FAILLOCK = "/etc/security/faillock.conf"
QUALITY = "/etc/security/pwquality.conf"
AUTH = "/etc/pam.d/common-auth"
PASSWORD = "/etc/pam.d/common-password"  # noqa: S105  a file
SU = "/etc/pam.d/su"
SU_GROUP = "sudo"
KINDS = ("dcredit", "ucredit", "lcredit", "ocredit")
"""Of characters in a password: digits, upper case, lower case, others."""


def changes(now: Facts, apply: Facts, targets: Facts) -> dict[str, list[Any]]:
    """Return ``profiles`` to enable, ``edits`` of stack files, ``lines`` of settings; empty when all is well.

    ``late`` edits come after the profiles, which bring Debian's own arguments back.
    """
    profiles: list[str] = []
    edits: list[dict[str, str]] = []
    lines: list[dict[str, str]] = []
    if "pam.faillock" in apply:
        _faillock(now["faillock"], targets, profiles, edits, lines)
    if "pam.pwquality" in apply:
        _quality(now["pwquality"], targets, profiles, edits, lines)
    if "pam.su_group" in apply and not now["su"]["restricted"]:
        edits.append(_for_a_group())
    if "pam.history" in apply:
        _history(now["pwhistory"], targets, profiles, edits)
    paths = (AUTH, *(f"/etc/pam.d/{name}" for name in now["nullok"]))
    strict = "pam.nullok" in apply or (profiles and not now["nullok"])
    late = [_without_nullok(path) for path in paths] if strict else []
    return {"profiles": profiles, "edits": edits, "lines": lines, "late": late}


def _faillock(
    services: list[Facts], targets: Facts, profiles: list[str], edits: list[dict[str, str]], lines: list[dict[str, str]]
) -> None:
    if not all(service["active"] for service in services):
        profiles += ["luytre-faillock", "luytre-faillock-before"]
    loose: dict[str, Callable[[int], bool]] = {
        "deny": lambda value: not 1 <= value <= targets["deny"],
        "unlock_time": lambda value: value != 0 and value < targets["unlock_time"],
        "fail_interval": lambda value: value < targets["fail_interval"],
    }
    for key, is_loose in loose.items():
        active_services = [service for service in services if service["active"]]
        if active_services and not any(is_loose(service[key]) for service in active_services):
            continue
        lines.append(_line(FAILLOCK, key, str(targets[key])))
        if any(key in service["given"] for service in services):
            edits.append(_without("pam.faillock", AUTH, "pam_faillock", key))


def _quality(
    quality: Facts, targets: Facts, profiles: list[str], edits: list[dict[str, str]], lines: list[dict[str, str]]
) -> None:
    settings = {}
    if not quality["installed"]:
        profiles.append("pwquality")
    if not quality["installed"] or quality["length"] < targets["length"]:
        settings["minlen"] = str(targets["length"])
        settings.update(dict.fromkeys(quality["credits"], "0"))
    if not quality["installed"] or quality["classes"] < targets["classes"]:
        settings["minclass"] = str(targets["classes"])
        if targets["classes"] == len(KINDS):
            settings.update(dict.fromkeys(KINDS, "-1"))
    if quality["installed"] and not quality["active"]:
        settings["enforcing"] = "1"
    if not quality["dictionary"] and quality["dictionary_found"]:
        settings["dictcheck"] = "1"
    for key, value in settings.items():
        lines.append(_line(QUALITY, key, value))
        if key in quality["given"]:
            edits.append(_without("pam.pwquality", PASSWORD, "pam_pwquality", key))


def _history(history: Facts, targets: Facts, profiles: list[str], edits: list[dict[str, str]]) -> None:
    if history["remembered"] >= targets["remembered"]:
        return
    if not history["active"]:
        profiles.append("luytre-history")
        return
    edits.append(_without("pam.history", PASSWORD, "pam_pwhistory", "remember"))
    edits.append(
        {
            "control": "pam.history",
            "path": PASSWORD,
            "regexp": r"(pam_pwhistory\.so)(?![^\n]*\bremember=)",
            "replace": rf"\1 remember={targets['remembered']}",
        }
    )


def _line(path: str, key: str, value: str) -> dict[str, str]:
    return {"path": path, "regexp": rf"^\s*{key}\s*(=|$)", "line": f"{key} = {value}"}


def _without(control: str, path: str, module: str, argument: str) -> dict[str, str]:
    """Take an argument off a module's lines, so that the module's own file decides."""
    return {
        "control": control,
        "path": path,
        "regexp": rf"({module}\.so\b[^\n]*?)[ \t]+{argument}=\S+",
        "replace": r"\1",
    }


def _for_a_group() -> dict[str, str]:
    """Ask for the group after root was let through, which is where Debian has the line as a comment."""
    return {
        "control": "pam.su_group",
        "path": SU,
        "regexp": r"(?m)^(auth[ \t]+sufficient[ \t]+pam_rootok\.so[^\n]*)$",
        "replace": rf"\1\nauth required pam_wheel.so use_uid group={SU_GROUP}",
    }


def _without_nullok(path: str) -> dict[str, str]:
    return {
        "control": "pam.nullok",
        "path": path,
        "regexp": r"(pam_unix\.so\b[^\n]*?)[ \t]+nullok(?:_secure)?\b",
        "replace": r"\1",
    }


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filter names to functions."""
        return {"pam_changes": changes}
