"""What goes through sshd at this moment: connections that sessions' processes hold besides the one they came by, and
connections in which no session was ever opened, which wait for something to be forwarded.
"""

import ipaddress
import os
import re
import socket
import struct
import time

from ansible.module_utils.luytre.os.login_history import PROGRAMS, normalize_address
from ansible.module_utils.luytre_shared.os.area_reader import read_text

ESTABLISHED, LISTEN = "01", "0A"
MAX_PROCESSES = 2000
MAX_FORWARDS = 200
_PRE_LOGIN_TITLE = re.compile(r"\[[a-z]+\]|^(?!sshd)")
"""In the title of a process that lets nobody in yet, or that stands before the one which does the work."""


def collect_ssh_forwards(ports, name_of):
    """Return ``([{account, source, to, live, recorded, last}], {(address, port)})``.

    What goes on, and where sessions come from.

    ``ports`` are sshd's own, ``name_of`` gives an account's name by its uid.
    """
    sockets = {}
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        sockets.update(parse_kernel_tcp_table(read_text(path, 4_000_000) or ""))
    forwards, sessions, now = {}, set(), int(time.time())
    for uid, title, inodes in _iter_sshd_processes_with_sockets():
        connections = [sockets[inode] for inode in inodes if inode in sockets]
        came = next(
            (remote for state, local, remote in connections if state == ESTABLISHED and local[1] in ports), None
        )
        if came is None:
            continue
        account, is_carrying = name_of(uid), False
        forward = {"account": account, "source": came[0], "live": True, "recorded": True, "last": now}
        for state, local, remote in connections:
            if (local[1] in ports and remote == came) or state not in (ESTABLISHED, LISTEN):
                continue
            to, is_carrying = "%s:%d" % (remote if state == ESTABLISHED else local), True
            forwards[account, came[0], to] = dict(forward, to=to)
        if "@" in title:
            sessions.add(came)
        elif not is_carrying and not _PRE_LOGIN_TITLE.search(title):
            forwards[account, came[0], ""] = dict(forward, to="")
    return list(forwards.values())[:MAX_FORWARDS], sessions


def _iter_sshd_processes_with_sockets():
    """Yield ``(uid, title, inodes of its sockets)`` of processes that run sshd.

    Once a session was opened, the title names it after an @.
    """
    pids = [entry for entry in os.listdir("/proc") if entry.isdigit()][:MAX_PROCESSES]
    for pid in pids:
        try:
            if os.readlink("/proc/%s/exe" % pid).replace(" (deleted)", "") not in PROGRAMS:
                continue
            uid = os.stat("/proc/%s" % pid).st_uid
            links = [os.readlink("/proc/%s/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%s/fd" % pid)[:1000]]
            real = re.search(r"(?m)^Uid:\s+(\d+)", read_text("/proc/%s/status" % pid) or "")
            title = (read_text("/proc/%s/cmdline" % pid, 4096) or "").replace("\0", " ").strip()
        except OSError:
            continue
        inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
        yield int(real.group(1)) if real else uid, title, inodes


def parse_kernel_tcp_table(text):
    """Return ``{inode: (state, (local address, port), (remote address, port))}`` of /proc/net/tcp or tcp6."""
    sockets = {}
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9:
            sockets[fields[9]] = (fields[3], parse_kernel_endpoint(fields[1]), parse_kernel_endpoint(fields[2]))
    return sockets


def parse_kernel_endpoint(text):
    """Return ``(address, port)`` of one side of a socket, as the kernel's tables write it."""
    digits, _, port = text.partition(":")
    words = [digits[at : at + 8] for at in range(0, len(digits), 8)]
    raw = b"".join(struct.pack("=I", int(word, 16)) for word in words)
    family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
    return normalize_address(str(ipaddress.ip_address(socket.inet_ntop(family, raw)))), int(port, 16)
