"""What a check run of a plan says it would change: its tasks with their diffs, without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from auditor.fleet.runner import AnsibleTask, PlaybookRun
from auditor.models import Model
from auditor.text import line_diff
from auditor.text.redact import redact_secrets_in_unified_diff

MAX_DIFF = 20_000
"""Characters of a task's preview, and of each side that is compared for it."""
_MAX_ENTRIES = 100
_MAX_HEADER = 4_096


class TaskPreview(Model):
    """One task that would change the host, with its diff."""

    host: str
    name: str
    diff: str


def list_changing_tasks_of_check_run(run: PlaybookRun) -> tuple[TaskPreview, ...]:
    """Return the tasks that a check run reports as changes, diffs redacted."""
    return tuple(
        TaskPreview(host=task.host, name=task.name, diff=_render_redacted_diff_of_task(task))
        for task in run.tasks
        if task.outcome == "changed"
    )


def _render_redacted_diff_of_task(task: AnsibleTask) -> str:
    results = task.result.get("results")
    entries = task.result.get("diff") or [
        entry.get("diff") for entry in (results if isinstance(results, list) else ()) if isinstance(entry, dict)
    ]
    parts, room = [], MAX_DIFF
    for part in filter(
        None, map(_render_redacted_diff_entry, islice(_iter_diff_entries_of_nested_lists(entries), _MAX_ENTRIES))
    ):
        parts.append(part[:room])
        room -= len(part) + 1
        if room <= 0:
            break
    return "\n".join(parts)


def _iter_diff_entries_of_nested_lists(entries: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(entries, list):
        for entry in entries:
            yield from _iter_diff_entries_of_nested_lists(entry)
    elif isinstance(entries, dict):
        yield entries


def _render_redacted_diff_entry(entry: Mapping[str, Any]) -> str:
    if "prepared" in entry:
        prepared_diff = str(entry["prepared"])[:MAX_DIFF]
        return redact_secrets_in_unified_diff(prepared_diff, *_HEADER.findall(prepared_diff))
    before, after = (_split_diff_side_into_lines(entry.get(side)) for side in ("before", "after"))
    old, new = (str(entry.get(f"{side}_header", side))[:_MAX_HEADER] for side in ("before", "after"))
    diff_text = "\n".join(line_diff.iter_unified_diff_lines(before, after, old, new))
    return redact_secrets_in_unified_diff(diff_text, old, new, side_labels=("\n".join(before), "\n".join(after)))


_HEADER = re.compile(r"^(?:---|\+\+\+) (\S{1,4096})", re.MULTILINE)
"""The files of a diff that a module made itself."""


def _split_diff_side_into_lines(side: Any) -> list[str]:
    if isinstance(side, dict):
        return "\n".join(f"{key}: {str(value)[:MAX_DIFF]}" for key, value in sorted(side.items()))[
            :MAX_DIFF
        ].splitlines()
    return str(side or "")[:MAX_DIFF].splitlines()
