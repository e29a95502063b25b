"""What a file may keep when it changes hands."""

import stat


def mode_for(status, uid, gid, mode):
    """``mode`` for the file of ``status`` once it is ``uid``'s and ``gid``'s.

    The right to run as its owner or group, which whoever had it before may have set, does not go over to another one.
    """
    passes = stat.S_ISREG(status.st_mode) and (uid, gid) != (status.st_uid, status.st_gid)
    return mode & 0o777 if passes else mode
