"""A record of programs and settings: how every file in some folders was at one moment, and what has changed since.

An entry is a list: kind (``f`` file, ``d`` folder, ``l`` link, ``o`` other), permission bits, owner, group, size, time
of the last change in nanoseconds, and what a file holds (SHA-256) or where a link leads. The kernel alone sets that
time: what has the same is not read again.
"""

import hashlib
import itertools
import json
import os
import re
import stat

from ansible.module_utils.luytre_shared.files import ownership, safe_open
from ansible.module_utils.luytre_shared.incidents import web_block_config
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact

HOME = "/var/lib/luytre/integrity"
FILE = HOME + "/record.json"
VERSION = 1
MAX_RECORD = 64_000_000
MAX_ENTRIES = 200_000
ROOT = 0
MAX_OTHERS_ENTRIES = 50_000
"""Entries in all folders together that others than root write; folders with more are left out."""
MAX_OTHERS_BYTES = 200_000_000
"""Bytes in all of others' files that are read; of more it is on record that they were not."""
CHUNK = 1 << 20
KIND, MODE, OWNER, GROUP, SIZE, CHANGE_TIME, CONTENT = range(7)
GENERATED_PATHS = re.compile(
    r"/etc/(?:mtab|adjtime|resolv\.conf|hostname|ld\.so\.cache|mailcap|network/run|\.pwd\.lock|\.updated)\Z"
    r"|/etc/g?shadow-?\Z|/etc/(?:passwd|group|subuid|subgid)-\Z"
    r"|/etc/(?:letsencrypt/(?:live|archive|renewal|csr|keys|accounts)|ssl/certs|apparmor\.d/cache|lvm/(?:archive"
    r"|backup))/"
    r"|/etc/udev/hwdb\.bin\Z|/usr/lib/udev/hwdb\.bin\Z|/usr/lib/systemd/catalog/database\Z"
    r"|/usr/lib/modules/[^/]+/modules\.|/usr/lib/(?:[^/]+/)?(?:gconv/gconv-modules|gio/modules/giomodule)\.cache\Z"
    r"|.*/__pycache__(?:/|\Z)|.*\.pyc\Z|/usr/local/share/fonts/|/boot/(?:initrd|grub/)"
)
"""What programs make anew by themselves; passwords, whose change is people's; certificates, which are renewed."""
WHILE_ARMED = re.compile(
    r"/usr/local/lib/systemd(?:\Z|/system(?:\Z|/[^/]+\.wants\Z|/(?:.+/)?luytre-(?:guard|revert|contain)-[^/]+\Z))"
    r"|/etc/(?:nginx|apache2)/luytre-contain-[^/]+\Z"
)
"""What the guard has there while a run is open, and an incident that contains something.

Left out when a record is made, and a finding when it is there later, but for what ``integrity`` knows."""
WEB_SERVERS = ("/etc/nginx/", "/etc/apache2/")
"""Whose files may take in what an incident has a site say: it is no part of what is on record of them."""


def take_folder_snapshot(folders, seconds_left=lambda: 1.0):
    """Return ``{path: entry}`` of everything in these folders as it is now.

    Raises UnreadableFact for too much, or when time is up.
    """
    entries, others = {}, ForeignReadLimits()
    for path, status in _walk_folders(folders, seconds_left, others):
        if not WHILE_ARMED.match(path):
            entry = _make_entry_without_content(status)
            entry[CONTENT] = digest_file_or_read_link(path, entry) if others.is_file_of_root_or_small(entry) else "?"
            entries[path] = entry
    return entries


class ForeignReadLimits:
    """The limits of what others than root may make us read.

    They have folders of their own even among programs.
    """

    def __init__(self):
        self.crowded = []
        """Folders that were left out."""
        self._entries, self._bytes = MAX_OTHERS_ENTRIES, MAX_OTHERS_BYTES

    def is_folder_small_enough_to_list(self, folder, names):
        """Return whether there are few enough names in a folder of others'."""
        if len(names) > self._entries:
            self.crowded.append(folder)
            return False
        self._entries -= len(names)
        return True

    def is_file_of_root_or_small(self, entry):
        """Return whether a file is root's, or small enough."""
        if entry[KIND] != "f" or entry[OWNER] == ROOT:
            return True
        if entry[SIZE] > self._bytes:
            return False
        self._bytes -= entry[SIZE]
        return True


def _walk_folders(folders, seconds_left, foreign_read_limits):
    """Yield ``(path, status)`` of each thing below folders, on the file system of each; no link is followed."""
    count, todo = 0, [(folder, None, False) for folder in reversed(folders)]
    while todo:
        folder, device, is_others = todo.pop()
        most = MAX_OTHERS_ENTRIES if is_others else MAX_ENTRIES
        try:
            device = os.stat(folder).st_dev if device is None else device
            with os.scandir(folder) as inside:
                names = sorted(entry.path for entry in itertools.islice(inside, most + 1))
        except OSError:
            continue
        if seconds_left() <= 0:
            raise UnreadableFact("time is up in %s" % folder)
        if is_others and not foreign_read_limits.is_folder_small_enough_to_list(folder, names):
            continue
        for path in names:
            if GENERATED_PATHS.match(path):
                continue
            try:
                status = os.lstat(path)
            except OSError:
                continue
            count += 1
            if count > MAX_ENTRIES:
                raise UnreadableFact("more than %d files in %s" % (MAX_ENTRIES, ", ".join(folders)))
            yield path, status
            if stat.S_ISDIR(status.st_mode) and status.st_dev == device:
                todo.append((path, device, is_others or ownership.find_untrusted_changer_of_file(status) is not None))


def _make_entry_without_content(status):
    """Return an entry without what is in the file."""
    kinds = ((stat.S_ISREG, "f"), (stat.S_ISDIR, "d"), (stat.S_ISLNK, "l"))
    kind = next((letter for test, letter in kinds if test(status.st_mode)), "o")
    alone = kind in ("f", "l")
    return [
        kind,
        stat.S_IMODE(status.st_mode),
        status.st_uid,
        status.st_gid,
        status.st_size if alone else 0,
        status.st_ctime_ns if alone else 0,
        "",
    ]


def digest_file_or_read_link(path, record_entry, algorithm="sha256"):
    """Return what a file holds, or where a link leads; ``?`` for one that cannot be read, empty for all else.

    Lines by which a web server's file takes in what an incident has a site say do not count.
    """
    try:
        if record_entry[KIND] == "f" and path.startswith(WEB_SERVERS) and record_entry[SIZE] <= CHUNK:
            text = safe_open.read_text(path, CHUNK)
            data = web_block_config.strip_own_lines_from_config(text or "").encode("utf-8", "surrogateescape")
            return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()
        if record_entry[KIND] == "l":
            return os.readlink(path)
        return _digest_file(path, algorithm, record_entry[SIZE]) if record_entry[KIND] == "f" else ""
    except OSError:
        return "?"


def _digest_file(path, algorithm, size):
    handle = safe_open.open_path(path)
    try:
        state = hashlib.new(algorithm, usedforsecurity=False)
        for _ in range(size // CHUNK + 3):
            chunk = os.read(handle, CHUNK)
            if not chunk:
                return state.hexdigest()
            state.update(chunk)
        raise OSError("it grows while it is read")
    finally:
        os.close(handle)


def find_changes_since_record(record, seconds_left=lambda: 1.0):
    """Return ``(path, what, entry)`` of all that differs from a record, in order of the paths.

    ``what`` is ``added``, ``removed``, ``content``, ``mode`` or ``kind``; the entry is as it is now, None when it is
    gone. Of a folder that came or went, only what is in it is told, and of one that is left out nothing.
    """
    before, differences, others = dict(record["entries"]), [], ForeignReadLimits()
    for path, status in _walk_folders(record["folders"], seconds_left, others):
        entry, old = _make_entry_without_content(status), before.pop(path, None)
        if old is not None and entry[:CONTENT] == old[:CONTENT]:
            continue
        if old is None and entry[KIND] == "d":
            continue
        entry[CONTENT] = digest_file_or_read_link(path, entry) if others.is_file_of_root_or_small(entry) else "?"
        what = "added" if old is None else _classify_entry_difference(old, entry)
        if what:
            differences.append((path, what, entry))
    out = tuple(folder + "/" for folder in others.crowded)
    removals = (
        (path, "removed", None) for path, old in before.items() if old[KIND] != "d" and not path.startswith(out)
    )
    return sorted([*differences, *removals], key=lambda change: change[0])


def _classify_entry_difference(old, new):
    if old[KIND] != new[KIND]:
        return "kind"
    if old[CONTENT] != new[CONTENT]:
        return "content"
    return "mode" if old[MODE:SIZE] != new[MODE:SIZE] else None


# --- kept on the host ------------------------------------------------------------------------------------


def pack_integrity_record(folders, entries, made_at):
    """Return a record as it is kept."""
    document = {"version": VERSION, "made": made_at, "folders": folders, "entries": entries}
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode("ascii")


def load_integrity_record(path=FILE, trust=None):
    """Return ``(record, digest)`` of what is kept.

    None when there is none, or others than root could have written it.
    """
    if not os.path.lexists(path) or (trust or ownership.PathTrust()).describe_first_changer_on_path(path):
        return None
    try:
        handle = safe_open.open_path(path)
        try:
            text = safe_open.read_whole(handle, MAX_RECORD, path)
        finally:
            os.close(handle)
        record = json.loads(text.decode("ascii"))
    except (OSError, ValueError, RecursionError):
        return None
    return (record, hashlib.sha256(text).hexdigest()) if _is_record_well_formed(record) else None


def _is_record_well_formed(record):
    if not isinstance(record, dict) or record.get("version") != VERSION or not isinstance(record.get("made"), int):
        return False
    folders, entries = record.get("folders"), record.get("entries")
    return (
        isinstance(folders, list)
        and all(isinstance(folder, str) and folder.startswith("/") for folder in folders)
        and isinstance(entries, dict)
        and all(isinstance(entry, list) and len(entry) == CONTENT + 1 for entry in entries.values())
    )
