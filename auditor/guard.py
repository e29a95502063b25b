"""What a host's guard answered, in the host's own words: bounded, never interpreted. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from auditor.runner import Playbook, Task

ACTION = "guard"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MAX_MEMBERS = 200
_MAX_CHARS = 1_000


def task(played: Playbook, host: str) -> Task | None:
    """The guard's task on the host, if the playbook came to it."""
    return next((task for task in played.of(host) if task.action == ACTION), None)


def answer(played: Playbook, host: str) -> Mapping[str, Any] | None:
    """What the guard answered, or None when it refused or was not heard."""
    found = task(played, host)
    return found.result if found is not None and found.outcome in ("ok", "changed") else None


def complaint(played: Playbook, host: str) -> str:
    """Why there is no answer, in Ansible's or the guard's words."""
    failed = played.failure(host)
    return failed.message if failed is not None else played.complaint


def digest(said: Mapping[str, Any], key: str) -> str | None:
    """A sha256 in hexadecimal, or None when it is none."""
    value = said.get(key)
    return value if isinstance(value, str) and _DIGEST.fullmatch(value) else None


def word(value: Any) -> str:
    """A value as text."""
    return str(value)[:_MAX_CHARS]


def words(value: Any) -> tuple[str, ...]:
    """The members of a list, or the keys of a mapping, as text."""
    return tuple(word(member) for member in _members(value))


def mappings(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The mappings in a list."""
    return tuple(member for member in _members(value) if isinstance(member, Mapping))


def _members(value: Any) -> Iterable[Any]:
    return list(value)[:_MAX_MEMBERS] if isinstance(value, list | tuple | Mapping) else []
