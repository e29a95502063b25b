"""What lies below a folder, without recursion and within bounds; what goes beyond them is noted, or refused."""

import collections
import os
import time

from ansible.module_utils.luytre_guard.files import store, tree
from ansible.module_utils.luytre_guard.files.scope import find_nearest_start_at_or_above_path

MAX_DEPTH = 64
MAX_NOTES = 100
OWN = 200
"""Bytes that an entry takes besides its words."""


class WalkNotes:
    """Notes on what was not kept: below which path, of how many entries at least, and why.

    ``why`` is a word: ``deep`` ``many`` ``large`` ``late`` ``unreadable`` ``blocked`` ``broken``.
    """

    def __init__(self):
        self._counts = {}

    def add_note_on_entries_not_kept(self, folder, reason, count=1):
        """Note entries; told once for a place and a reason, and for a bounded number of places."""
        if (folder, reason) in self._counts or len(self._counts) < MAX_NOTES:
            self._counts[folder, reason] = self._counts.get((folder, reason), 0) + count

    def merge_rows_of_other_notes(self, rows):
        """Take over what another told."""
        for row in rows:
            self.add_note_on_entries_not_kept(row["path"], row["why"], row["count"])

    def to_rows(self):
        """Return the notes as rows of a document."""
        return [{"path": path, "why": why, "count": n} for (path, why), n in sorted(self._counts.items())]


class RefusingNotes:
    """Notes of trees that only root can change: there what cannot be kept is refused."""

    def add_note_on_entries_not_kept(self, folder, reason, count=1):
        """Raise GuardRefusal naming the folder and the reason."""
        raise store.GuardRefusal("%s cannot be kept whole: %s" % (folder, WHY[reason]))


WHY = {
    "deep": "folders in it are nested more than %d deep" % MAX_DEPTH,
    "many": "it holds too many entries",
    "large": "it holds too much, or a file that is too large",
    "late": "reading it took too long",
    "unreadable": "something in it cannot be read",
    "blocked": "reading it did not end",
    "broken": "reading it failed",
}


def describe_note(note):
    """Return a note in words."""
    return "%d entries below %s: %s" % (note["count"], note["path"], WHY[note["why"]])


class WalkBudget:
    """The number of entries and bytes that may be kept, and until when."""

    def __init__(self, entries, size, seconds):
        self.entries, self.size, self._until = entries, size, time.monotonic() + seconds

    def spend_on_entry_or_return_reason(self, path, entry):
        """Return why the entry is too much, or None when it is accounted for."""
        cost = OWN + 2 * len(path) + len(entry.get("target", ""))
        cost += sum(len(name) + len(value) for name, value in entry.get("xattrs", {}).items())
        if self.entries < 1:
            return "many"
        if self.size < cost:
            return "large"
        if time.monotonic() > self._until:
            return "late"
        self.entries -= 1
        self.size -= cost
        return None


class _Folder:
    """An open folder on the way down, with the names that are still to be looked at."""

    def __init__(self, handle, path, names, device):
        self.handle, self.path, self.names, self.device = handle, path, names, device


WalkExtent = collections.namedtuple(
    "WalkExtent", ("should_enter", "paths_to_skip", "only", "mounts_to_enter"), defaults=(None, (), None, ())
)
"""How far a walk goes.

``should_enter(path, entry)``: whether a folder is gone into. ``paths_to_skip``: paths that are left out, with what is
below them. ``only``: folder to the names in it that are looked at. ``mounts_to_enter``: folders below which other
mounts are gone into, too.
"""
ONE_FILE_SYSTEM = WalkExtent()
"""Into everything but other mounts."""


class _Walk:
    """One walk: from where, and how far it goes."""

    def __init__(self, start, budget, notes, extent):
        self.start, self.budget, self.notes, self.extent = start, budget, notes, extent
        self._left_out = {*tree.list_served_mounts(), *extent.paths_to_skip}

    def is_left_out(self, path):
        """Return whether nothing is looked at there."""
        return path in self._left_out

    def is_beyond(self, folder, path, entry):
        """Return whether an entry of a folder is on another mount that is not gone into."""
        return (
            _is_other_mount(folder, entry)
            and find_nearest_start_at_or_above_path(path, self.extent.mounts_to_enter) is None
        )

    def enter_folder(self, folder, path, entry):
        """Return the folder of a path, opened, with the names in it, folders last; None where it is not gone into.

        Whatever those hold, what lies beside them is kept. ``entry`` is given a digest of the names when they are all
        there.
        """
        if entry["type"] != "folder" or (
            self.extent.should_enter is not None and not self.extent.should_enter(path, entry)
        ):
            return None
        try:
            inner = tree.open_folder_in_open_folder(folder.handle, os.path.basename(path), path)
        except FileNotFoundError:
            return None
        except (OSError, tree.UnsafeTarget):
            self.notes.add_note_on_entries_not_kept(self.start, "unreadable")
            return None
        if self.extent.only is not None:
            return _Folder(inner, path, list(self.extent.only.get(path, ())), entry["id"][0])
        return _Folder(inner, path, self._list_names(inner, entry), entry["id"][0])

    def _list_names(self, handle, entry):
        names, more = [], 0
        with os.scandir(handle) as iterator:
            for dir_entry in iterator:
                if len(names) <= self.budget.entries:
                    names.append((dir_entry.is_dir(follow_symlinks=False), dir_entry.name))
                else:
                    more += 1
                if more >= tree.MAX_NAMES:
                    break
        if more:
            self.notes.add_note_on_entries_not_kept(self.start, "many", more)
        else:
            entry["names"] = tree.compute_names_digest(name for _, name in names)
        return [name for _, name in sorted(names, reverse=True)]


def iter_entries_at_and_below_path(path, keep_of, budget, notes, known_entries=None, extent=ONE_FILE_SYSTEM):
    """Yield ``(path, entry)`` of what is at and below the path, folders before what is in them.

    ``keep_of(path)`` gives the ``keep_content`` for a path, or None.
    """
    walk, known_entries = _Walk(path, budget, notes, extent), known_entries or {}
    parent, name = os.path.split(path)
    with tree.open_folder_without_following_links(parent) as handle:
        stack = [_Folder(os.dup(handle), parent, [name], None)]
    try:
        while stack:
            folder = stack[-1]
            if not folder.names:
                os.close(stack.pop().handle)
                continue
            name = folder.names.pop()
            here = os.path.join(folder.path, name)
            if walk.is_left_out(here):
                continue
            try:
                entry = tree.read_entry(folder.handle, name, keep_of(here), known_entries.get(here))
            except OSError:
                notes.add_note_on_entries_not_kept(path, "unreadable")
                continue
            if entry["type"] == "absent" or walk.is_beyond(folder, here, entry):
                continue
            inner = walk.enter_folder(folder, here, entry)
            if inner is not None:
                stack.append(inner)
            too_much = budget.spend_on_entry_or_return_reason(here, entry)
            if too_much:
                notes.add_note_on_entries_not_kept(path, too_much, 1 + sum(len(level.names) for level in stack))
                return
            if inner is not None and len(stack) > MAX_DEPTH:
                notes.add_note_on_entries_not_kept(path, "deep", len(inner.names))
                inner.names = []
            yield here, entry
    finally:
        for folder in stack:
            os.close(folder.handle)


def _is_other_mount(folder, entry):
    return folder.device is not None and entry["id"][0] != folder.device and entry["type"] != "file"
