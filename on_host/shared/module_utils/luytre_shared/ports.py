"""Ports that a daemon lets go of while it reads its files anew, and that any account could take in that moment.

sshd closes what it listens on before it starts itself over. On a port above 1023 a process that tries again and again gets in
between, and nobody comes in any more. So these ports are root's for that long.
"""

import contextlib
import glob
import json
import os
import subprocess
import time
from functools import partial

START = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
"""The first port that everybody may take, over IPv6 too."""
LOCAL = "/proc/sys/net/ipv4/ip_local_port_range"
"""Where outgoing connections take theirs; the kernel wants all of it to be everybody's."""
SAVED = "/run/luytre-ports.json"
"""How both were, for whoever comes after one that was killed."""
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
LISTEN = "0A"
BACK_SECONDS = 10
LEAST_LOCAL = 1_000
"""Ports that are left to outgoing connections."""


def reserve_for_unit(unit):
    """Keep the ports of a unit's first process, as ``reserve`` does."""
    return reserve(partial(_main_of, unit))


@contextlib.contextmanager
def reserve(find):
    """Keep the ports that a process of root's listens on from everybody but root until it listens on them again.

    ``find() -> its number, or None``: it may be another one afterwards.
    """
    before = _listening(find())
    top = max((port for _, _, port in before), default=0) + 1
    was = _raise_to(top) if before else None
    try:
        yield
        until = time.monotonic() + BACK_SECONDS
        while was and not before <= _listening(find()) and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        if was:
            _put(was)


def _main_of(unit):
    """The number of a unit's first process, where that is root's and so may take any port; else None."""
    said = subprocess.run(
        ["systemctl", "show", "--property=MainPID", "--value", "--", unit],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False,
    ).stdout  # fmt: skip
    process = said.decode("ascii", "replace").strip()
    with contextlib.suppress(OSError):
        if process.isdecimal() and int(process) > 1 and os.stat("/proc/" + process).st_uid == 0:
            return process
    return None


def _listening(process):
    """``{(table, address, port)}`` of what a process listens on by TCP."""
    sockets = set()
    for path in glob.glob("/proc/%s/fd/*" % process) if process else ():
        with contextlib.suppress(OSError):
            target = os.readlink(path)
            if target.startswith("socket:["):
                sockets.add(target[len("socket:[") : -1])
    found = set()
    for table in TABLES if sockets else ():
        with contextlib.suppress(OSError), open(table, encoding="ascii", errors="replace") as handle:
            rows = [line.split() for line in handle][1:]
            for row in rows:
                if len(row) > 9 and row[3] == LISTEN and row[9] in sockets:
                    address, _, port = row[1].rpartition(":")
                    found.add((table, address, int(port, 16)))
    return found


def _raise_to(top):
    """Have no port below ``top`` be everybody's. How it was before, or None where nothing is to be, or can be, done."""
    try:
        was = _saved() or {"start": int(_text(START)), "local": _text(LOCAL)}
        low, high = map(int, was["local"].split())
        if top <= was["start"] or high - top < LEAST_LOCAL:
            return None
        handle = os.open(SAVED, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(was, file)
        if top > low:
            _write(LOCAL, "%d %d" % (top, high))
        _write(START, "%d" % top)
        return was
    except (OSError, ValueError):
        return None


def _saved():
    try:
        with open(SAVED, encoding="ascii") as handle:
            return json.load(handle)
    except FileNotFoundError:
        return None


def _put(was):
    with contextlib.suppress(OSError):
        _write(START, "%d" % was["start"])
        _write(LOCAL, was["local"])
        os.unlink(SAVED)


def _text(path):
    with open(path, encoding="ascii") as handle:
        return handle.read().strip()


def _write(path, text):
    with open(path, "w", encoding="ascii") as handle:
        handle.write(text)
