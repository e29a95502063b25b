"""Owner, group and mode of an open file: what it may keep when it changes hands, and in which order they change."""

import os
import stat


def drop_setid_bits_if_owner_changes(status, uid, gid, mode):
    """Return ``mode`` for the file of ``status`` once it is ``uid``'s and ``gid``'s.

    The right to run as its owner or group, which whoever had it before may have set, does not go over to another one.
    """
    passes = stat.S_ISREG(status.st_mode) and (uid, gid) != (status.st_uid, status.st_gid)
    return mode & 0o777 if passes else mode


def put_attributes_without_widening_access(handle, status, uid, gid, mode):
    """Give an open file of that ``status`` owner, group and mode; at no moment has anybody more than before or after.

    Raises OSError.
    """
    os.fchmod(handle, stat.S_IMODE(status.st_mode) & mode)
    if (uid, gid) != (status.st_uid, status.st_gid):
        os.fchown(handle, uid, gid)
    os.fchmod(handle, mode)
