"""Who writes files that everybody may write: processes that have them open, and could not once others' right
is gone.
"""

import os
import re
import stat

from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

SECONDS = 3
"""Of the processor's time."""
MAX_STATUS = 8_000


def find_accounts_writing_open_files(files, proc="/proc"):
    """Return ``{path: [account]}`` of those that have a writer; ``files`` are paths with their status.

    None for a file of which no writer was found, where there was no time to look at all processes: that nobody writes
    is not known then.
    """
    statuses, accounts, effort = dict(files), {}, TimeBudget(SECONDS)
    for pid in filter(str.isdecimal, os.listdir(proc) if statuses else ()):
        if effort.is_used_up:
            return {path: sorted(accounts[path]) if path in accounts else None for path in statuses}
        for path, descriptor in _list_files_open_in_process("%s/%s" % (proc, pid), statuses):
            uid = _find_account_writing_descriptor("%s/%s" % (proc, pid), descriptor, statuses[path])
            if uid:
                accounts.setdefault(path, set()).add(user_name(uid))
    return {path: sorted(names) for path, names in accounts.items()}


def _list_files_open_in_process(process, statuses):
    """Return files that a process has open, by the kernel's own text: nothing of the process's own is looked at."""
    try:
        with os.scandir(process + "/fd") as entries:
            links = [(os.readlink(entry.path), entry.name) for entry in entries]
    except OSError:
        return []
    return [(path, name) for path, name in links if path in statuses]


def _find_account_writing_descriptor(process, descriptor, status):
    """Return the account of a process that writes to an open file by others' right alone, else 0."""
    try:
        with open("%s/fdinfo/%s" % (process, descriptor)) as handle:
            flags = int(re.search(r"(?m)^flags:\s+0([0-7]+)$", handle.read(MAX_STATUS)).group(1), 8)
        with open(process + "/status") as handle:
            text = handle.read(MAX_STATUS)
        uid, group = (int(re.search(r"(?m)^%s:\s+\d+\s+(\d+)" % word, text).group(1)) for word in ("Uid", "Gid"))
        groups = {group, *map(int, re.search(r"(?m)^Groups:([ \d]*)", text).group(1).split())}
    except (OSError, AttributeError, ValueError):
        return 0
    without_others = ownership.FileOwnership(status.st_uid, status.st_gid, status.st_mode & ~stat.S_IRWXO)
    return 0 if not flags & os.O_ACCMODE or ownership.can_write(without_others, uid, groups) else uid
