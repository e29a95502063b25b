"""What is released a second time, at once with the first or later, is told from what is undone."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.incidents import action_runner, quarantine_store

from tests.unit.on_host.contain.programs import TOP, program

ASKED = {"id": "SC-20261127-1/1", "do": "release", "what": "antruc.test"}
STORES = ("core.py", "delete_row.py", "trigger.py", "quarantine.py")
RECORDS = ("administrator.py", "database_password.py", "salts.py", "job.py", "process.py", "web.py")
RELEASES = {
    "core.py": "undo_core_replacement",
    "delete_row.py": "put_deleted_row_back",
    "trigger.py": "put_dropped_trigger_back",
    "quarantine.py": "put_quarantined_file_back",
    "administrator.py": "restore_administrator",
    "database_password.py": "restore_old_password",
    "salts.py": "put_old_site_secrets_back",
    "job.py": "put_cron_job_back",
    "process.py": "let_stopped_process_go_on",
    "web.py": "release_web_block_rule",
}
RELEASES = {
    "core.py": "undo_core_replacement",
    "delete_row.py": "put_deleted_row_back",
    "trigger.py": "put_dropped_trigger_back",
    "quarantine.py": "put_quarantined_file_back",
    "administrator.py": "restore_administrator",
    "database_password.py": "restore_old_password",
    "salts.py": "put_old_site_secrets_back",
    "job.py": "put_cron_job_back",
    "process.py": "let_stopped_process_go_on",
    "web.py": "release_web_block_rule",
}


@pytest.mark.parametrize("name", [*STORES, *RECORDS])
@pytest.mark.parametrize("at_once", [False, True], ids=["later", "at once"])
def test_nothing_is_done_and_nothing_else_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, at_once: bool
) -> None:
    own, home = program(name), tmp_path / "luytre/own"
    store: Any = (
        quarantine_store.QuarantineStore(str(home)) if name in STORES else action_runner.ActionRecord(str(home))
    )
    monkeypatch.setattr(own, "STORE" if name in STORES else "RECORD", store)
    if at_once:  # the other one has the lock, and is through when this one has it
        store.save_record_of_action(ASKED["id"], {}) if name in STORES else make(store, home)
        held = store.hold_lock

        @contextlib.contextmanager
        def late() -> Iterator[None]:
            with held():
                store.delete_record_of_action(ASKED["id"])
                yield

        monkeypatch.setattr(store, "hold_lock", late)
    given = [ASKED] if name in ("quarantine.py", "web.py") else [ASKED, []]
    release = getattr(own, RELEASES[name])
    assert release(*given) == action_runner.NONE_KEPT
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [*STORES, *RECORDS])
def test_what_is_kept_by_a_number_for_something_else_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    own, home = program(name), tmp_path / "luytre/own"
    store: Any = (
        quarantine_store.QuarantineStore(str(home)) if name in STORES else action_runner.ActionRecord(str(home))
    )
    monkeypatch.setattr(own, "STORE" if name in STORES else "RECORD", store)
    home.mkdir(parents=True)
    other = {"what": "khac.test", "domain": "khac.test"}
    for number in (1, 9):
        store.save_record_of_action(f"SC-20261127-1/{number}", other)
    store.save_record_of_action("SC-20261128-1/12", other)
    with pytest.raises(action_runner.ActionRefusal) as refusal, store.hold_lock():
        store.find_record_before_action_starts(ASKED)
    assert refusal.value.args == ("number_taken", "9")
    given = [ASKED] if name in ("quarantine.py", "web.py") else [ASKED, []]
    release = getattr(own, RELEASES[name])
    assert release(*given) == action_runner.NONE_KEPT
    assert store.find_record_before_action_starts(ASKED | {"what": "khac.test"}) == other


@pytest.mark.parametrize("name", [*STORES, *RECORDS, "account.py", "key.py", "unit.py", "block_address.py"])
def test_every_program_asks_whether_its_number_is_taken_and_keeps_what_it_is_of(name: str) -> None:
    text = next((TOP / "on_host/contain").rglob(name)).read_text("utf-8")
    assert re.search(
        r"\.find_record_before_action_starts\(request\)|action_runner\.(?:refuse_taken|\w+taken\w*)\(", text
    )
    assert re.search(r'"what": |what=request\["what"\]', text)


def make(record: action_runner.ActionRecord, home: Path) -> None:
    home.mkdir(parents=True)
    record.save_record_of_action(ASKED["id"], {})
