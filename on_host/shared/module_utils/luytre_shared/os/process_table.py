"""Which processes really are an installed program: by what the kernel says of them, never by a title or a name.

A process may call itself anything, and may even run an installed program under its own account. What counts is the file
that it runs (device and inode), whose it is (all four user ids), and that it lives in this host's own process space.
"""

import collections
import itertools
import os
import re
import stat

MAX_PROCESSES = 20_000
MAX_TITLE = 4_000
MAX_TABLE = 100_000_000


class ProcessInfo(
    collections.namedtuple(
        "ProcessInfo",
        ("pid", "parent", "uid", "title", "unit", "program", "identity", "replaced"),
        defaults=("", None, "", None, False),
    )
):
    """One process: ``pid``, ``parent``, ``uid`` (None when its four differ), ``title`` (only text), ``unit``,
    ``program``.

    ``title`` is empty for all but root's: it lies in the process's memory, and whose memory is a file of their own file
    system can have a look at it wait for ever.
    ``program`` is the path that the kernel gives for the file that it runs, ``unit`` the systemd unit that started it.
    """

    __slots__ = ()

    def is_process_of_installed_program(self, program):
        """Return whether the file that it runs is this installed one, or the one that stood there before an upgrade.

        The latter is known by the kernel's text alone, which holds for a process that a trusted account owns.
        """
        try:
            status = os.stat(program)
        except OSError:
            return False
        if self.replaced:
            return self.program == os.path.realpath(program)
        return self.identity == (status.st_dev, status.st_ino)


def list_processes_of_program(program, uids=(0,), proc="/proc"):
    """Return the processes of an installed program that run as one of ``uids``."""
    pids = [int(name) for name in os.listdir(proc) if name.isdigit()][:MAX_PROCESSES]
    processes = (read_process_info(pid, proc) for pid in sorted(pids))
    return [
        each
        for each in processes
        if each is not None and each.uid in uids and each.is_process_of_installed_program(program)
    ]


def find_running_program_outside_paths(program_names, own_paths, trust, proc="/proc"):
    """Return the path of a running program of one of the ``program_names`` that is not among ``own_paths``, or None."""
    return next(
        (candidate.program for candidate in iter_processes_outside_paths(program_names, own_paths, trust, proc)), None
    )


def iter_processes_outside_paths(program_names, own_paths, trust, proc="/proc"):
    """Yield the processes of such programs.

    Only what root alone can change counts, so that nobody else has us believe that a daemon runs from another place.
    """
    pids = [int(name) for name in os.listdir(proc) if name.isdigit()][:MAX_PROCESSES]
    for candidate in filter(None, (read_process_info(pid, proc) for pid in sorted(pids))):
        is_named = os.path.basename(candidate.program) in program_names and candidate.program.startswith("/")
        if (
            is_named
            and not any(map(candidate.is_process_of_installed_program, own_paths))
            and trust.describe_first_changer_on_path(candidate.program) is None
        ):
            yield candidate


def read_process_info(pid, proc="/proc"):
    """Return the process of that number in this host's own process space; None when there is none, or no more."""
    try:
        handle = os.open("%s/%d" % (proc, pid), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    # All is read through this descriptor, so that it is of one process even when its number goes to another.
    try:
        if os.readlink("ns/pid", dir_fd=handle) != os.readlink("%s/self/ns/pid" % proc):
            return None
        status = os.stat("exe", dir_fd=handle)
        program = os.readlink("exe", dir_fd=handle)
        fields = _read_process_file("status", handle)
        uids = set((re.search(r"(?m)^Uid:\s+(.*)$", fields).group(1)).split())
        parent = int(re.search(r"(?m)^PPid:\s+(\d+)", fields).group(1))
        suffix = " (deleted)"
        is_replaced = status.st_nlink == 0 and stat.S_ISREG(status.st_mode) and program.endswith(suffix)
        return ProcessInfo(
            pid,
            parent,
            int(next(iter(uids))) if len(uids) == 1 else None,
            _read_process_file("cmdline", handle).replace("\0", " ").strip() if uids == {"0"} else "",
            parse_unit_from_cgroups(_read_process_file("cgroup", handle)),
            program[: -len(suffix)] if is_replaced else program,
            (status.st_dev, status.st_ino),
            is_replaced,
        )
    except (OSError, AttributeError, ValueError):
        return None
    finally:
        os.close(handle)


def find_who_can_change_process_code(pid, trust, proc="/proc"):
    """Return who other than root could change code that a process has loaded, its program and its libraries, or None.

    Whoever starts the same program loads the same: where no package put it, it may take libraries from anywhere.
    """
    try:
        with open("%s/%d/maps" % (proc, pid), errors="surrogateescape") as handle:
            matches = [_CODE_MAPPING.match(line) for line in _iter_bounded_lines(handle, MAX_TABLE)]
    except OSError:
        return "nobody knows what it has loaded"
    return trust.describe_first_changer_on_paths(sorted({match.group(1) for match in matches if match}))


_CODE_MAPPING = re.compile(r"\S+ ..x\S+ \S+ \S+ \S+\s+(/[^\n]*?)(?: \(deleted\))?\n?$")


def list_child_pids(pid, proc="/proc"):
    """Return the numbers of a process's children."""
    try:
        with open("%s/%d/task/%d/children" % (proc, pid, pid)) as handle:
            return [int(word) for word in handle.read(MAX_TITLE * 10).split()][:MAX_PROCESSES]
    except (OSError, ValueError):
        return []


def is_same_file_seen_by_process(pid, path, proc="/proc"):
    """Return whether a process finds, at an absolute path, the very file that we find there."""
    try:
        theirs, ours = os.stat("%s/%d/root%s" % (proc, pid, path)), os.stat(path)
    except OSError:
        return False
    return (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)


def has_socket_open_at_descriptor(pid, descriptor, inode, proc="/proc"):
    """Return whether a process has the socket of that inode open under that descriptor."""
    try:
        return os.readlink("%s/%d/fd/%d" % (proc, pid, descriptor)) == "socket:[%d]" % inode
    except OSError:
        return False


def list_unix_listen_paths(pid, proc="/proc"):
    """Return the paths at which a process listens with a Unix socket.

    Paths are only text: anybody may bind one with lines in it.
    """
    own = set()
    try:
        for name in os.listdir("%s/%d/fd" % (proc, pid))[:MAX_PROCESSES]:
            match = re.match(r"socket:\[(\d+)\]$", _read_link_or_empty("%s/%d/fd/%s" % (proc, pid, name)))
            own.update(match.groups() if match else ())
        with open("%s/net/unix" % proc, errors="surrogateescape") as handle:
            return [
                path
                for path in map(_parse_listening_path, _iter_bounded_lines(handle, MAX_TABLE), itertools.repeat(own))
                if path
            ]
    except OSError:
        return []


def _iter_bounded_lines(handle, limit):
    """Yield lines of at most so many characters together, one at a time: anybody may have any number of sockets."""
    for line in handle:
        limit -= len(line)
        if limit < 0:
            return
        yield line


def _parse_listening_path(line, own_inodes):
    """Return the path of a line of the kernel's table at which a socket of ``own_inodes`` listens, or None."""
    row = line.rstrip("\n").split(None, 7)
    # The fourth word is __SO_ACCEPTCON where it listens.
    is_own = len(row) == 8 and row[3] == "00010000" and row[6] in own_inodes and row[7][0] == "/"
    return row[7] if is_own else None


def _read_link_or_empty(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


def parse_unit_from_cgroups(cgroups):
    """Return the system's unit of a process by the text of its ``cgroup`` file, or None.

    People name units within their own.
    """
    match = re.search(r"(?m)^[^/\n]*(?:/[^/\n]+\.slice)*/([^/\n]+\.(?:service|scope))(?:/|$)", cgroups)
    return match.group(1) if match else None


def _read_process_file(name, folder):
    handle = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        return os.read(handle, MAX_TITLE).decode("utf-8", "replace")
    finally:
        os.close(handle)
