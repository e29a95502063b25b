"""Ending the session of the account that a run works through: it may still be writing."""

import os
import re
import signal
import time

from ansible.module_utils.luytre_guard.os import child_worker
from ansible.module_utils.luytre_guard.rollback_point import steps

SESSION = re.compile(r"/user\.slice/|/(sshd?|dropbear)(@[^/]*)?\.service(/|$)|/ssh(d)?@[^/]*")
PACKAGE_WORK = frozenset(("dpkg", "apt-get", "apt", "unattended-upgr"))
PACKAGE_SECONDS = 60
ROUNDS = 100
READ_SECONDS = 10


def _read_all_processes_by_pid():
    """Return all processes, by id.

    Read apart, for even root's may be stuck; if so without what lies in their memory.
    """
    for memory in (True, False):
        try:
            rows = child_worker.run_in_child_process_within_seconds(
                lambda memory=memory: _read_all_processes(memory), READ_SECONDS
            )
        except child_worker.WorkerFailure:
            continue
        return {process["pid"]: process for process in rows}
    return {}


def _read_all_processes(with_memory):
    processes = (_read_process(int(name), with_memory) for name in os.listdir("/proc") if name.isdecimal())
    return [process for process in processes if process is not None]


def _read_process(pid, with_memory=False):
    """Return what is known of a process.

    ``with_memory``: also its title and environment, which lie in its memory; a lesser user can make a read of that
    block for ever, so only for processes that are root's altogether.
    """
    try:
        with open("/proc/%d/status" % pid, encoding="utf-8", errors="replace") as handle:
            status = dict(line.rstrip("\n").partition(":\t")[::2] for line in handle)
        with open("/proc/%d/cgroup" % pid, encoding="utf-8", errors="replace") as handle:
            groups = [line.rstrip("\n").split(":", 2) for line in handle]
    except (OSError, ValueError):
        return None
    uids = status.get("Uid", "0").split()
    roots = with_memory and set(uids) == {"0"}
    environment = _read_proc_file_of_process(pid, "environ").split(b"\0") if roots else []
    return {
        "pid": pid,
        "parent": int(status.get("PPid", "0")),
        "uid": int(uids[0]),
        "name": status.get("Name", ""),
        "state": status.get("State", "")[:1],
        "group": next(
            (
                path
                for hierarchy, names, path in groups
                if names == "name=systemd" or (hierarchy == "0" and path != "/")
            ),
            "/",
        ),
        "title": _read_proc_file_of_process(pid, "cmdline")[:4096].decode("utf-8", "replace").replace("\0", " ")
        if roots
        else "",
        "sudo": next(
            (v[len(b"SUDO_UID=") :].decode("ascii", "replace") for v in environment if v.startswith(b"SUDO_UID=")), None
        ),
        "step": steps.find_run_of_process(pid, environment) if set(uids) == {"0"} else None,
    }


def _read_proc_file_of_process(pid, proc_file):
    try:
        with open("/proc/%d/%s" % (pid, proc_file), "rb") as handle:
            return handle.read(200_000)
    except OSError:
        return b""


def list_ancestors(pid):
    """Return a process and those above it, up to but without the first."""
    pids = []
    while pid > 1 and len(pids) < 64:
        process = _read_process(pid)
        if process is None:
            break
        pids.append(pid)
        pid = process["parent"]
    return pids


def find_pids_of_steps_of_run(processes, run, uid, account, spared_pids):
    """Return the ids of the run's steps and of what they started, wherever it went.

    And of all processes in login sessions that belong to the account or that it started, through sudo too."""
    title = re.compile(r"\Asshd(-session)?: %s(@| \[priv\]|\s|$)" % re.escape(account))
    in_session = {pid: process for pid, process in processes.items() if SESSION.search(process["group"])}
    pids = {
        pid
        for pid, process in in_session.items()
        if (uid != 0 and process["uid"] == uid)
        or process["sudo"] == str(uid)
        or "/user-%d.slice/" % uid in process["group"]
        or title.match(process["title"])
    }
    pids = _add_descendants(pids, in_session) | _add_descendants(
        {pid for pid, process in processes.items() if process["step"] == run}, processes
    )
    return {pid for pid in pids if pid not in spared_pids and pid > 1 and processes[pid]["state"] != "Z"}


def _add_descendants(pids, processes):
    """Return these processes with all that they started."""
    pids, more = set(pids), set(pids)
    while more:
        more = {pid for pid, process in processes.items() if process["parent"] in pids} - pids
        pids |= more
    return pids


def kill_steps_of_run_and_account_sessions(run, uid, account, spare=()):
    """Kill the run's steps and the account's sessions; work of the package manager may first come to its end. How many
    processes ended."""
    spared_pids = {*list_ancestors(os.getpid()), *spare}
    ended_pids, until = set(), time.monotonic() + PACKAGE_SECONDS
    for _ in range(ROUNDS * PACKAGE_SECONDS):
        processes = _read_all_processes_by_pid()
        pids = find_pids_of_steps_of_run(processes, run, uid, account, spared_pids)
        busy_pids = _find_pids_at_work_with_packages(processes, pids) if time.monotonic() < until else set()
        for pid in pids - busy_pids:
            try:
                os.kill(pid, signal.SIGKILL)
                ended_pids.add(pid)
            except ProcessLookupError:
                continue
        if not pids:
            break
        if not busy_pids and time.monotonic() > until + 5:
            break
        time.sleep(0.02 if not busy_pids else 0.2)
    return len(ended_pids)


def _find_pids_at_work_with_packages(processes, pids):
    busy_pids = {pid for pid in pids if processes[pid]["name"] in PACKAGE_WORK}
    return _add_descendants(busy_pids, {pid: processes[pid] for pid in pids})
