"""What a rollback says of MariaDB: nothing of what is back already, and nothing of what no run has changed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre_guard.changes import database  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.rollback_point import rollback_selection  # type: ignore[import-not-found]

BEFORE = {"dump": "a", "keys": [], "variables": {"local_infile": ["B", "31"]}}
HARDENED = {"dump": "b", "keys": [], "variables": {"local_infile": ["B", "30"]}}
OTHER = {"local_infile": ["B", "32"]}


@pytest.mark.parametrize(
    ("then", "now", "back", "told"),
    [
        (HARDENED, HARDENED, BEFORE, []),
        ({**HARDENED, "dump": "a"}, {**HARDENED, "dump": "a"}, BEFORE, []),
        ({**HARDENED, "dump": "a"}, BEFORE, None, []),
        ({**HARDENED, "dump": "a"}, {**BEFORE, "variables": OTHER}, None, ["MariaDB's local_infile"]),
        (HARDENED, {**HARDENED, "dump": "c"}, None, ["MariaDB's accounts"]),
        (HARDENED, {**HARDENED, "variables": OTHER}, {**BEFORE, "variables": {}}, ["MariaDB's local_infile"]),
    ],
)
def test_what_is_back_already_is_neither_undone_nor_told(
    monkeypatch: pytest.MonkeyPatch, then: dict[str, Any], now: dict[str, Any], back: Any, told: list[str]
) -> None:
    monkeypatch.setattr(database, "MariadbStateQuery", lambda: SimpleNamespace(answer=lambda: now))
    left = {"database": database.compute_digest_of_privileges(then), "variables": then["variables"]}
    skipped: list[tuple[str, str]] = []
    assert rollback_selection.select_database_state(BEFORE, left, skipped) == back
    assert [name for name, _ in skipped] == told
