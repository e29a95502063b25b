"""Which files the snapshot for the way back holds: those of /etc.

What lies behind a link out of it is not among them.
"""

import os

ETC = "/etc"


def explain_link_leading_out_of_etc(path):
    """Return why a file of /etc must not be written by its path, or None: a link on the way leads out of it."""
    real = os.path.realpath(path)
    if not path.startswith(ETC + "/") or real.startswith(ETC + "/") or real == ETC:
        return None
    return "a link leads to %s, which is not in the snapshot for the way back: put the file itself there" % real
