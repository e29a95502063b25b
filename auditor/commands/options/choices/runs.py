"""List kept runs and hardenings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from auditor.hardening.journal import Journal
from auditor.history.runs import RunHistory

_RUNS = 50


def iter_runs() -> Iterator[tuple[str, str]]:
    """Return the ids of the newest kept runs."""
    return ((entry.id, entry.started) for entry in RunHistory().entries(limit=_RUNS))


def iter_hardenings(inventory: Path) -> Iterator[tuple[str, str]]:
    """Return the ids of the inventory's hardenings."""
    return (
        (hardening.id, ", ".join(host.host for host in hardening.hosts))
        for hardening in Journal().list_hardenings(str(inventory))
    )
