"""Ports that a daemon lets go of while it reads its files anew, and that any account could take in that moment.

sshd closes what it listens on before it starts itself over. On a port above 1023 a process that tries again and again gets in
between, and nobody comes in any more. So these ports are root's for that long. A daemon that is not root's, as MariaDB, could not
take them either: where it does not come back, whoever has its port is ended, and it is started again.
"""

import contextlib
import glob
import json
import os
import signal
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
HALTS = 20
"""How often who is to be halted is looked for: who starts others starts none once halted."""
LEAST_LOCAL = 1_000
"""Ports that are left to outgoing connections."""


def with_ports_of(unit, act):
    """Do what has a unit's daemon read its files anew, and see to it that nobody else has its ports then.

    ``act() -> why it failed, or None``, which is returned; None, too, where the daemon had to be started again, and was.
    """
    process = _main_of(unit)
    places = _listening(process)
    if not places or _is_roots(process):
        with reserve(partial(_main_of, unit)):
            return act()
    said = act()
    return None if _take_back(unit, places) else said


def _is_roots(process):
    try:
        return os.stat("/proc/" + process).st_uid == 0
    except OSError:
        return True


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
    """The number of a unit's first process, or None."""
    process = _systemctl("show", "--property=MainPID", "--value", "--", unit)
    return process if process.isdecimal() and int(process) > 1 else None


def _systemctl(*words):
    done = subprocess.run(
        ["systemctl", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=90, check=False,
    )  # fmt: skip
    return done.stdout.decode("ascii", "replace").strip()


def _take_back(unit, places):
    """Start a unit again whose first process has lost ports, once whoever has them is ended. Whether it runs so."""
    left = {port for _, _, port in _listening(_main_of(unit))}
    inodes, accounts = _holders([one for one in places if one[2] not in left])
    if not inodes:
        return False
    with _halted(accounts):
        _end_those_with(inodes, accounts)
        _systemctl("reset-failed", "--", unit)
        _systemctl("start", "--", unit)
    return _main_of(unit) is not None


def _holders(places):
    """``(inodes, accounts)`` of the sockets that keep others from listening there, but for root's."""
    found = [row for table in TABLES for row in _rows(table) if row[7] != "0" and _in_the_way(table, row[1], places)]
    return {row[9] for row in found}, {int(row[7]) for row in found}


def _in_the_way(table, local, places):
    address, _, port = local.rpartition(":")
    return any(
        int(port, 16) == wanted and ((table, address) == (where, at) or not address.strip("0") or not at.strip("0"))
        for where, at, wanted in places
    )


def _end_those_with(inodes, accounts):
    """End those of the accounts that hold a socket: one may have been handed to a daemon of others' as well."""
    for process in _processes_of(accounts):
        with contextlib.ExitStack() as open_ones:
            handle = _hold(process, accounts, open_ones)
            if handle is not None and _sockets_of(process) & inodes:
                _send(handle, signal.SIGKILL)


@contextlib.contextmanager
def _halted(accounts):
    """Let no process of some accounts run: another one that waits for the port would be there first.

    One that stood still before, as an incident may have it, goes on standing still.
    """
    seen, halted = set(), []
    with contextlib.ExitStack() as open_ones:
        try:
            for _ in range(HALTS):
                more = {process for process in _processes_of(accounts) if process not in seen}
                seen |= more
                for process in more:
                    handle = _hold(process, accounts, open_ones)
                    if handle is not None and not _stands_still(process):
                        _send(handle, signal.SIGSTOP)
                        halted.append(handle)
                if not more:
                    break
            yield
        finally:
            for handle in halted:
                _send(handle, signal.SIGCONT)


def _hold(process, accounts, open_ones):
    """A descriptor of a process that is one of the accounts', or None: whatever gets its number meanwhile gets no signal."""
    with contextlib.suppress(OSError):
        handle = os.pidfd_open(process)
        open_ones.callback(os.close, handle)
        if os.stat("/proc/%d" % process).st_uid in accounts:
            return handle
    return None


def _stands_still(process):
    try:
        with open("/proc/%d/stat" % process, encoding="utf-8", errors="replace") as handle:
            return handle.read().rpartition(")")[2].split()[0] in "Tt"
    except (OSError, IndexError):
        return True


def _send(handle, number):
    with contextlib.suppress(OSError):
        signal.pidfd_send_signal(handle, number)


def _processes_of(accounts):
    for path in glob.glob("/proc/[0-9]*"):
        with contextlib.suppress(OSError):
            if os.stat(path).st_uid in accounts:
                yield int(path.split("/")[2])


def _sockets_of(process):
    """The inodes of a process's sockets."""
    found = set()
    for path in glob.glob("/proc/%s/fd/*" % process):
        with contextlib.suppress(OSError):
            target = os.readlink(path)
            if target.startswith("socket:["):
                found.add(target[len("socket:[") : -1])
    return found


def _listening(process):
    """``{(table, address, port)}`` of what a process listens on by TCP."""
    sockets = _sockets_of(process) if process else set()
    found = set()
    for table in TABLES if sockets else ():
        for row in _rows(table):
            if row[9] in sockets:
                address, _, port = row[1].rpartition(":")
                found.add((table, address, int(port, 16)))
    return found


def _rows(table):
    """The words of each socket that listens."""
    try:
        with open(table, encoding="ascii", errors="replace") as handle:
            rows = [line.split() for line in handle][1:]
    except OSError:
        return []
    return [row for row in rows if len(row) > 9 and row[3] == LISTEN]


def _raise_to(top):
    """Have no port below ``top`` be everybody's. How it was before, or None where nothing is changed."""
    try:
        saved = _saved()
        was = saved or {"start": int(_text(START)), "local": _text(LOCAL)}
        low, high = map(int, was["local"].split())
        if top <= was["start"] or high - top < LEAST_LOCAL:
            return saved
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
