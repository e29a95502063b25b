"""What a host's guard answered, in the host's own words: bounded, never interpreted. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from auditor.fleet.runner import AnsibleTask, PlaybookRun
from auditor.models import Text
from auditor.text.redact import redact_secrets_in_text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

ACTION = "guard"
_DIGEST = re.compile(r"[0-9a-f]{64}")
MAX_MEMBERS = 200
_MAX_CHARS = 1_000
_MAX_PATH = 200
_MAX_LAST_WORDS = 5
_CONTROL = re.compile(r"[a-z][a-z0-9_]{1,40}\.[a-z][a-z0-9_]{1,60}")
_NOT_KEPT: Mapping[str, Text] = {
    "deep": make_text("folders are nested too deep"),
    "many": make_text("there are too many"),
    "large": make_text("they are too large"),
    "late": make_text("reading them took too long"),
    "unreadable": make_text("they could not be read"),
    "blocked": make_text("reading them did not end"),
    "broken": make_text("reading them failed"),
}
"""Why a guard does not keep something, by its word."""
_NOT_IN_ROLLBACK_POINT = make_text("the way back does not hold")


def find_guard_task(run: PlaybookRun, host: str) -> AnsibleTask | None:
    """Return the guard's task on the host, if the playbook came to it."""
    return next((task for task in run.list_tasks(host) if task.action == ACTION), None)


def get_guard_response(run: PlaybookRun, host: str) -> Mapping[str, Any] | None:
    """Return what the guard answered, or None when it refused or was not heard."""
    guard_task = find_guard_task(run, host)
    return guard_task.result if guard_task is not None and guard_task.outcome in ("ok", "changed") else None


def explain_missing_guard_response(run: PlaybookRun, host: str) -> str:
    """Return why there is no answer, in Ansible's or the guard's words."""
    failure = run.find_failure(host)
    return failure.message if failure is not None else run.complaint


def parse_sha256_digest(response: Mapping[str, Any], key: str) -> str | None:
    """Return a sha256 in hexadecimal, or None for anything else."""
    value = response.get(key)
    return value if isinstance(value, str) and _DIGEST.fullmatch(value) else None


def describe_paths_not_in_rollback_point(
    response: Mapping[str, Any], sentence_start: Text = _NOT_IN_ROLLBACK_POINT
) -> tuple[Text, ...]:
    """Return what the way back does not hold, since lesser users on the host shape it: where, how much of it, and why.

    ``sentence_start`` begins each sentence; a plain number of entries follows.
    """
    return tuple(
        _describe_path_not_in_rollback_point(note, sentence_start)
        for note in list_mappings_among_members(response.get("notes"))
    )


def _describe_path_not_in_rollback_point(note: Mapping[str, Any], sentence_start: Text) -> Text:
    count, path = note.get("count"), escape_text_to_one_line(redact_to_printable_text(note.get("path"))[:_MAX_PATH])
    why = _NOT_KEPT.get(str(note.get("why")), make_text("for no known reason"))
    number = count if isinstance(count, int) and not isinstance(count, bool) and 0 < count < 2**40 else 1
    if number == 1:
        return make_text("{start} 1 entry in {path}: {why}", start=sentence_start, path=path, why=why)
    return make_text(
        "{start} {number} entries in {path}: {why}", start=sentence_start, number=number, path=path, why=why
    )


def list_things_not_restored(response: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is not yet back, in the host's words, while it goes on trying.

    Once it has stopped, these are the things that could not be brought back.
    """
    for pending in (response.get("not_back"), response.get("differs")):
        if isinstance(pending, Mapping) and pending:
            return tuple(redact_to_printable_text(f"{key}: {why}") for key, why in list(pending.items())[:MAX_MEMBERS])
    return tuple(redact_to_printable_text(problem) for problem in _list_bounded_members(response.get("problems")))


def list_paths_left_or_put_aside_by_rollback(response: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a way back left to somebody who changed it meanwhile, or put aside, in the host's words."""
    changed_paths = [
        redact_to_printable_text(f"{entry.get('path')} ({entry.get('reason')})")
        for entry in list_mappings_among_members(response.get("left"))
    ]
    aside = response.get("aside")
    moved_paths = [f"{path} -> {where}" for path, where in aside.items()] if isinstance(aside, Mapping) else []
    return tuple(redact_to_printable_text(line) for line in (changed_paths + moved_paths)[:MAX_MEMBERS])


def list_packages_left_upgraded_by_rollback(response: Mapping[str, Any]) -> tuple[str, ...]:
    """Return packages that a way back leaves upgraded, each with its version before and now, in the host's words."""
    packages = response.get("packages")
    versions = packages.get("staying") if isinstance(packages, Mapping) else None
    each = versions.items() if isinstance(versions, Mapping) else ()
    return tuple(redact_to_printable_text(f"{name} {step}") for name, step in list(each)[:MAX_MEMBERS])


def has_differences_after_rollback(response: Mapping[str, Any]) -> bool:
    """Return whether a host that was brought back is not in everything as it was."""
    return bool(response.get("differs"))


def list_log_lines_of_stopped_daemons(response: Mapping[str, Any]) -> tuple[tuple[str, str, str | None], ...]:
    """Return ``(unit, line, control)`` of daemons that stopped in the run.

    These are what each said, and whose line of ours it named.
    """
    failures = []
    for entry in list_mappings_among_members(response.get("said")):
        unit, line = (
            escape_text_to_one_line(redact_to_printable_text(entry.get(key)), 300) for key in ("unit", "line")
        )
        control = entry.get("control")
        failures.append((unit, line, control if isinstance(control, str) and _CONTROL.fullmatch(control) else None))
    return tuple(failures[:_MAX_LAST_WORDS])


def redact_to_printable_text(value: Any) -> str:
    """Return a value as text that can be written anywhere, without secrets.

    A name may hold bytes that are not characters.
    """
    return redact_secrets_in_text(str(value)[:_MAX_CHARS]).encode("utf-8", "backslashreplace").decode()


def list_members_as_redacted_text(value: Any) -> tuple[str, ...]:
    """Return the members of a list, or the keys of a mapping, as text."""
    return tuple(redact_to_printable_text(member) for member in _list_bounded_members(value))


def list_mappings_among_members(value: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the mappings in a list."""
    return tuple(member for member in _list_bounded_members(value) if isinstance(member, Mapping))


def _list_bounded_members(value: Any) -> Iterable[Any]:
    return list(value)[:MAX_MEMBERS] if isinstance(value, list | tuple | Mapping) else []
