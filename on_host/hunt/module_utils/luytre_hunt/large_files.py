"""What is read of files that are too large to be read whole."""

import os

from ansible.module_utils.luytre_shared.files import safe_open

PART = 1 << 20
"""Bytes of head and of tail."""
WHOLE = 32 << 20
"""Bytes: of a larger file head and tail are read, and it has no digest."""


def read_head_and_tail_of_open_file(handle, size):
    """Return the first and the last megabyte of an open file, which may be a sparse one of a thousand gigabytes."""
    head = safe_open.read_start(handle, PART)
    os.lseek(handle, max(PART, size - PART), os.SEEK_SET)
    return head + safe_open.read_start(handle, PART)
