"""Lines of a file that a lesser user may own: they become comments in their place, and are lines again.

All else of the file stays as it is.

Whoever can write the folder of such a file may swap names at any moment: no link is followed, and what is put in its
place is what was read.
"""

import contextlib
import hashlib
import io
import os

from ansible.module_utils.luytre_shared.files import file_replacement, immutable, safe_open
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal


def split_lines_keeping_line_ends(content):
    """Return the lines of a file's content as sshd and cron read them, each with what ends it."""
    return io.BytesIO(content).readlines()


def compute_digest(line):
    """Return what tells a line from others."""
    return hashlib.sha256(line).hexdigest()


def make_comment_mark_of_action(action_id):
    """Return what a line begins with while an action of that name has it out of force."""
    return "# %s: " % action_id


def uncomment_line_if_known_by_digest(line, mark, digests):
    """Return a line as it was, if it begins so and is one of those that were taken out of force."""
    was = line[len(mark) :]
    return was if line.startswith(mark.encode("ascii")) and compute_digest(was) in digests else line


def check_file_lines_can_be_rewritten(path, owners, max_bytes):
    """Raise ActionRefusal for a file whose lines are not changed, as ``rewrite_lines`` does."""
    with contextlib.ExitStack() as open_ones:
        _open_and_read_file_to_rewrite(path, owners, max_bytes, open_ones)


def rewrite_lines(path, owners, max_bytes, change_line, choose_mtime=lambda status: status.st_mtime_ns):
    """Have each line of a file as ``change_line`` says, and its time as ``choose_mtime`` makes it of its status, in ns.

    Raises ActionRefusal for a file that is none of these owners', users by their numbers, has a second name, is reached
    by links that root did not make, or is larger than ``max_bytes``.
    """
    with contextlib.ExitStack() as open_ones:
        place, last, reading, status, content = _open_and_read_file_to_rewrite(path, owners, max_bytes, open_ones)
        new_content = b"".join(map(change_line, split_lines_keeping_line_ends(content)))
        if new_content != content:
            try:
                immutable.replace_file_keeping_its_flags(
                    place, last, reading, status, new_content, choose_mtime(status)
                )
            except file_replacement.FileSwapped:
                raise ActionRefusal("swapped", last)


def _open_and_read_file_to_rewrite(path, owners, max_bytes, open_ones):
    """Return ``(open folder, name, open file, how it stands, what it holds)``."""
    try:
        place, last = safe_open.open_parent_folder_of_path(path, safe_open.ROOTS_LINKS)
        open_ones.callback(os.close, place)
        reading = safe_open.open_name_in_open_folder(place, last)
    except safe_open.Unsafe as unsafe:
        raise ActionRefusal("unsafe", "%s: %s" % (path, unsafe.strerror))
    open_ones.callback(os.close, reading)
    status = os.fstat(reading)
    if status.st_nlink > 1 or status.st_uid not in owners:
        raise ActionRefusal("unsafe", path)
    try:
        return place, last, reading, status, safe_open.read_whole(reading, max_bytes, path)
    except safe_open.Unsafe:
        raise ActionRefusal("too_large", path)
