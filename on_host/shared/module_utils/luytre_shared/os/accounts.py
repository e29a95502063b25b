"""Accounts of this host: who may become root and can come in, and the sessions that somebody has open."""

import contextlib
import grp
import os
import pwd
import re
import signal
import time

from ansible.module_utils.luytre_shared.files import safe_open

ROOTS_GROUPS = ("sudo", "admin", "wheel")
NO_SHELLS = ("nologin", "false", "true", "sync")
MAX_ACCOUNTS, MAX_TEXT = 5_000, 4_000_000
SESSIONS = re.compile(r"/(?:sshd?|dropbear)(?:@[^/]*)?\.service(?:/|$)|/(?:cron|atd)\.service(?:/|$)")
"""Where what an account has begun runs, besides its own slice."""
SLICE = "/user.slice/user-%d.slice/"
CGROUPS = "/sys/fs/cgroup"
END_SECONDS, ROUND_SECONDS = 6, 0.05
"""Well within the time of an answer: whoever cannot be ended is locked all the same."""
MAX_ANCESTORS = 64
DAY = 86_400


def list_accounts():
    """Return those of /etc/passwd."""
    return pwd.getpwall()[:MAX_ACCOUNTS]


def is_uid_shared_with_other_account(account):
    """Return whether another account has the same number, so that what runs is both's."""
    entry = _get_passwd_entry_or_none(account)
    return entry is not None and any(
        other.pw_uid == entry.pw_uid and other.pw_name != account for other in list_accounts()
    )


def read_shadow(account):
    """Return ``[password's field, ..., days until it ends]``: an account's line in /etc/shadow.

    None when it has none.
    """
    text = safe_open.read_text("/etc/shadow", MAX_TEXT) or ""
    for line in text.splitlines():
        fields = line.split(":")
        if fields[0] == account and len(fields) >= 9:
            return fields[1:]
    return None


def list_accounts_that_may_become_root(declared_names):
    """Return the accounts besides root that may become root: as somebody declared them, and by their groups."""
    found_names = {name for name in declared_names if _get_passwd_entry_or_none(name) is not None}
    for group in ROOTS_GROUPS:
        with contextlib.suppress(KeyError):
            entry = grp.getgrnam(group)
            found_names.update(entry.gr_mem)
            found_names.update(member.pw_name for member in list_accounts() if member.pw_gid == entry.gr_gid)
    return {
        name
        for name in found_names
        if _get_passwd_entry_or_none(name) is not None and _get_passwd_entry_or_none(name).pw_uid != 0
    }


def can_log_in(account, ssh_keys):
    """Return whether an account can log in at all: by ``ssh_keys``, as many as it has, or by its password."""
    entry, line = _get_passwd_entry_or_none(account), read_shadow(account)
    if entry is None or line is None or entry.pw_shell.rsplit("/", 1)[-1] in NO_SHELLS:
        return False
    if line[6].isdecimal() and int(line[6]) * DAY <= time.time():
        return False
    return bool(ssh_keys) or not (line[0] == "" or line[0][0] in "!*")


def _get_passwd_entry_or_none(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


# --- sessions ----------------------------------------------------------------------------------------


def kill_all_sessions_of_accounts(*uids):
    """End what accounts have open: what runs in their slices, and what is their own below sshd, cron and at.

    The numbers of what does not end in time.
    """
    ends = time.monotonic() + END_SECONDS
    return [pid for uid in uids for pid in _kill_sessions_of_uid_until(uid, ends)]


def _kill_sessions_of_uid_until(uid, deadline):
    while True:
        _kill_systemd_slice_of_uid(uid)
        pids = list_session_pids_of_uid_but_own(uid)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not pids or time.monotonic() > deadline:
            return pids
        time.sleep(ROUND_SECONDS)


def _kill_systemd_slice_of_uid(uid):
    """Have the kernel end an account's slice at once.

    What starts itself anew faster than it is counted is never met by its number.
    """
    own = SLICE % uid
    if not any(own in _read_text("/proc/%d/cgroup" % pid) for pid in list_pids_of_this_process_and_ancestors()):
        with contextlib.suppress(OSError), open(CGROUPS + own + "cgroup.kill", "w", encoding="ascii") as file:
            file.write("1")


def list_session_pids_of_uid_but_own(uid):
    """Return the numbers of the processes of an account's sessions, but for this one and those that it came from."""
    return [
        pid
        for pid, own, group in _iter_live_processes_for_uid(uid)
        if SLICE % uid in group or (own and SESSIONS.search(group))
    ]


def list_pids_of_uid_but_own(uid):
    """Return the numbers of all of an account's processes, but for this one and those that it came from."""
    return [pid for pid, own, _group in _iter_live_processes_for_uid(uid) if own]


def _iter_live_processes_for_uid(uid):
    """Yield ``(number, whether it is the account's, control group)`` of each that lives."""
    spared_pids, account = list_pids_of_this_process_and_ancestors(), str(uid)
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, AttributeError):
            status, group = _read_text("/proc/%s/status" % name), _read_text("/proc/%s/cgroup" % name)
            if int(name) not in spared_pids and not re.search(r"(?m)^State:\s+[ZX]", status):
                yield int(name), account in re.search(r"(?m)^Uid:\s+(.*)$", status).group(1).split(), group


def _read_text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(100_000)


def list_pids_of_this_process_and_ancestors():
    """Return this process and those that it came from."""
    pids, pid = [], os.getpid()
    while pid > 0 and len(pids) < MAX_ANCESTORS:
        pids.append(pid)
        with open("/proc/%d/stat" % pid, "rb") as file:
            pid = int(file.read(4096).rpartition(b")")[2].split()[1])
    return pids
