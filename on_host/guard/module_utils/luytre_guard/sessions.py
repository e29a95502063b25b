"""Ending the session of the account that a run works through: it may still be writing."""

import os
import re
import signal
import time

from . import apart, steps

SESSION = re.compile(r"/user\.slice/|/(sshd?|dropbear)(@[^/]*)?\.service(/|$)|/ssh(d)?@[^/]*")
PACKAGE_WORK = frozenset(("dpkg", "apt-get", "apt", "unattended-upgr"))
PACKAGE_SECONDS = 60
ROUNDS = 100
READ_SECONDS = 10


def _processes():
    """All processes, by id. Read apart, for even root's may be stuck; if so without what lies in their memory."""
    for memory in (True, False):
        try:
            found = apart.run(lambda memory=memory: _all(memory), READ_SECONDS)
        except apart.Abandoned:
            continue
        return {one["pid"]: one for one in found}
    return {}


def _all(memory):
    found = (_process(int(name), memory) for name in os.listdir("/proc") if name.isdecimal())
    return [one for one in found if one is not None]


def _process(pid, memory=False):
    """What is known of a process. ``memory``: also its title and environment, which lie in its memory; a lesser user
    can make a read of that block for ever, so only for processes that are root's altogether."""
    try:
        with open("/proc/%d/status" % pid, encoding="utf-8", errors="replace") as handle:
            status = dict(line.rstrip("\n").partition(":\t")[::2] for line in handle)
        with open("/proc/%d/cgroup" % pid, encoding="utf-8", errors="replace") as handle:
            groups = [line.rstrip("\n").split(":", 2) for line in handle]
    except (OSError, ValueError):
        return None
    uids = status.get("Uid", "0").split()
    roots = memory and set(uids) == {"0"}
    environment = _memory(pid, "environ").split(b"\0") if roots else []
    return {
        "pid": pid,
        "parent": int(status.get("PPid", "0")),
        "uid": int(uids[0]),
        "name": status.get("Name", ""),
        "state": status.get("State", "")[:1],
        "group": next(
            (path for one, names, path in groups if names == "name=systemd" or (one == "0" and path != "/")), "/"
        ),
        "title": _memory(pid, "cmdline")[:4096].decode("utf-8", "replace").replace("\0", " ") if roots else "",
        "sudo": next(
            (v[len(b"SUDO_UID=") :].decode("ascii", "replace") for v in environment if v.startswith(b"SUDO_UID=")), None
        ),
        "step": steps.of_process(pid, environment) if set(uids) == {"0"} else None,
    }


def _memory(pid, name):
    try:
        with open("/proc/%d/%s" % (pid, name), "rb") as handle:
            return handle.read(200_000)
    except OSError:
        return b""


def chain(pid):
    """A process and those above it, up to but without the first."""
    found = []
    while pid > 1 and len(found) < 64:
        one = _process(pid)
        if one is None:
            break
        found.append(pid)
        pid = one["parent"]
    return found


def of_run(processes, run, uid, account, spared):
    """The ids of the run's steps and of what they started, wherever it went; and of all processes in login sessions that
    belong to the account or that it started, through sudo too."""
    title = re.compile(r"\Asshd(-session)?: %s(@| \[priv\]|\s|$)" % re.escape(account))
    in_session = {pid: one for pid, one in processes.items() if SESSION.search(one["group"])}
    chosen = {
        pid
        for pid, one in in_session.items()
        if (uid != 0 and one["uid"] == uid)
        or one["sudo"] == str(uid)
        or "/user-%d.slice/" % uid in one["group"]
        or title.match(one["title"])
    }
    chosen = _grown(chosen, in_session) | _grown(
        {pid for pid, one in processes.items() if one["step"] == run}, processes
    )
    return {pid for pid in chosen if pid not in spared and pid > 1 and processes[pid]["state"] != "Z"}


def _grown(chosen, among):
    """These processes with all that they started."""
    chosen, more = set(chosen), set(chosen)
    while more:
        more = {pid for pid, one in among.items() if one["parent"] in chosen} - chosen
        chosen |= more
    return chosen


def end(run, uid, account, spare=()):
    """Kill the run's steps and the account's sessions; work of the package manager may first come to its end. How many
    processes ended."""
    spared = {*chain(os.getpid()), *spare}
    ended, until = set(), time.monotonic() + PACKAGE_SECONDS
    for _ in range(ROUNDS * PACKAGE_SECONDS):
        processes = _processes()
        chosen = of_run(processes, run, uid, account, spared)
        working = _below_package_work(processes, chosen) if time.monotonic() < until else set()
        for pid in chosen - working:
            try:
                os.kill(pid, signal.SIGKILL)
                ended.add(pid)
            except ProcessLookupError:
                continue
        if not chosen:
            break
        if not working and time.monotonic() > until + 5:
            break
        time.sleep(0.02 if not working else 0.2)
    return len(ended)


def _below_package_work(processes, chosen):
    working = {pid for pid in chosen if processes[pid]["name"] in PACKAGE_WORK}
    return _grown(working, {pid: processes[pid] for pid in chosen})
