from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.hardening.journal import Journal
from auditor.models import Hardening, HostHardening, HostState


def hardening(name: str, *states: HostState, inventory: str = "i") -> Hardening:
    hosts = tuple(HostHardening(host=f"h{number}", state=state) for number, state in enumerate(states))
    return Hardening(id=name, inventory=inventory, started="2026-11-24T09:00:00+07:00", seconds=600, hosts=hosts)


def test_the_last_one_is_found_and_one_by_its_beginning(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for name in ("20261101T0-a", "20261124T0-b", "20261124T1-c"):
        journal.write_progress_of_hardening(hardening(name, "confirmed"))
    journal.write_progress_of_hardening(hardening("20261125T0-d", "confirmed", inventory="another"))
    assert journal.find_hardening_by_id_or_last("i", None).id == "20261124T1-c"
    assert journal.find_hardening_by_id_or_last("i", "20261101").id == "20261101T0-a"
    for unclear in ("20261124", "2027"):
        with pytest.raises(InputError, match="does not match exactly one hardening run"):
            journal.find_hardening_by_id_or_last("i", unclear)
    with pytest.raises(InputError, match="no hardening"):
        journal.find_hardening_by_id_or_last("nowhere", None)
    with pytest.raises(InputError, match="did you mean '20261124T1-c'"):
        journal.find_hardening_by_id_or_last("i", "20261124T2")


@pytest.mark.parametrize("state", ["applying", "armed", "lost"])
def test_what_is_open_is_unfinished(tmp_path: Path, state: HostState) -> None:
    journal = Journal(tmp_path)
    journal.write_progress_of_hardening(hardening("a", "confirmed", "reverted", "waiting", "refused", "rolled_back"))
    assert journal.find_hardenings_of_unknown_end("i") == ()
    journal.write_progress_of_hardening(hardening("b", "confirmed", state))
    assert [one.id for one in journal.find_hardenings_of_unknown_end("i")] == ["b"]


def test_one_at_a_time_also_after_the_holder_was_killed(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, time; from auditor.hardening.journal import Journal\n"
        "with Journal(pathlib.Path(sys.argv[1])).hold_lock_of_controller(): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(InputError, match=str(holder.pid)), Journal(tmp_path).hold_lock_of_controller():
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with Journal(tmp_path).hold_lock_of_controller():
        assert (tmp_path / "lock").read_text("ascii") == f"{os.getpid()}\n"


def test_a_killed_writer_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys; from auditor.hardening.journal import Journal; from tests.unit.hardening.test_journal import hardening\n"
        "journal = Journal(pathlib.Path(sys.argv[1])); print('go', flush=True)\n"
        "while True:\n    for state in ('armed', 'confirmed'): journal.write_progress_of_hardening(hardening('a', *[state] * 50))"
    )
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "go\n"
        deadline = time.monotonic() + 10
        while not (tmp_path / "a.json").exists() and time.monotonic() < deadline:
            pass
        writer.kill()
        writer.wait()
        writer.stdout.close()
        (known,) = Journal(tmp_path).list_hardenings("i")
        assert len({entry.state for entry in known.hosts}) == 1
    assert (tmp_path / "a.json").stat().st_mode & 0o077 == 0


def test_a_record_that_cannot_be_read_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"id": "a", "more": 1}', "utf-8")
    with pytest.raises(InputError, match=r"a\.json"):
        Journal(tmp_path).list_hardenings("i")
