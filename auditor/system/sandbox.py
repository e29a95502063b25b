"""What a child may do that reads bytes of others, so that they can cost no more than the child."""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import auditor

_NOBODY = 65_534
_APART = os.CLONE_NEWUSER | os.CLONE_NEWNS | os.CLONE_NEWPID | os.CLONE_NEWNET | os.CLONE_NEWIPC | os.CLONE_NEWUTS
_BIND, _REC, _PRIVATE, _NOSUID, _NODEV = 4_096, 16_384, 1 << 18, 2, 4
_READ_ONLY = 1
_MOUNT_SETATTR = 442
"""The number of the call, the same on every architecture."""
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_PDEATHSIG, _DUMPABLE, _CAPBSET_DROP, _NO_NEW_PRIVS, _SIGKILL = 1, 4, 24, 38, 9
_LAST_CAPABILITY = 63
_CAPABILITIES_3 = 0x20080522
_SYSTEM = ("/usr", "/lib", "/lib64")
_ROOM = "/tmp"  # noqa: S108  a folder that is everywhere: an empty one is mounted over it, for this process alone
_C = ctypes.CDLL(None, use_errno=True)
_exposures: list[bool] = []


def confine_this_process_to_sandbox(memory: int, readable_folders: Iterable[str] = ()) -> bool:
    """Confine this process from now on.

    It has at most ``memory`` bytes of addresses, writes no file, dumps no core, and is nobody.

    Where the kernel gives it namespaces of its own, it sees no network, no other process, and of the files only Python,
    this program and the ``readable_folders``, and can write none. Returns whether it does, or is at least not who
    started it.
    """
    _limit_memory_and_file_writes(memory)
    is_nobody = os.geteuid() == 0 and _drop_root_for_nobody()
    return _enter_namespaces_of_its_own(readable_folders) or is_nobody


def _drop_root_for_nobody() -> bool:
    """Give root's rights up. Returns whether that went: who is root in a namespace without other accounts cannot."""
    try:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    except OSError:
        return False
    return True


def note_whether_child_was_isolated(is_isolated: bool) -> None:
    """Remember what a child said of itself."""
    if not is_isolated:
        _exposures.append(True)


def was_any_child_not_isolated() -> bool:
    """Return whether a child has read bytes of others with all the rights of who runs this program."""
    return bool(_exposures)


def _limit_memory_and_file_writes(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _enter_namespaces_of_its_own(readable_folders: Iterable[str]) -> bool:
    """Go on in namespaces of its own, as a process that its waiting parents outlive.

    Returns whether the kernel allows it.
    """
    uid, gid = os.geteuid(), os.getegid()
    _C.prctl(_DUMPABLE, 1, 0, 0, 0)  # who gave up root's rights owns what /proc shows of him only then
    try:
        os.unshare(_APART)
    except OSError:
        _C.prctl(_DUMPABLE, 0, 0, 0, 0)
        return False
    _fork_and_go_on_in_child()
    _raise_os_error_unless_zero(_C.prctl(_PDEATHSIG, _SIGKILL, 0, 0, 0))
    _fork_and_go_on_in_child()  # the first process of a namespace is spared the signals that limit time
    try:
        _map_accounts(uid, gid)
        _mount_only_these_folders_read_only(
            [sys.prefix, sys.base_prefix, *_SYSTEM, str(Path(auditor.__file__).parent), *readable_folders]
        )
    except OSError:
        return False
    finally:
        _C.prctl(_DUMPABLE, 0, 0, 0, 0)
        _drop_all_capabilities()
    return True


def _fork_and_go_on_in_child() -> None:
    """Return in a child only; this process waits for it, and ends with it."""
    child = os.fork()
    if child != 0:
        _wait_for_child_and_exit(child)


def _wait_for_child_and_exit(child: int) -> NoReturn:
    for stream in (0, 1):
        os.close(stream)
    _, status = os.waitpid(child, 0)
    os._exit(0 if status == 0 else 1)


def _map_accounts(uid: int, gid: int) -> None:
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{_NOBODY} {uid} 1"),
        ("gid_map", f"{_NOBODY} {gid} 1"),
    ):
        Path(f"/proc/self/{name}").write_text(text, "ascii")


def _mount_only_these_folders_read_only(readable_folders: Sequence[str]) -> None:
    """Make these folders, read only, all that there is. Raises OSError."""
    handles = list(_open_outermost_existing_folders(readable_folders))
    _mount("none", "/", None, _REC | _PRIVATE)
    _mount("none", _ROOM, "tmpfs", _NOSUID | _NODEV, "mode=755,size=64k")
    for place, handle in handles:
        target = Path(f"{_ROOM}{place}")
        target.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink():
            target.symlink_to(place.readlink())
        else:
            target.mkdir(exist_ok=True)
            _mount(f"/proc/self/fd/{handle}", str(target), None, _BIND | _REC)
        os.close(handle)
    attributes = struct.pack("=4Q", _READ_ONLY | _NOSUID | _NODEV, 0, 0, 0)
    _raise_os_error_unless_zero(
        _C.syscall(_MOUNT_SETATTR, _AT_FDCWD, _ROOM.encode(), _AT_RECURSIVE, attributes, len(attributes))
    )
    os.chroot(_ROOM)
    os.chdir("/")


def _open_outermost_existing_folders(folders: Sequence[str]) -> Iterator[tuple[Path, int]]:
    """Yield those that are there, none of them below another."""
    opened_places: list[Path] = []
    for place in sorted({Path(os.path.normpath(place)) for place in folders if Path(place).is_absolute()}):
        if any(place.is_relative_to(parent) for parent in opened_places):
            continue
        try:
            handle = os.open(place, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            continue
        opened_places.append(place)
        yield place, handle


def _drop_all_capabilities() -> None:
    """Give up, for good, what a process may do in a namespace that it made."""
    _C.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    for capability in range(_LAST_CAPABILITY + 1):
        _C.prctl(_CAPBSET_DROP, capability, 0, 0, 0)
    _raise_os_error_unless_zero(_C.capset(struct.pack("=Ii", _CAPABILITIES_3, 0), struct.pack("=6I", *[0] * 6)))


def _mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    arguments = [argument.encode() if argument is not None else None for argument in (source, target, kind, data)]
    _raise_os_error_unless_zero(_C.mount(arguments[0], arguments[1], arguments[2], ctypes.c_ulong(flags), arguments[3]))


def _raise_os_error_unless_zero(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
