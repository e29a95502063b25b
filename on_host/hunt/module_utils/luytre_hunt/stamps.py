"""What tells whether a file is still the one that was read.

Eight bytes, which change with it whatever its owner does to its times.
"""

import base64
import hashlib

from ansible.module_utils.luytre_hunt.wire_format import encode_path_as_bytes

STAMP = 8
"""Bytes of one."""


def make_stamp(subject, path, status):
    """Return the stamp of a file.

    Of the root that it lies below, or of what else its reading rests on, of its path and its status.
    """
    identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    content = b"%s\0%s\0%s" % (
        encode_path_as_bytes(subject),
        encode_path_as_bytes(path),
        repr(identity).encode("ascii"),
    )
    return hashlib.blake2b(content, digest_size=STAMP).digest()


def pack_stamps(stamps):
    """Return stamps as text."""
    return base64.b64encode(b"".join(stamps)).decode("ascii")


def unpack_stamps(text):
    """Return the stamps again, in their order. Raises ValueError for other text."""
    stamps = base64.b64decode(text, validate=True)
    return [stamps[at : at + STAMP] for at in range(0, len(stamps), STAMP)]
