"""What runs: processes that no package explains, sockets that listen. What a process calls itself counts for nothing."""

import fcntl
import ipaddress
import os
import re
import socket
import struct

from ansible.module_utils.luytre._processes import MAX_PROCESSES, MAX_TABLE
from ansible.module_utils.luytre._reading import Unreadable, read_text
from ansible.module_utils.luytre_hunt.places import CHANGED, FOREIGN, GONE, OURS
from ansible.module_utils.luytre_shared import safe_open
from ansible.module_utils.luytre_shared.names import user_name

GONE_MARK = " (deleted)"
SHELLS = re.compile(
    r"^(?:(?:ba|da|k|z|c|tc)?sh|busybox|python[\d.]*|perl[\d.]*|ruby[\d.]*|php[\d.]*|n(?:c|cat|etcat)(?:\..*)?|socat|telnet)$"
)
DAEMONS = re.compile(
    r"^(?:sshd|sshd-session|cron|systemd|systemd-logind|nginx|apache2|php-fpm[\d.]*|mariadbd|login|su|sudo|dbus-daemon)$"
)
NETCAT = re.compile(r"^(?:n(?:c|cat|etcat)(?:\..*)?|socat)$")
WEB_ACCOUNTS = ("www-data", "nginx", "apache", "http")
INLINE = re.compile(r"^\S+\s(?:-\w+\s)*-[cer]\s")
MAX_OPEN = 2_000
MOST_ANCESTORS = 50
MAX_HIDDEN = 200_000
LOOKS = 3
"""What seems hidden is looked for so often, since processes come and go."""
MAX_MAPS = 1_000_000
NO_FILES = ("/dev/zero", "/SYSV", "/memfd:", "/anon_hugepage", "/[", "/drm ")
"""What stands for memory in a process's map and is no file: PHP's compiled code lies in such."""
ESTABLISHED = "01"
_OWNER_OF_SPACE = 0xB704
"""NS_GET_OWNER_UID of ioctl_ns(2)."""
TABLES = ("tcp", "tcp6", "udp", "udp6")
_LISTENS = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}


class Process:
    """One process as the kernel tells of it."""

    __slots__ = ("began", "disguised", "pid", "program", "sockets", "standing", "uid")

    def __init__(self, pid, program, standing, uid, sockets, disguised, began):
        self.pid, self.program, self.standing, self.uid, self.sockets = pid, program, standing, uid, sockets
        self.disguised, self.began = disguised, began


def gather(places, proc="/proc"):
    """All of it."""
    tables = {name: _table(proc, name, places) for name in TABLES}
    holders, theirs, calls = {}, _target("%s/self/ns/pid" % proc), _calls(proc)
    pids, ours = sorted(int(name) for name in os.listdir(proc) if name.isdigit()), _our_session(proc)
    if len(pids) > MAX_PROCESSES:
        places.cut("process")
    for pid in pids[:MAX_PROCESSES]:
        if places.reading.left() < 10:
            places.cut("process")
            break
        one = _process(places, pid, proc, theirs)
        if one is None:
            continue
        places.seen += 1
        for inode in one.sockets.values():
            holders.setdefault(inode, one)
        _judged(places, one, proc, tables, calls, one.pid in ours)
    _listeners(places, proc, tables, holders)
    _packets(places, proc, holders)
    _hidden(places, proc)


def _our_session(proc):
    """Return the numbers of the processes by which this hunt came in, from itself up to what a daemon started for it.

    What is loaded into every program is loaded into these, too; they end with the hunt, and whoever stopped one would end our own.
    """
    found, pid = [], os.getpid()
    while pid > 1 and len(found) < MOST_ANCESTORS:
        found.append(pid)
        parent = re.search(r"(?m)^PPid:\s+(\d+)", _text("%s/%d/status" % (proc, pid)))
        pid = int(parent.group(1)) if parent else 0
    return frozenset(found if pid != 1 else found[:-1])


def _process(places, pid, proc, theirs):
    """A process that is no container's of root's; None for such a one, for the kernel's, and for one that has ended."""
    where = "%s/%d" % (proc, pid)
    program = _target(where + "/exe")
    status = _text(where + "/status")
    uid = re.search(r"(?m)^Uid:\s+\d+\s+(\d+)", status)
    file, roots = _status(where + "/exe"), _roots_space(where, proc)
    apart = _target(where + "/ns/pid") != theirs
    if not program or uid is None or file is None or (apart and roots):
        return None
    gone = program.endswith(GONE_MARK)
    path = re.sub(r"\.dpkg-(?:new|tmp)$", "", program[: -len(GONE_MARK)]) if gone else program
    packaged, here = places.packaged.knows(path), _status(path)
    if gone and not packaged and here is not None:  # brought up to date by itself
        standing = FOREIGN
    elif gone:
        standing = OURS if packaged and roots else GONE
    elif file == here:
        standing = places.packaged.standing(path)
    else:
        standing = FOREIGN
    # Whoever makes a space of file systems has another program lie where a package's lies here.
    disguised = packaged and not roots and not apart and (gone or file != here)
    return Process(pid, path, standing, int(uid.group(1)), _sockets(where), disguised, _began(where))


def _began(where):
    """When a process began, in ticks since the host did, as digits; empty when it has ended."""
    words = _text(where + "/stat").rpartition(")")[2].split()
    return words[19] if len(words) > 19 and words[19].isdigit() else ""


def _roots_space(where, proc):
    """Whether root made the space that a process is in, as for a container; what anybody may make hides nothing."""
    try:
        held = safe_open.held(where + "/ns/user")
        try:
            if os.fstat(held).st_ino == os.stat("%s/self/ns/user" % proc).st_ino:
                return True
            space = safe_open.again(held)
        finally:
            os.close(held)
        try:
            return struct.unpack("=I", fcntl.ioctl(space, _OWNER_OF_SPACE, b"\0\0\0\0"))[0] == 0
        finally:
            os.close(space)
    except OSError:
        return False


def _status(path):
    """What tells a file from others, links followed; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _sockets(where):
    """The inodes of a process's sockets by their descriptors."""
    found = {}
    try:
        for name in os.listdir(where + "/fd")[:MAX_OPEN]:
            match = re.match(r"socket:\[(\d+)\]$", _target("%s/fd/%s" % (where, name)))
            if match:
                found[int(name)] = match.group(1)
    except (OSError, ValueError):
        pass
    return found


def _judged(places, one, proc, tables, calls, ours=False):
    where, who = "%s/%d" % (proc, one.pid), user_name(one.uid)
    title = _text(where + "/cmdline").replace("\0", " ").strip()
    marks = ["disguised"] if one.disguised else []
    name = os.path.basename(one.program)
    if who in WEB_ACCOUNTS and SHELLS.match(name) and not name.startswith(("php", "python", "perl", "ruby")):
        marks += ["web_account", "command"] if INLINE.match(title) else ["web_account"]
    if one.standing == GONE:
        marks.append("memory" if one.program.startswith("/memfd:") else "deleted")
    if re.match(r"^\[[\w/:.-]+\]", title) and one.standing != OURS:
        marks.append("as_kernel")
    connected = {inode for rows in tables.values() for inode, _local, _state in rows}
    if one.sockets.get(0) in connected and one.sockets.get(1) in connected and SHELLS.match(name):
        marks.append("shell_on_socket")
    called = next((calls[inode] for inode in one.sockets.values() if inode in calls), None)
    if called and (one.standing in (FOREIGN, CHANGED, GONE) or (who in WEB_ACCOUNTS and SHELLS.match(name))):
        marks.append("calls_out")
        title = "%s \u2192 %s" % (title[:200], called)
    loaded = re.search(r"(?:^|\0)LD_(?:PRELOAD|AUDIT)=([^\0]{1,400})", _text(where + "/environ"))
    libraries = [path for path in re.split(r"[\s:]+", loaded.group(1)) if path.startswith("/")] if loaded else []
    if any(places.packaged.standing(path) in (FOREIGN, CHANGED, GONE) for path in libraries):
        marks.append("preloaded")
    if one.uid == 0 and not ours and DAEMONS.match(os.path.basename(one.program)):
        foreign = _mapped(places, where)
        if foreign:
            marks.append("mapped")
            libraries += foreign
    if marks or one.standing in (FOREIGN, CHANGED):
        programs = [path for path in (one.program, *libraries) if path.startswith("/")]
        places.add("process", one.program, who, one.standing, title[:300], marks, programs, _exactly(places, one))


def _exactly(places, one):
    """What tells a process from all others: what goes by a package's name runs more than once, and another of these may have the number by then."""
    if not places.packaged.knows(one.program):
        return "%d" % one.pid
    return "%d@%s" % (one.pid, one.began) if one.began else ""


def _mapped(places, where):
    """Libraries of no package in a process's memory."""
    found = []
    for line in _text(where + "/maps", MAX_MAPS).split("\n"):
        fields = line.split(None, 5)
        if len(fields) == 6 and "x" in fields[1] and fields[5].startswith("/") and not fields[5].startswith(NO_FILES):
            path = fields[5][: -len(GONE_MARK)] if fields[5].endswith(GONE_MARK) else fields[5]
            if (
                not places.packaged.knows(os.path.realpath(path))
                and not places.packaged.knows(path)
                and path not in found
            ):
                found.append(path)
    return found[:5]


def _listeners(places, proc, tables, holders):
    """Sockets that listen, and whose program no package has, or of which no process is to be seen."""
    for name in TABLES:
        for inode, local, state in tables[name]:
            if state != _LISTENS[name] or inode == "0":
                continue
            places.seen += 1
            one = holders.get(inode)
            if one is None:
                places.add("listener", local, "", GONE, name, ["nobody"])
            elif one.standing in (FOREIGN, CHANGED, GONE):
                _listens(places, local, one, name, ())
            elif SHELLS.match(os.path.basename(one.program)):
                _listens(places, local, one, name, ["interpreter", *_interpreted(one, proc)])


def _listens(places, where, one, how, marks):
    said = "%s %s" % (how, one.program)
    exactly = "%d@%s%s" % (one.pid, one.began, one.program) if one.began else ""
    places.add("listener", where, user_name(one.uid), one.standing, said, marks, [one.program], exactly)


def _interpreted(one, proc):
    """What an interpreter that listens was given: code on its command line, or it is one that only passes on."""
    if NETCAT.match(os.path.basename(one.program)):
        yield "netcat"
    if user_name(one.uid) in WEB_ACCOUNTS:
        yield "web_account"
    if INLINE.match(_text("%s/%d/cmdline" % (proc, one.pid)).replace("\0", " ")):
        yield "inline"


def _packets(places, proc, holders):
    """Sockets that see whole packets, as back doors without a port have them."""
    for line in _text("%s/net/packet" % proc, MAX_TABLE).split("\n")[1:]:
        fields = line.split()
        one = holders.get(fields[-1]) if len(fields) > 5 else None
        if one is not None and one.standing in (FOREIGN, CHANGED, GONE):
            _listens(places, "packets", one, "packet", ["packets"])


def _hidden(places, proc):
    """Numbers that answer as processes and are in no list."""
    missing = None
    for _ in range(LOOKS):
        listed = {int(name) for name in os.listdir(proc) if name.isdigit()}
        last = max(listed, default=0)
        numbers = missing if missing is not None else range(1, min(last + 500, MAX_HIDDEN))
        missing = [pid for pid in numbers if pid not in listed and _answers(pid, proc)]
        if not missing:
            return
    for pid in missing[:50]:
        places.add("process", "%s/%d" % (proc, pid), "", GONE, _text("%s/%d/status" % (proc, pid))[:60], ["hidden"])


def _answers(pid, proc):
    """Whether there is a process of that number, which is no thread of another."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    group = re.search(r"(?m)^Tgid:\s+(\d+)", _text("%s/%d/status" % (proc, pid)))
    return group is None or int(group.group(1)) == pid


def _table(proc, name, places):
    """``(inode, local address, state)`` of the kernel's table of sockets; behind so many that it is cut, some are not seen."""
    found, text = [], _text("%s/net/%s" % (proc, name), MAX_TABLE)
    if len(text) >= MAX_TABLE:
        places.cut("listener")
    for line in text.split("\n")[1:]:
        fields = line.split()
        if len(fields) > 9:
            found.append((fields[9], _address(fields[1]), fields[3]))
    return found


def _calls(proc):
    """The other end of connections with addresses of the internet, by their inodes."""
    found = {}
    for name in ("tcp", "tcp6"):
        for line in _text("%s/net/%s" % (proc, name), MAX_TABLE).split("\n")[1:]:
            fields = line.split()
            if len(fields) > 9 and fields[3] == ESTABLISHED and _is_global(_address(fields[2])):
                found[fields[9]] = _address(fields[2])
    return found


def _is_global(address):
    try:
        parsed = ipaddress.ip_address(address.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    return (getattr(parsed, "ipv4_mapped", None) or parsed).is_global


def _address(text):
    """A local address as the kernel's tables have it, by its usual form."""
    host, _, port = text.partition(":")
    try:
        raw = b"".join(struct.pack("=I", int(host[at : at + 8], 16)) for at in range(0, len(host), 8))
        number = int(port, 16)
        if len(raw) == 4:
            return "%s:%d" % (socket.inet_ntop(socket.AF_INET, raw), number)
        return "[%s]:%d" % (socket.inet_ntop(socket.AF_INET6, raw), number)
    except (ValueError, struct.error):
        return text[:60]


def _text(path, limit=100_000):
    try:
        return read_text(path, limit) or ""
    except (OSError, Unreadable):
        return ""


def _target(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""
