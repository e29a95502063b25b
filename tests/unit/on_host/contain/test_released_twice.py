"""What is released a second time, at once with the first or later, is told from what is undone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_shared import acting, kept

from tests.unit.on_host.contain.programs import program

ASKED = {"id": "SC-20261127-1/1", "do": "release", "what": "antruc.test"}
STORES = ("core.py", "row.py", "trigger.py", "quarantine.py")
RECORDS = ("administrator.py", "database_password.py", "salts.py", "job.py", "process.py", "web.py")


@pytest.mark.parametrize("name", [*STORES, *RECORDS])
@pytest.mark.parametrize("at_once", [False, True], ids=["later", "at once"])
def test_nothing_is_done_and_nothing_else_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, at_once: bool
) -> None:
    own, home = program(name), tmp_path / "luytre/own"
    store: Any = kept.Store(str(home)) if name in STORES else acting.Record(str(home))
    monkeypatch.setattr(own, "STORE" if name in STORES else "RECORD", store)
    if at_once:  # the other one has the lock, and is through when this one has it
        store.keep(ASKED["id"], {}) if name in STORES else make(store, home)
        held = store.held

        @contextlib.contextmanager
        def late() -> Iterator[None]:
            with held():
                store.forget(ASKED["id"])
                yield

        monkeypatch.setattr(store, "held", late)
    given = [ASKED] if name in ("quarantine.py", "web.py") else [ASKED, []]
    release = own.put_back if name == "quarantine.py" else own.release
    assert release(*given) == acting.NONE_KEPT
    assert list(tmp_path.iterdir()) == []


def make(record: acting.Record, home: Path) -> None:
    home.mkdir(parents=True)
    record.keep(ASKED["id"], {})
