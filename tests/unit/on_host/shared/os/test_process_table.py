"""Processes are what the kernel says that they run, not what they call themselves."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.os import process_table

SLEEP = os.path.realpath("/usr/bin/sleep")
ROOT = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


@contextmanager
def child(*argv: str, program: str = SLEEP, uid: int | None = None) -> Iterator[int]:
    process = subprocess.Popen(argv, executable=program, user=uid)
    try:
        while not Path(f"/proc/{process.pid}/cmdline").read_bytes():  # the kernel sets it after it has let Popen go on
            assert process.poll() is None
        yield process.pid
    finally:
        process.kill()
        process.wait()


def pids(program: str, *uids: int) -> set[int]:
    return {process.pid for process in process_table.list_processes_of_program(program, uids or (os.getuid(),))}


def test_a_process_is_known_by_the_file_that_it_runs() -> None:
    with child("sleep", "60") as honest, child("nginx: master process nginx -c /drop/x", "60") as renamed:
        assert {honest, renamed} <= pids(SLEEP)
        found = process_table.read_process_info(renamed)
        assert found is not None
        assert (found.program, found.parent, found.uid) == (SLEEP, os.getpid(), os.getuid())
        assert found.title.startswith("nginx: master process")
        assert renamed not in pids(sys.executable)
        assert renamed in process_table.list_child_pids(os.getpid())


def test_a_copy_under_the_same_name_is_another_program(tmp_path: Path) -> None:
    copy = tmp_path / "sleep"
    copy.write_bytes(Path(SLEEP).read_bytes())
    copy.chmod(0o755)
    named = tmp_path / "sleep (deleted)"
    named.write_bytes(copy.read_bytes())
    named.chmod(0o755)
    with child("sleep", "60", program=str(copy)) as one, child("sleep", "60", program=str(named)) as two:
        assert not {one, two} & pids(SLEEP)
        assert one in pids(str(copy))
        assert two not in pids(str(copy)), "the kernel's mark is not taken from a file's name"


def test_what_was_replaced_by_an_upgrade_is_still_the_program(tmp_path: Path) -> None:
    program = tmp_path / "daemon"
    program.write_bytes(Path(SLEEP).read_bytes())
    program.chmod(0o755)
    with child("daemon", "60", program=str(program)) as pid:
        fresh = tmp_path / "fresh"
        fresh.write_bytes(Path(SLEEP).read_bytes())
        fresh.rename(program)
        assert pid in pids(str(program))
        assert pid not in pids(SLEEP)


@ROOT
def test_another_account_that_runs_the_installed_program_is_not_root() -> None:
    with child("sleep", "60", uid=65534) as pid:
        assert pid not in pids(SLEEP, 0)
        assert pid in pids(SLEEP, 0, 65534)


def test_a_socket_is_held_by_whom_the_kernel_says() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        inode = os.fstat(server.fileno()).st_ino
        assert process_table.has_socket_open_at_descriptor(os.getpid(), server.fileno(), inode)
        assert not process_table.has_socket_open_at_descriptor(os.getpid(), server.fileno(), inode + 1)
        assert not process_table.has_socket_open_at_descriptor(1, server.fileno(), inode)


def test_what_has_ended_is_no_process() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert process_table.read_process_info(ended.pid) is None
    assert process_table.list_child_pids(ended.pid) == []
    assert not process_table.is_same_file_seen_by_process(ended.pid, "/etc/passwd")
    assert process_table.is_same_file_seen_by_process(os.getpid(), "/etc/passwd")


def test_the_unit_is_the_systems_own_whatever_people_call_theirs() -> None:
    assert process_table.parse_unit_from_cgroups("0::/system.slice/ssh.service\n") == "ssh.service"
    assert (
        process_table.parse_unit_from_cgroups("0::/user.slice/user-0.slice/user@0.service/app.slice/chrony.service\n")
        == "user@0.service"
    )
    assert (
        process_table.parse_unit_from_cgroups(
            "9:name=systemd:/system.slice/ssh.service\n8:pids:/\n0::/system.slice/ssh.service\n"
        )
        == "ssh.service"
    )
    assert (
        process_table.parse_unit_from_cgroups("0::/system.slice/system-php.slice/php@1.service/worker\n")
        == "php@1.service"
    )
    assert process_table.parse_unit_from_cgroups("0::/\n") is None


@ROOT
def test_what_lies_in_the_memory_of_others_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    read = process_table._read_process_file
    monkeypatch.setattr(
        process_table, "_read_process_file", lambda name, folder: looked.append(name) or read(name, folder)
    )
    with child("sleep", "60", uid=65534) as pid:
        found = process_table.read_process_info(pid)
        assert found is not None
        assert (found.uid, found.title) == (65534, "")
    assert looked
    assert "cmdline" not in looked, "it may be a page of a file system that never answers"


def test_any_number_of_other_sockets_hides_none(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        inode = os.fstat(server.fileno()).st_ino
        proc = tmp_path / "proc"
        (proc / "7" / "fd").mkdir(parents=True)
        (proc / "7" / "fd" / "3").symlink_to(f"socket:[{inode}]")
        (proc / "net").mkdir()
        row = "0000000000000000: 00000002 00000000 00000000 0001 01 %d @%s\n"
        with (proc / "net" / "unix").open("w") as table:
            table.write("Num RefCount Protocol Flags Type St Inode Path\n")
            table.writelines(row % (n, "x" * 107) for n in range(30_000))
            table.write(f"0000000000000000: 00000002 00000000 00010000 0001 01 {inode} {path}\n")
        assert process_table.list_unix_listen_paths(7, str(proc)) == [path]


@ROOT
def test_a_daemon_that_runs_from_another_place_is_noticed(tmp_path: Path) -> None:
    """Only where root put it there: nobody else takes a whole area's findings away."""
    with tempfile.TemporaryDirectory(dir="/opt") as folder:
        panel = Path(folder)
        panel.chmod(0o755)
        (panel / "theirs").mkdir()
        roots, theirs = panel / "nginx-of-a-test", panel / "theirs" / "nginx-of-a-test"
        for program in (roots, theirs):
            program.write_bytes(Path(SLEEP).read_bytes())
            program.chmod(0o755)
        os.chown(theirs.parent, 65534, 65534)
        names, trust = ("nginx-of-a-test",), ownership.PathTrust()
        with child("x", "60", program=str(theirs), uid=65534):
            assert process_table.find_running_program_outside_paths(names, (), trust) is None
            with child("x", "60", program=str(roots)):
                assert process_table.find_running_program_outside_paths(names, (), trust) == str(roots)
                assert process_table.find_running_program_outside_paths(names, (str(roots),), trust) is None


@ROOT
def test_a_library_that_another_could_change_is_code_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    library = tmp_path / "x.so"
    library.write_bytes(b"")
    os.chown(library, 65534, 65534)
    line = "7f0000000000-7f0000001000 r-xp 00000000 08:01 12                         %s%s\n"
    for ending in ("", " (deleted)"):
        (tmp_path / "7" / "maps").write_text(line % ("/usr/bin/env", "") + line % (library, ending))
        assert str(library) in (
            process_table.find_who_can_change_process_code(7, ownership.PathTrust(), str(tmp_path)) or ""
        )
    (tmp_path / "7" / "maps").write_text(
        line % ("/usr/bin/env", "") + "7f0000000000-7f0000001000 r-xp 0 0:0 0 [vdso]\n"
    )
    assert process_table.find_who_can_change_process_code(7, ownership.PathTrust(), str(tmp_path)) is None
    assert process_table.find_who_can_change_process_code(8, ownership.PathTrust(), str(tmp_path)) is not None
