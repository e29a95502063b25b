"""What runs: processes that no package explains, sockets that listen.

What a process calls itself counts for nothing.
"""

import collections
import fcntl
import ipaddress
import os
import re
import socket
import struct

from ansible.module_utils.luytre_hunt.places import CHANGED, FOREIGN, GONE, OURS, Thing
from ansible.module_utils.luytre_hunt.running.process_names import (
    SHELLS,
    get_device_and_inode_of_file,
    list_marks_of_borrowed_name,
    list_scripts_of_process,
    read_link,
    read_or_empty,
)
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.os.process_table import MAX_PROCESSES, MAX_TABLE

GONE_MARK = " (deleted)"
DAEMONS = re.compile(
    r"^(?:sshd|sshd-session|cron|systemd|systemd-logind|nginx|apache2|php-fpm[\d.]*|mariadbd|login|su|sudo"
    r"|dbus-daemon)$"
)
NETCAT = re.compile(r"^(?:n(?:c|cat|etcat)(?:\..*)?|socat\d*)$")
TITLED = re.compile(r"^(?:ssh|autossh|openssl|gdb|node(?:js)?|xxd|screen|tmux|expect|java)$")
"""Further programs whose command line says what they do."""
WEB_ACCOUNTS = ("www-data", "nginx", "apache", "http")
INLINE = re.compile(r"^\S+\s(?:-\w+\s)*-[cer]\s")
MAX_OPEN = 2_000
MAX_TITLE = 2_000
MAX_ANCESTORS = 50
MAX_HIDDEN = 200_000
CONTROL_GROUPS = "/sys/fs/cgroup"
MAX_GROUPS = 3_000
MAX_PID = 1 << 22
LOOKS = 3
"""What seems hidden is looked for so often, since processes come and go."""
MAX_MAPS = 1_000_000
NO_FILES = ("/dev/zero", "/SYSV", "/memfd:", "/anon_hugepage", "/[", "/drm ")
"""What stands for memory in a process's map and is no file: PHP's compiled code lies in such."""
STATE_ESTABLISHED = "01"
_OWNER_OF_SPACE = 0xB704
"""NS_GET_OWNER_UID of ioctl_ns(2)."""
TABLES = ("tcp", "tcp6", "udp", "udp6")
_LISTENS = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}


ProcessTrace = collections.namedtuple(
    "ProcessTrace", ("pid", "program", "standing", "uid", "sockets", "disguised", "began")
)
"""One process as the kernel tells of it."""


def add_rows_of_suspicious_processes(places, proc="/proc"):
    """Add the rows of processes that no package explains, and of sockets that listen."""
    tables = {name: _read_kernel_socket_table(proc, name, places) for name in TABLES}
    holders, theirs, calls = {}, read_link("%s/self/ns/pid" % proc), _list_internet_peers_by_socket_inode(proc)
    pids, ours = sorted(int(name) for name in os.listdir(proc) if name.isdigit()), _list_pids_of_this_hunt(proc)
    if len(pids) > MAX_PROCESSES:
        places.mark_part_as_cut_short("process")
    for pid in pids[:MAX_PROCESSES]:
        if places.reading.get_seconds_left() < 10:
            places.mark_part_as_cut_short("process")
            break
        process = _read_process_outside_containers(places, pid, proc, theirs)
        if process is None:
            continue
        places.seen += 1
        for inode in process.sockets.values():
            holders.setdefault(inode, process)
        _add_row_of_suspicious_process(places, process, proc, tables, calls, process.pid in ours)
    _add_rows_of_foreign_listeners(places, proc, tables, holders)
    _add_rows_of_packet_sockets(places, proc, holders)
    _add_rows_of_hidden_processes(places, proc)


def _list_pids_of_this_hunt(proc):
    """Return the numbers of the processes by which this hunt came in, from itself up to what a daemon started for it.

    What is loaded into every program is loaded into these, too; they end with the hunt, and whoever stopped one would
    end our own.
    """
    pids, pid = [], os.getpid()
    while pid > 1 and len(pids) < MAX_ANCESTORS:
        pids.append(pid)
        parent = re.search(r"(?m)^PPid:\s+(\d+)", read_or_empty("%s/%d/status" % (proc, pid)))
        pid = int(parent.group(1)) if parent else 0
    return frozenset(pids if pid != 1 else pids[:-1])


def _read_process_outside_containers(places, pid, proc, theirs):
    """Return a process that is no container's of root's.

    None for such a one, for the kernel's, and for one that has ended.
    """
    where = "%s/%d" % (proc, pid)
    program = read_link(where + "/exe")
    status = read_or_empty(where + "/status")
    uid = re.search(r"(?m)^Uid:\s+\d+\s+(\d+)", status)
    file, roots = get_device_and_inode_of_file(where + "/exe"), _is_process_in_namespace_made_by_root(where, proc)
    apart = read_link(where + "/ns/pid") != theirs
    if not program or uid is None or file is None or (apart and roots):
        return None
    is_deleted = program.endswith(GONE_MARK)
    path = re.sub(r"\.dpkg-(?:new|tmp)$", "", program[: -len(GONE_MARK)]) if is_deleted else program
    is_packaged, here = places.packaged.is_path_of_any_package(path), get_device_and_inode_of_file(path)
    if is_deleted and not is_packaged and here is not None:  # brought up to date by itself
        origin = FOREIGN
    elif is_deleted:
        origin = OURS if is_packaged and roots else GONE
    elif file == here:
        origin = places.packaged.get_package_origin_of_file(path)
    else:
        origin = FOREIGN
    # Whoever makes a space of file systems has another program lie where a package's lies here.
    is_disguised = is_packaged and not roots and not apart and (is_deleted or file != here)
    return ProcessTrace(
        pid,
        path,
        origin,
        int(uid.group(1)),
        _list_socket_inodes_by_descriptor(where),
        is_disguised,
        _read_start_ticks_of_process(where),
    )


def _read_start_ticks_of_process(proc_folder):
    """Return when a process began, in ticks since the host did, as digits; empty when it has ended."""
    words = read_or_empty(proc_folder + "/stat").rpartition(")")[2].split()
    return words[19] if len(words) > 19 and words[19].isdigit() else ""


def _is_process_in_namespace_made_by_root(proc_folder, proc):
    """Return whether root made the space that a process is in, as for a container; what anybody may make
    hides nothing.
    """
    try:
        descriptor = safe_open.open_path_handle_following_links(proc_folder + "/ns/user")
        try:
            if os.fstat(descriptor).st_ino == os.stat("%s/self/ns/user" % proc).st_ino:
                return True
            space = safe_open.reopen(descriptor)
        finally:
            os.close(descriptor)
        try:
            return struct.unpack("=I", fcntl.ioctl(space, _OWNER_OF_SPACE, b"\0\0\0\0"))[0] == 0
        finally:
            os.close(space)
    except OSError:
        return False


def _list_socket_inodes_by_descriptor(proc_folder):
    """Return the inodes of a process's sockets by their descriptors."""
    inodes = {}
    try:
        for name in os.listdir(proc_folder + "/fd")[:MAX_OPEN]:
            match = re.match(r"socket:\[(\d+)\]$", read_link("%s/fd/%s" % (proc_folder, name)))
            if match:
                inodes[int(name)] = match.group(1)
    except (OSError, ValueError):
        pass
    return inodes


def _add_row_of_suspicious_process(places, process, proc, tables, calls, ours=False):
    if ours:
        return
    where, who = "%s/%d" % (proc, process.pid), user_name(process.uid)
    title = read_or_empty(where + "/cmdline").replace("\0", " ").strip()
    is_shell = SHELLS.match(os.path.basename(process.program)) is not None
    scripts = list_scripts_of_process(where, proc) if is_shell else []
    marks = list(_iter_marks_of_program_and_title(process, who, title))
    marks += list_marks_of_borrowed_name(process, title, read_or_empty(where + "/comm", 100).strip())
    if any(not os.path.lexists(path) for path in scripts):
        marks.append("script_gone")
    if is_shell and _is_spoken_to_by_socket(process, tables):
        marks.append("shell_on_socket")
    peer = next((calls[inode] for inode in process.sockets.values() if inode in calls), None)
    if peer and _is_call_of_interest(places, process, who, is_shell, scripts):
        marks.append("calls_out")
        title = "%s \u2192 %s" % (title[:200], peer)
    libraries, loaded = _list_foreign_libraries_and_marks(places, process, where)
    marks += loaded
    listens = _list_ports_of_process(process, tables) if marks else []
    if listens:
        title = "%s \u2190 %s" % (title[: MAX_TITLE // 2], ", ".join(listens[:3]))
    is_titled = (is_shell or TITLED.match(os.path.basename(process.program))) and " " in title
    if marks or process.standing in (FOREIGN, CHANGED) or is_titled:
        programs = [path for path in (process.program, *libraries, *scripts) if path.startswith("/")]
        exactly = _format_pid_and_start_of_process(places, process)
        places.add_thing(
            Thing("process", process.program, who, process.standing, title[:MAX_TITLE], marks, programs, exactly)
        )


def _is_call_of_interest(places, process, who, is_shell, scripts):
    """Return whether a connection to the internet is told: of what no package has, and of a site's interpreters."""
    if process.standing in (FOREIGN, CHANGED, GONE):
        return True
    return is_shell and (
        who in WEB_ACCOUNTS
        or any(places.packaged.get_package_origin_of_file(path) in (FOREIGN, GONE) for path in scripts)
    )


def _list_ports_of_process(process, tables):
    """Return where a process listens."""
    ports = {inode: local for name, rows in tables.items() for inode, local, state in rows if state == _LISTENS[name]}
    return [ports[inode] for inode in process.sockets.values() if inode in ports]


def _list_foreign_libraries_and_marks(places, process, where):
    """Return libraries that a process loads and no package has, and marks of how it came to them."""
    libraries, marks = _list_preloaded_libraries(where), []
    if any(places.packaged.get_package_origin_of_file(path) in (FOREIGN, CHANGED, GONE) for path in libraries):
        marks.append("preloaded")
    if process.uid == 0 and DAEMONS.match(os.path.basename(process.program)):
        foreign = _list_mapped_libraries_of_no_package(places, where)
        if foreign:
            return libraries + foreign, [*marks, "mapped"]
    return libraries, marks


def _iter_marks_of_program_and_title(process, who, title):
    """Yield what the program that runs, and what it says of itself, tell of a process."""
    if process.disguised:
        yield "disguised"
    name = os.path.basename(process.program)
    if who in WEB_ACCOUNTS and SHELLS.match(name) and not name.startswith(("php", "python", "perl", "ruby")):
        yield "web_account"
        if INLINE.match(title):
            yield "command"
    if process.standing == GONE:
        yield "memory" if process.program.startswith("/memfd:") else "deleted"
    if name == "sshd" and re.search(r"\s-(?:f|o|p)\s?\S", title):
        yield "own_settings"
    if NETCAT.match(name):
        yield "relays"


def _is_spoken_to_by_socket(process, tables):
    """Return whether both what a process reads and what it prints go over the network."""
    connected_inodes = {inode for rows in tables.values() for inode, _local, _state in rows}
    return process.sockets.get(0) in connected_inodes and process.sockets.get(1) in connected_inodes


def _list_preloaded_libraries(proc_folder):
    """Return the libraries that a process's environment has it load before its own."""
    preload = re.search(r"(?:^|\0)LD_(?:PRELOAD|AUDIT)=([^\0]{1,400})", read_or_empty(proc_folder + "/environ"))
    return [path for path in re.split(r"[\s:]+", preload.group(1)) if path.startswith("/")] if preload else []


def _format_pid_and_start_of_process(places, process):
    """Return what tells a process from all others.

    What goes by a package's name runs more than once, and another of these may have the number by then.
    """
    if not places.packaged.is_path_of_any_package(process.program):
        return "%d" % process.pid
    return "%d@%s" % (process.pid, process.began) if process.began else ""


def _list_mapped_libraries_of_no_package(places, proc_folder):
    """Return libraries of no package in a process's memory."""
    paths = []
    for line in read_or_empty(proc_folder + "/maps", MAX_MAPS).split("\n"):
        fields = line.split(None, 5)
        if len(fields) == 6 and "x" in fields[1] and fields[5].startswith("/") and not fields[5].startswith(NO_FILES):
            path = fields[5][: -len(GONE_MARK)] if fields[5].endswith(GONE_MARK) else fields[5]
            if (
                not places.packaged.is_path_of_any_package(os.path.realpath(path))
                and not places.packaged.is_path_of_any_package(path)
                and path not in paths
            ):
                paths.append(path)
    return paths[:5]


def _add_rows_of_foreign_listeners(places, proc, tables, holders):
    """Add sockets that listen, and whose program no package has, or of which no process is to be seen."""
    for name in TABLES:
        for inode, local, state in tables[name]:
            if state != _LISTENS[name] or inode == "0":
                continue
            places.seen += 1
            process = holders.get(inode)
            if process is None:
                places.add_row_in_slot("listener", local, "", GONE, name, ["nobody"])
            elif process.standing in (FOREIGN, CHANGED, GONE):
                _add_row_of_listener(places, local, process, name, ())
            elif SHELLS.match(os.path.basename(process.program)):
                _add_row_of_listener(
                    places, local, process, name, ["interpreter", *_iter_marks_of_listening_interpreter(process, proc)]
                )


def _add_row_of_listener(places, where, process, how, marks):
    description = "%s %s" % (how, process.program)
    exactly = "%d@%s%s" % (process.pid, process.began, process.program) if process.began else ""
    places.add_thing(
        Thing(
            "listener",
            where,
            user_name(process.uid),
            process.standing,
            description,
            marks,
            [process.program],
            exactly=exactly,
        )
    )


def _iter_marks_of_listening_interpreter(process, proc):
    """Yield what an interpreter that listens was given: code on its command line, or it is one that only passes on."""
    if NETCAT.match(os.path.basename(process.program)):
        yield "netcat"
    if user_name(process.uid) in WEB_ACCOUNTS:
        yield "web_account"
    if INLINE.match(read_or_empty("%s/%d/cmdline" % (proc, process.pid)).replace("\0", " ")):
        yield "inline"


def _add_rows_of_packet_sockets(places, proc, holders):
    """Add sockets that see whole packets, as back doors without a port have them."""
    for line in read_or_empty("%s/net/packet" % proc, MAX_TABLE).split("\n")[1:]:
        fields = line.split()
        process = holders.get(fields[-1]) if len(fields) > 5 else None
        if process is not None and (
            process.standing in (FOREIGN, CHANGED, GONE) or SHELLS.match(os.path.basename(process.program))
        ):
            _add_row_of_listener(places, "packets", process, "packet", ["packets"])
    for name in ("raw", "raw6"):
        for inode, local, _state in _read_kernel_socket_table(proc, name, places):
            process = holders.get(inode)
            if process is not None and (
                process.standing in (FOREIGN, CHANGED, GONE) or SHELLS.match(os.path.basename(process.program))
            ):
                _add_row_of_listener(places, local, process, name, ["packets"])


def _add_rows_of_hidden_processes(places, proc):
    """Add numbers that answer as processes and are in no list."""
    hidden_pids = None
    for _ in range(LOOKS):
        # Read before what is listed: whatever begins meanwhile is in the list, and no later look adds any.
        grouped_pids = _list_pids_of_control_groups() if hidden_pids is None else ()
        listed_pids = {int(name) for name in os.listdir(proc) if name.isdigit()}
        last = max(listed_pids, default=0)
        numbers = hidden_pids or sorted({*range(1, min(last + 500, MAX_HIDDEN)), *grouped_pids})
        hidden_pids = [pid for pid in numbers if pid not in listed_pids and _is_pid_a_process_and_no_thread(pid, proc)]
        if not hidden_pids:
            return
    for pid in hidden_pids[:50]:
        places.add_row_in_slot(
            "process", "%s/%d" % (proc, pid), "", GONE, read_or_empty("%s/%d/status" % (proc, pid))[:60], ["hidden"]
        )


def _list_pids_of_control_groups(groups=CONTROL_GROUPS):
    """Return the numbers of processes as the control groups list them, which hides none that /proc does not show."""
    pids = set()
    for count, (folder, _folders, names) in enumerate(os.walk(groups)):
        if count > MAX_GROUPS:
            break
        if "cgroup.procs" in names:
            text = read_or_empty(os.path.join(folder, "cgroup.procs"), MAX_TABLE)
            pids.update(int(word) for word in text.split() if word.isdigit() and 0 < int(word) < MAX_PID)
    return pids


def _is_pid_a_process_and_no_thread(pid, proc):
    """Return whether there is a process of that number, which is no thread of another."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    group = re.search(r"(?m)^Tgid:\s+(\d+)", read_or_empty("%s/%d/status" % (proc, pid)))
    return group is None or int(group.group(1)) == pid


def _read_kernel_socket_table(proc, table_name, places):
    """Return ``(inode, local address, state)`` of the kernel's table of sockets.

    Behind so many that it is cut, some are not seen.
    """
    rows, text = [], read_or_empty("%s/net/%s" % (proc, table_name), MAX_TABLE)
    if len(text) >= MAX_TABLE:
        places.mark_part_as_cut_short("listener")
    for line in text.split("\n")[1:]:
        fields = line.split()
        if len(fields) > 9:
            rows.append((fields[9], _format_kernel_hex_address(fields[1]), fields[3]))
    return rows


def _list_internet_peers_by_socket_inode(proc):
    """Return the other end of connections with addresses of the internet, by their inodes."""
    peers = {}
    for name in ("tcp", "tcp6"):
        for line in read_or_empty("%s/net/%s" % (proc, name), MAX_TABLE).split("\n")[1:]:
            fields = line.split()
            if len(fields) > 9 and fields[3] == STATE_ESTABLISHED and _is_global(_format_kernel_hex_address(fields[2])):
                peers[fields[9]] = _format_kernel_hex_address(fields[2])
    return peers


def _is_global(address):
    try:
        ip = ipaddress.ip_address(address.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    return (getattr(ip, "ipv4_mapped", None) or ip).is_global


def _format_kernel_hex_address(hex_address):
    """Return a local address as the kernel's tables have it, by its usual form."""
    host, _, port = hex_address.partition(":")
    try:
        raw = b"".join(struct.pack("=I", int(host[at : at + 8], 16)) for at in range(0, len(host), 8))
        number = int(port, 16)
        if len(raw) == 4:
            return "%s:%d" % (socket.inet_ntop(socket.AF_INET, raw), number)
        return "[%s]:%d" % (socket.inet_ntop(socket.AF_INET6, raw), number)
    except (ValueError, struct.error):
        return hex_address[:60]
