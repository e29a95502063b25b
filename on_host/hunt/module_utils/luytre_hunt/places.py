"""What is gathered outside the web roots: one row for each thing that starts something, lets somebody in, or runs."""

import collections
import errno
import glob
import os
import re
import stat

from ansible.module_utils.luytre.daemons import command_lines
from ansible.module_utils.luytre_hunt.package_index import CHANGED, FOREIGN, GONE, OURS
from ansible.module_utils.luytre_hunt.wire_format import convert_path_to_text_byte_by_byte
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.files.ownership import READ, has_right
from ansible.module_utils.luytre_shared.os.area_reader import (
    UnreadableFact,
    read_text,
    read_text_below,
    stat_file_below,
)

MAX_ROWS = 6_000
OF_A_SLOT = 1_500
MAX_SAID = 20_000
MAX_ALL_SAID = 3_000_000
"""Characters of one row, and of all."""
MAX_WHERE = 1_000
MAX_FILES = 2_000
"""Names of one pattern."""
MAX_TEXT = 200_000
MAX_LINES = 2_000
WHOLE = "whole"


Thing = collections.namedtuple(
    "Thing",
    ("slot", "where", "who", "origin", "content", "marks", "programs", "exactly"),
    defaults=("", FOREIGN, "", (), (), ""),
)
"""A thing in a slot: where it is, whose, how it stands to packages, what it says, what is to be known of it.

``programs`` are those that it names. ``exactly`` is what tells it from all else there, if it can be stopped by itself:
of a line in a crontab its number and digest, of a process its number, of a key its fingerprint, of an account or a unit
its name, ``WHOLE`` of a file.
"""


class PlaceRows:
    """The rows of one reading, and what it could not tell."""

    def __init__(self, reading, packages):
        self.reading, self.packaged = reading, packages
        self.rows, self.cut_short = [], []
        self.seen = 0
        self._of, self._room = {}, MAX_ALL_SAID

    def add_row_in_slot(self, slot, where, who="", origin=FOREIGN, content="", marks=()):
        """Add a row of a thing that names no programs and cannot be stopped by itself."""
        self.add_thing(Thing(slot, where, who, origin, content, marks))

    def add_thing(self, thing):
        """Add a row of a thing in its slot."""
        slot, where, who, origin, content, marks, programs, exactly = thing
        self.seen += 1
        self._of[slot] = self._of.get(slot, 0) + 1
        content = _shorten(content)
        self._room -= len(content)
        if len(self.rows) >= MAX_ROWS or self._of[slot] > OF_A_SLOT or self._room < 0:
            self.mark_part_as_cut_short(slot)
            return
        program_origins = [
            [convert_path_to_text_byte_by_byte(path)[:MAX_WHERE], self.packaged.get_package_origin_of_file(path)]
            for path in list(programs)[:10]
        ]
        self.rows.append(
            [
                slot,
                convert_path_to_text_byte_by_byte(where)[:MAX_WHERE],
                who[:100],
                origin,
                content,
                sorted(set(marks))[:10],
                program_origins,
                exactly,
            ]
        )

    def mark_part_as_cut_short(self, part):
        """Say that a part was not read to its end."""
        if part not in self.cut_short:
            self.cut_short.append(part)

    def add_command_line(self, thing):
        """Add a row of a thing that is a command line, with the programs that it names."""
        self.add_thing(thing._replace(programs=command_lines.parse_programs_of_command(thing.content[:4000])))

    def iter_files_changed_or_of_no_package(self, *patterns):
        """Yield ``(path, standing)`` of regular files that no package made so.

        Patterns match them in root's own folders.
        """
        for pattern in patterns:
            paths = sorted(glob.glob(pattern))
            if len(paths) > MAX_FILES:
                self.mark_part_as_cut_short("files")
            for path in paths[:MAX_FILES]:
                self.seen += 1
                origin = self.packaged.get_package_origin_of_file(path)
                if origin in (CHANGED, FOREIGN) and stat.S_ISREG(_get_mode(path)):
                    yield path, origin

    def read_uncommented_lines_of_root_file(self, path):
        """Return ``(number, line)`` of what a file of root's says, without comments."""
        return parse_lines(self.read_text_of_root_file("files", path))

    def read_text_of_root_file(self, part, path):
        """Return the text of a file of root's; what is too long is told in part, and that part is not seen to
        its end.
        """
        try:
            text = read_text(path, MAX_TEXT) or ""
            return self._return_text_and_mark_if_cut_short(part, text, os.stat(path) if text else None)
        except (OSError, UnreadableFact):
            self.mark_part_as_cut_short(part)
            return ""

    def read_home_file_and_its_origin(self, part, path, reader=None):
        """Return ``(text, standing)`` of what a path in an account's home leads to.

        The account's programs, and sshd, follow every link.

        ``reader`` is the account, where no more is to be told than it may read.
        """
        try:
            handle = safe_open.open_path(path, links=safe_open.ALL_LINKS)
        except (FileNotFoundError, NotADirectoryError, safe_open.Unsafe):
            return "", GONE
        except OSError as error:
            if error.errno != errno.ELOOP:
                self.mark_part_as_cut_short(part)
            return "", GONE
        try:
            status = os.fstat(handle)
            is_readable = reader is None or has_right(status, reader["uid"], [reader["gid"]], READ)
            if not is_readable or status.st_dev == os.stat("/proc").st_dev:
                return "", GONE
            text = safe_open.read_start(handle, MAX_TEXT).decode("utf-8", "replace")
            return self._return_text_and_mark_if_cut_short(
                part, text, status
            ), self.packaged.get_package_origin_of_file(safe_open.get_real_path_of_descriptor(handle))
        except OSError:
            self.mark_part_as_cut_short(part)
            return "", GONE
        finally:
            os.close(handle)

    def read_text_below_untrusted_folder(self, part, root, relative):
        """Return likewise the text of a file below a folder that others write."""
        text = read_text_below(root, relative, MAX_TEXT) or ""
        return self._return_text_and_mark_if_cut_short(part, text, stat_file_below(root, relative) if text else None)

    def _return_text_and_mark_if_cut_short(self, part, text, status):
        if status is not None and (status.st_size > MAX_TEXT or text.count("\n") > MAX_LINES):
            self.mark_part_as_cut_short(part)
        return text


def parse_lines(text):
    """Return ``(number, line)`` of what a text says: without blank lines and comments, those that go on put together.

    A shell's ``: #`` is one as well: as such a line is put out of force where a block would be empty without it.
    """
    joined_text = re.sub(r"\\\n", " ", text)
    lines = enumerate(joined_text.split("\n")[:MAX_LINES], 1)
    return [(number, line) for number, line in lines if line.strip() and not line.lstrip().startswith(("#", ": #"))]


def _get_mode(path):
    try:
        return os.stat(path).st_mode
    except OSError:
        return 0


def _shorten(text):
    """Return a bounded text as it may travel; of a long one its head and its tail."""
    if len(text) > MAX_SAID:
        text = text[: MAX_SAID // 2] + " \u2026 " + text[-MAX_SAID // 2 :]
    return text.encode("utf-8", "replace").decode("utf-8")


__all__ = ["CHANGED", "FOREIGN", "GONE", "OURS", "WHOLE", "PlaceRows", "parse_lines"]
