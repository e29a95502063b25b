"""What nobody foresaw is one line, with an exit code that means nothing else."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.cli import main
from auditor.errors import InputError


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder, and a catalogue that cannot be loaded for a reason of the program's own."""

    def broken() -> None:
        raise RuntimeError("one\ntwo\x1b[2J")

    monkeypatch.setattr("auditor.audit.controls.load_catalogue", broken)
    monkeypatch.setattr("sys.argv", ["auditor", "controls", "list", "--lang", "en"])
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def sqlite(code: int, name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database")
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    return error


def ended() -> int:
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_a_fault_of_the_program_is_one_line_and_its_traceback_is_kept(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended() == 70
    (line,) = capsys.readouterr().err.splitlines()
    assert "a bug in the program" in line and "RuntimeError: one⏎two" in line and "\x1b" not in line
    kept = state / "fault.txt"
    assert str(kept) in line
    assert "Traceback" in kept.read_text("utf-8") and kept.stat().st_mode & 0o777 == 0o600


def test_a_name_that_is_no_text_is_written_as_json_writes_it(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.audit.controls.load_catalogue", lambda: print('["/var/www/\udcff"]'))
    with (tmp_path / "out").open("w", encoding="utf-8") as out:
        monkeypatch.setattr("sys.stdout", out)
        ended()
    assert json.loads((tmp_path / "out").read_text("utf-8")) == ["/var/www/\udcff"]


def test_a_traceback_that_cannot_be_kept_is_shown(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state.write_text("no folder")
    assert ended() == 70
    assert "Traceback" in capsys.readouterr().err


def run(redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = f'"$0" -c "from auditor.cli import main; main()" "$@" {redirection}'
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}", sys.executable, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "LUYTRE_LANG": "en"},
        check=False,
    )


@pytest.mark.parametrize("arguments", [("controls", "list"), ("controls", "list", "--json"), ("--help",)])
def test_an_output_that_nobody_can_write_is_told_in_one_line(arguments: tuple[str, ...]) -> None:
    told = run(">/dev/full", *arguments)
    assert told.returncode == 74
    assert told.stderr == "auditor: could not read or write: [Errno 28] No space left on device\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "full"), 74),
        (OSError(errno.EROFS, "read-only"), 74),
        (PermissionError(errno.EACCES, "no"), 2),
        (FileNotFoundError(errno.ENOENT, "no"), 2),
        (sqlite(sqlite3.SQLITE_FULL, "SQLITE_FULL"), 74),
        (sqlite(sqlite3.SQLITE_NOTADB, "SQLITE_NOTADB"), 2),
    ],
)
def test_a_full_disk_is_the_systems_refusal_wherever_it_shows(
    error: Exception, code: int, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise InputError("cannot be written", mend="make room") from error

    monkeypatch.setattr("auditor.audit.controls.load_catalogue", broken)
    assert ended() == code


@pytest.mark.parametrize("redirection", ["| head -c 10", ">&-"])
def test_an_output_that_nobody_reads_is_no_trouble(redirection: str) -> None:
    assert run(redirection, "controls", "list", "--json").stderr == ""
