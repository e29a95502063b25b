"""Ports that a daemon lets go of while it reads its files anew, and that any account could take in that moment.

sshd closes what it listens on before it starts itself over. On a port above 1023 a process that tries again and again
gets in between, and nobody comes in any more. So these ports are root's for that long. A daemon that is not root's, as
MariaDB, could not take them either: where it does not come back, whoever has its port is ended, and it is started
again.

What is changed for that long is noted first, and a unit of the host's own puts it back where this process is killed in
the middle.
"""

import contextlib
import glob
import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import time
from functools import partial

START = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
"""The first port that everybody may take, over IPv6 too."""
LOCAL = "/proc/sys/net/ipv4/ip_local_port_range"
"""Where outgoing connections take theirs; the kernel wants all of it to be everybody's."""
SAVED_STATE = "/run/luytre-ports.json"
"""How both were, who stands still, and whose doing that is, for whoever comes after one that was killed."""
PYTHON, PROGRAM = "/usr/bin/python3", "/run/luytre-ports.py"
WATCH_SECONDS = 900
"""More than anything takes that is done meanwhile."""
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
LISTEN = "0A"
BACK_SECONDS = 10
HALTS = 20
"""How often who is to be halted is looked for: who starts others starts none once halted."""
LEAST_LOCAL = 1_000
"""Ports that are left to outgoing connections."""


def run_reload_with_ports_of_unit_reserved(unit, reload_daemon):
    """Do what has a unit's daemon read its files anew, and see to it that nobody else has its ports then.

    ``reload_daemon() -> why it failed, or None``, which is returned; None, too, where the daemon had to be started
    again, and was.
    """
    process = _get_main_process(unit)
    places = _list_tcp_ports_process_listens_on(process)
    if not places or _is_process_roots(process):
        with reserve_ports_of_root_process(partial(_get_main_process, unit)):
            return reload_daemon()
    error = reload_daemon()
    return None if _take_lost_ports_back_and_restart_unit(unit, places) else error


def _is_process_roots(process):
    try:
        return os.stat("/proc/" + process).st_uid == 0
    except OSError:
        return True


@contextlib.contextmanager
def reserve_ports_of_root_process(find_process):
    """Keep the ports that a process of root's listens on from everybody but root until it listens on them again.

    ``find_process() -> its number, or None``: it may be another one afterwards.
    """
    before = _list_tcp_ports_process_listens_on(find_process())
    top = max((port for _, _, port in before), default=0) + 1
    was = _raise_lowest_unprivileged_port(top) if before else None
    try:
        yield
        until = time.monotonic() + BACK_SECONDS
        while was and not before <= _list_tcp_ports_process_listens_on(find_process()) and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        if was:
            put_ports_and_processes_back(was)


def _get_main_process(unit):
    """Return the number of a unit's first process, or None."""
    process = _run_systemctl_and_return_output("show", "--property=MainPID", "--value", "--", unit)
    return process if process.isdecimal() and int(process) > 1 else None


def _run_systemctl_and_return_output(*words):
    process = subprocess.run(
        ["systemctl", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=90, check=False,
    )  # fmt: skip
    return process.stdout.decode("ascii", "replace").strip()


def _take_lost_ports_back_and_restart_unit(unit, lost_ports):
    """Start a unit again whose first process has lost ports, once whoever has them is ended. Whether it runs so."""
    own_ports = {port for _, _, port in _list_tcp_ports_process_listens_on(_get_main_process(unit))}
    inodes, accounts = _find_foreign_sockets_on_ports([place for place in lost_ports if place[2] not in own_ports])
    if not inodes:
        return False
    with _halt_processes_of_accounts_meanwhile(accounts):
        _kill_processes_holding_sockets(inodes, accounts)
        _run_systemctl_and_return_output("reset-failed", "--", unit)
        _run_systemctl_and_return_output("start", "--", unit)
    return _get_main_process(unit) is not None


def _find_foreign_sockets_on_ports(ports):
    """Return ``(inodes, accounts)`` of the sockets that keep others from listening there, but for root's."""
    rows = [
        row
        for table in TABLES
        for row in _read_listening_socket_rows(table)
        if row[7] != "0" and _is_socket_blocking_wanted_port(table, row[1], ports)
    ]
    return {row[9] for row in rows}, {int(row[7]) for row in rows}


def _is_socket_blocking_wanted_port(table, local_address, ports):
    address, _, port = local_address.rpartition(":")
    return any(
        int(port, 16) == wanted_port
        and ((table, address) == (where, at) or not address.strip("0") or not at.strip("0"))
        for where, at, wanted_port in ports
    )


def _kill_processes_holding_sockets(inodes, accounts):
    """End those of the accounts that hold a socket: one may have been handed to a daemon of others' as well."""
    for process in _iter_processes(accounts):
        with contextlib.ExitStack() as open_ones:
            handle = _open_pidfd_if_process_of_accounts(process, accounts, open_ones)
            if handle is not None and _list_sockets(process) & inodes:
                _send_signal(handle, signal.SIGKILL)


@contextlib.contextmanager
def _halt_processes_of_accounts_meanwhile(accounts):
    """Let no process of some accounts run: another one that waits for the port would be there first.

    One that stood still before, as an incident may have it, goes on standing still.
    """
    seen_pids, handles = set(), {}
    with contextlib.ExitStack() as open_ones:
        try:
            for _ in range(HALTS):
                more = {process for process in _iter_processes(accounts) if process not in seen_pids}
                seen_pids |= more
                new_handles = {
                    process: _open_pidfd_if_process_of_accounts(process, accounts, open_ones)
                    for process in more
                    if not _is_stopped(process)
                }
                handles.update({process: handle for process, handle in new_handles.items() if handle is not None})
                with contextlib.suppress(OSError, ValueError):
                    _note_changes_and_start_watcher(
                        {"halted": [_get_pid_and_start_time(process) for process in handles]}
                    )
                for process in set(new_handles) & set(handles):
                    _send_signal(handles[process], signal.SIGSTOP)
                if not more:
                    break
            yield
        finally:
            for handle in handles.values():
                _send_signal(handle, signal.SIGCONT)
            with contextlib.suppress(OSError, ValueError):
                put_ports_and_processes_back(_read_saved_state_to_put_back() or {})


def _open_pidfd_if_process_of_accounts(pid, accounts, open_ones):
    """Return a descriptor of a process that is one of the accounts', or None.

    Whatever gets its number meanwhile gets no signal.
    """
    with contextlib.suppress(OSError):
        handle = os.pidfd_open(pid)
        open_ones.callback(os.close, handle)
        if os.stat("/proc/%d" % pid).st_uid in accounts:
            return handle
    return None


def _is_stopped(pid):
    state = _read_stat(pid)
    return not state or state[0] in "Tt"


def _read_stat(pid):
    """Return what the kernel says of a process after its name; nothing of one that is gone."""
    with contextlib.suppress(OSError), open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as handle:
        return handle.read().rpartition(")")[2].split()
    return []


def _get_pid_and_start_time(pid):
    """Return ``[its number, when it began]``: who gets that number later began later."""
    state = _read_stat(pid)
    return [pid, state[19] if len(state) > 19 else None]


def _send_signal(pidfd, signal_number):
    with contextlib.suppress(OSError):
        signal.pidfd_send_signal(pidfd, signal_number)


def _iter_processes(accounts):
    for path in glob.glob("/proc/[0-9]*"):
        with contextlib.suppress(OSError):
            if os.stat(path).st_uid in accounts:
                yield int(path.split("/")[2])


def _list_sockets(pid):
    """Return the inodes of a process's sockets."""
    inodes = set()
    for path in glob.glob("/proc/%s/fd/*" % pid):
        with contextlib.suppress(OSError):
            target = os.readlink(path)
            if target.startswith("socket:["):
                inodes.add(target[len("socket:[") : -1])
    return inodes


def _list_tcp_ports_process_listens_on(pid):
    """Return ``{(table, address, port)}`` of what a process listens on by TCP."""
    sockets = _list_sockets(pid) if pid else set()
    listeners = set()
    for table in TABLES if sockets else ():
        for row in _read_listening_socket_rows(table):
            if row[9] in sockets:
                address, _, port = row[1].rpartition(":")
                listeners.add((table, address, int(port, 16)))
    return listeners


def _read_listening_socket_rows(table_name):
    """Return the words of each socket that listens."""
    try:
        with open(table_name, encoding="ascii", errors="replace") as handle:
            rows = [line.split() for line in handle][1:]
    except OSError:
        return []
    return [row for row in rows if len(row) > 9 and row[3] == LISTEN]


def _raise_lowest_unprivileged_port(first_free_port):
    """Have no port below ``first_free_port`` be everybody's. How it was before, or None where nothing is changed."""
    try:
        earlier_state = _read_saved_state_to_put_back()
        was = (
            earlier_state
            if earlier_state and "start" in earlier_state
            else {"start": int(_read_text(START)), "local": _read_text(LOCAL)}
        )
        low, high = map(int, was["local"].split())
        if first_free_port <= was["start"] or high - first_free_port < LEAST_LOCAL:
            return earlier_state
        _note_changes_and_start_watcher(was)
        if first_free_port > low:
            _write_text_to_file(LOCAL, "%d %d" % (first_free_port, high))
        _write_text_to_file(START, "%d" % first_free_port)
        return was
    except (OSError, ValueError):
        return None


def _read_saved_state_to_put_back():
    try:
        with open(SAVED_STATE, encoding="ascii") as handle:
            return json.load(handle)
    except FileNotFoundError:
        return None


def _note_changes_and_start_watcher(changes):
    """Note what is to be put back before it is changed, and have the host do so where this process is killed."""
    _write_file_atomically(
        SAVED_STATE,
        json.dumps({**(_read_saved_state_to_put_back() or {}), **changes, "by": _get_pid_and_start_time(os.getpid())}),
    )
    _start_watcher_of_this_process()


def _start_watcher_of_this_process():
    """Have systemd run this file, which waits for the end of this process. One that does so already goes on.

    Where that cannot be had, the ports are kept all the same: the next run gives them back then, or the next boot.
    """
    process = _get_pid_and_start_time(os.getpid())
    with contextlib.suppress(OSError, ValueError, AttributeError, ImportError, subprocess.TimeoutExpired):
        _write_file_atomically(PROGRAM, importlib.util.find_spec(__name__).loader.get_source(__name__))
        subprocess.run(
            [
                *("systemd-run", "--quiet", "--collect", "--slice=system.slice", "--property=Type=exec"),
                *("--unit=luytre-ports-%d" % process[0], PYTHON, "-I", "-B", PROGRAM, *map(str, process)),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20, check=False,
        )  # fmt: skip


def _write_file_atomically(path, text):
    handle = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)


def wait_for_process_end_and_put_back(pid, start_time):
    """Wait for the end of a process, and put back what it has noted and not put back itself."""
    with contextlib.suppress(OSError):
        handle = os.pidfd_open(pid)
        if _get_pid_and_start_time(pid) == [pid, start_time]:
            select.select([handle], [], [], WATCH_SECONDS)
    state = _read_saved_state_to_put_back()
    if state and state.get("by") == [pid, start_time]:
        put_ports_and_processes_back(state)


def put_ports_and_processes_back(saved_state):
    """Have ports and processes as they were noted, and forget that."""
    with contextlib.suppress(OSError, KeyError):
        _write_text_to_file(START, "%d" % saved_state["start"])
        _write_text_to_file(LOCAL, saved_state["local"])
    for process, began in saved_state.get("halted", ()):
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(process)
            if _get_pid_and_start_time(process) == [process, began]:
                _send_signal(handle, signal.SIGCONT)
            os.close(handle)
    with contextlib.suppress(OSError):
        os.unlink(SAVED_STATE)


def _read_text(path):
    with open(path, encoding="ascii") as handle:
        return handle.read().strip()


def _write_text_to_file(path, text):
    with open(path, "w", encoding="ascii") as handle:
        handle.write(text)


if __name__ == "__main__":
    wait_for_process_end_and_put_back(int(sys.argv[1]), sys.argv[2])
