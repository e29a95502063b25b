"""Modules as they are sent to hosts are made once, and by nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.fleet import payloads
from auditor.fleet.in_ansible.payloads import restore_ansible_payloads_from_cache, save_ansible_payloads_to_cache
from auditor.fleet.runner import THIS_MACHINE, PlaybookOrder, play
from auditor.system import disk_cache as keeping
from auditor.system import resources
from tests.unit import own_cache


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_cache.use(tmp_path, monkeypatch) / "payloads"


def test_what_a_run_makes_the_next_one_finds(cache: Path) -> None:
    found = []
    for _ in range(2):
        run = play(PlaybookOrder("collect.yml", inventory=THIS_MACHINE, variables={"collect_areas": ["time"]}))
        assert [task.outcome for task in run.tasks if task.name.endswith("Read the state in force")] == ["ok"]
        kept = {path.name: path.stat().st_mtime_ns for path in cache.glob("*/*")}
        assert [name for name in kept if "compliance_facts" in name], "nothing was kept"
        assert not [name for name in kept if name.startswith(".") or name.endswith((".lock", "-part"))]
        found.append(kept)
    assert found[0] == found[1], "made once more"


def test_every_state_of_the_sources_has_a_folder_of_its_own(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "role/library/look.py"
    module.parent.mkdir(parents=True)
    monkeypatch.setattr(resources, "list_role_folders", lambda: (tmp_path,))
    found = []
    for text in ("1", "2", "1"):
        module.write_text(text)
        found.append(payloads.find_payload_cache_folder())
    assert found[0] == found[2] != found[1]
    assert found[0] is not None
    assert found[0].stat().st_mode & 0o777 == 0o700
    for number in range(10):
        module.write_text(str(number))
        payloads.find_payload_cache_folder()
    assert len(list(cache.iterdir())) <= 5, "earlier ones stay for ever"


def test_what_is_lent_is_not_kept_again_and_what_is_missing_disturbs_nobody(tmp_path: Path) -> None:
    kept, own = tmp_path / "kept", tmp_path / "own/cache"
    kept.mkdir()
    keeping.put_file_in_cache(kept, "old", b"old")
    keeping.put_file_in_cache(kept, "cut short", b"by a power cut")
    (kept / "cut short").write_bytes(b"")
    (kept / ".draft").write_text("half")
    restore_ansible_payloads_from_cache(kept, own)
    assert {path.name: path.read_text() for path in own.iterdir()} == {"old": "old"}
    (own / "new").write_text("new")
    (own / "new.lock").write_text("")
    (own / "other-part").write_text("ne")
    save_ansible_payloads_to_cache(kept, own)
    (own / "cut short").write_text("made again")
    save_ansible_payloads_to_cache(kept, own)
    found = {path.name: keeping.get_file_from_cache(kept, path.name) for path in kept.iterdir()}
    assert found == {"old": b"old", ".draft": None, "new": b"new", "cut short": b"made again"}
    assert (kept / "new").stat().st_mode & 0o777 == 0o600
    save_ansible_payloads_to_cache(tmp_path / "nowhere", own)
    restore_ansible_payloads_from_cache(tmp_path / "nowhere", own)
    save_ansible_payloads_to_cache(kept, tmp_path / "nothing")
