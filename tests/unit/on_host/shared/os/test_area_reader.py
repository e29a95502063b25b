"""Reading a host that does not stand still."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared.os.area_reader import (
    AreaReader,
    NotRun,
    ProgramOutput,
    UnreadableFact,
    read_text,
)

ROOT = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


def test_a_process_that_ends_while_it_is_read_is_no_file() -> None:
    for _ in range(100):
        child = subprocess.Popen(["true"])
        reaper = threading.Thread(target=child.wait)
        reaper.start()
        while read_text(f"/proc/{child.pid}/comm") is not None:
            pass
        reaper.join()


@ROOT
def test_a_program_that_another_can_change_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    os.chown(program, 65534, 65534)
    with pytest.raises(NotRun, match=r"^program was not run as root: /.* can be changed by user nobody$"):
        AreaReader({}, 5).run([str(program)])
    assert not mark.exists()


@ROOT
def test_a_program_whose_configuration_another_can_change_is_not_run(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o002 and not folder.stat().st_mode & 0o1000:
            pytest.skip("temporary files lie where everybody may write")
    sound, loose, theirs = tmp_path / "sound", tmp_path / "loose", tmp_path / "theirs"
    sound.write_text("")
    loose.write_text("")
    loose.chmod(0o666)
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    log = tmp_path / "log"
    log.write_text("")
    os.chown(log, 65534, 65534)
    reading = AreaReader({}, 5)
    assert reading.run(["echo", "ran"], at_stake=[str(sound)], writes=[str(log)]) == "ran\n"
    for more in ({"at_stake": [str(sound), str(loose)]}, {"writes": [str(theirs / "log")]}, {"at_stake": [str(log)]}):
        with pytest.raises(NotRun, match=r"^echo was not run as root: "):
            reading.run(["echo", "ran"], **more)


def test_a_program_is_found_in_the_systems_own_folders_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "only-here"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnreadableFact, match="only-here is not installed"):
        AreaReader({}, 5).run(["only-here"])


def test_a_pipe_in_a_files_place_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_text(str(tmp_path / "pipe")) is None


@ROOT
def test_what_a_program_says_is_taken_whole_or_not_at_all() -> None:
    argv = ["seq", "1000"]
    assert AreaReader({}, 60).run(argv).endswith("\n1000\n")
    with pytest.raises(UnreadableFact, match="seq said more than 100 bytes"):
        AreaReader({}, 60).run(argv, output=ProgramOutput(limit=100))
    cut = ProgramOutput(limit=100, is_taken_in_part=True)
    assert len(AreaReader({}, 60).run(argv, output=cut)) == 100
