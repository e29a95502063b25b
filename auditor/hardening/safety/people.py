"""People who would lose something that they use: su, root by a key, the key they know a host by, another's home, /tmp.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditor.audit.effects import Effect
from auditor.models import Host, Text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

MAX_TOLD = 5
TEMPORARY = ("/tmp/", "/var/tmp/")  # noqa: S108  looked for, not used
Judge = Callable[[Host, Mapping[str, Any]], Iterator[tuple[Effect, Text]]]
"""From the inventory and a host's facts by area to what would be taken away, by the effect that would."""

_LOGINS_UNREAD = make_text("unknown who logs in over SSH, because the records could not be read")


def _find_people_who_used_su(_host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on people who became somebody else by su of late and could no longer, and who they are."""
    su: Mapping[str, Any] = data["pam"]["su"] if "pam" in data else {"recorded": False, "outside": []}
    if not su["recorded"]:
        yield (
            Effect.LIMITS_SU,
            make_text("unknown whether anybody uses su, because the journal could not be read"),
        )
    elif su["outside"]:
        text = ", ".join(escape_text_to_one_line(name, 40) for name in su["outside"][:MAX_TOLD])
        yield (
            Effect.LIMITS_SU,
            make_text("{text} used su within 90 days and are not in the group sudo", text=text),
        )


def _find_ssh_keys_that_open_root(_host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on keys that open root, which somebody may count on, and how many they are."""
    keys = [key for key in data["accounts"]["keys"] if key["account"] == "root"] if "accounts" in data else None
    if keys is None:
        yield Effect.CLOSES_ROOT, _LOGINS_UNREAD
    elif keys:
        yield (
            Effect.CLOSES_ROOT,
            make_text(
                ("root has {count} SSH keys (take those that nobody needs out of root's authorized_keys)"),
                count=len(keys),
            ),
        )


def _find_recent_ssh_clients_besides_us(host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on whoever came in of late besides us and may know the server by a dropped key, and who."""
    ways = data.get("ways")
    if ways is None or not ways["recorded"]:
        yield Effect.DROPS_HOST_KEYS, _LOGINS_UNREAD
        return
    own = ways["own"] or {"account": host.automation_user, "source": None}
    others = {
        f"{escape_text_to_one_line(way['account'], 40)} ({escape_text_to_one_line(way['source'], 64)})"
        for way in ways["seen"]
        if way["account"] != own["account"] or own["source"] not in (None, way["source"])
    }
    if others:
        text = ", ".join(sorted(others)[:MAX_TOLD]) + (" …" if len(others) > MAX_TOLD else "")
        yield (
            Effect.DROPS_HOST_KEYS,
            make_text(
                ("{text} logged in over SSH within 90 days, and may know this server by its ECDSA key alone"), text=text
            ),
        )


def _find_accounts_at_work_in_others_homes(_host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on accounts at work in others' homes, by their processes now and by their jobs, and which."""
    homes = [home for home in data.get("accounts", {}).get("homes", ()) if home["open"] and not home["served"]]
    jobs = data.get("cron", {}).get("jobs", ())
    visitors = {
        f"{escape_text_to_one_line(name, 40)} ({escape_text_to_one_line(home['path'], 100)})"
        for home in homes
        for name in home["used_by"]
    }
    visitors |= {
        f"{escape_text_to_one_line(job['user'], 40)} ({escape_text_to_one_line(program, 100)})"
        for home in homes
        for job in jobs
        for program in job["programs"]
        if job["user"] not in ("root", home["account"]) and program.startswith(home["path"] + "/")
    }
    if visitors:
        text = ", ".join(sorted(visitors)[:MAX_TOLD]) + (" …" if len(visitors) > MAX_TOLD else "")
        yield (
            Effect.CLOSES_HOMES,
            make_text("{text} is at work in another's home", text=text),
        )


def _find_programs_run_from_temporary_folders(_host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on what is run out of temporary folders, by processes now and by jobs, and what that is."""
    jobs = data.get("cron", {}).get("jobs", ())
    scheduled_programs = {program for job in jobs for program in job["programs"] if program.startswith(TEMPORARY)}
    programs = sorted({*data.get("filesystem", {}).get("run_from_temporary", ()), *scheduled_programs})
    if programs:
        text = ", ".join(escape_text_to_one_line(path, 100) for path in programs[:MAX_TOLD]) + (
            " …" if len(programs) > MAX_TOLD else ""
        )
        yield (
            Effect.STOPS_TEMPORARY_PROGRAMS,
            make_text("{text} is run out of a temporary folder", text=text),
        )


OF_PEOPLE: tuple[Judge, ...] = (
    _find_people_who_used_su,
    _find_ssh_keys_that_open_root,
    _find_recent_ssh_clients_besides_us,
    _find_accounts_at_work_in_others_homes,
    _find_programs_run_from_temporary_folders,
)
