from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.commands import doctor
from auditor.history.runs import RunHistory
from auditor.text.translations import Words

AS_NOBODY = """
import json, os
from auditor.system import sqlite_file
from auditor.commands import doctor
from auditor.text.translations import Words
words = Words("en")
words("doctor.for.audit")
if os.geteuid() == 0:
    os.setuid(65534)
print(json.dumps([(need.what, need.fine, need.mend) for need in doctor._check_state_folder_and_files(words)]))
"""


def of_nobody(**environment: str) -> tuple[str, bool, str]:
    """What is said of the state folder to somebody who is not root, in that environment."""
    told = subprocess.run(
        [sys.executable, "-c", AS_NOBODY], env=environment, capture_output=True, text=True, check=True
    ).stdout
    ((what, fine, mend),) = json.loads(told)
    return what, fine, mend


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HOME": "/nonexistent"}, "/nonexistent/.local/state/luytre"),
        ({"LUYTRE_STATE": "/var/lib/no such/state"}, "/var/lib/no such/state"),
    ],
)
def test_a_folder_that_cannot_be_made_is_named_itself_and_none_above_it(environment: dict[str, str], folder: str):
    what, fine, mend = of_nobody(**environment)
    assert folder in what
    assert not fine
    *command, made = shlex.split(mend)
    assert made == folder
    assert command[:5] == ["sudo", "install", "-d", "-m", "700"]


def test_a_folder_of_somebody_else_is_not_given_away():
    assert of_nobody(LUYTRE_STATE="/var/lib") == ("history folder /var/lib", False, "export LUYTRE_STATE=~/luytre")


def test_a_folder_that_is_yet_to_be_made_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "a/b"))
    assert [need.fine for need in doctor._check_state_folder_and_files(Words("en"))] == [True]
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_history_is_found_and_its_mend_moves_it_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path))
    history = tmp_path / "history.sqlite"
    assert RunHistory(history).entries() == ()
    assert [need.fine for need in doctor._check_state_folder_and_files(Words("en"))] == [True, True]
    whole = history.read_bytes()
    history.write_bytes(whole[:4096] + b"x" * (len(whole) - 4096))
    _, need = doctor._check_state_folder_and_files(Words("en"))
    assert not need.fine
    assert need.what.startswith(f"{history} is damaged: ")
    subprocess.run(["sh", "-c", need.mend], check=True)
    assert (tmp_path / "damaged/history.sqlite").is_file()
    assert RunHistory(history).entries() == ()
