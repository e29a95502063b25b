"""What a host is before a run changes it: files, live settings, units, packages, database."""

import hashlib
import os
import shutil
import time

from ansible.module_utils.luytre_guard.changes import database, packages
from ansible.module_utils.luytre_guard.daemons import units
from ansible.module_utils.luytre_guard.files import incident, store, tree, untrusted_places, walk
from ansible.module_utils.luytre_guard.files.scope import SnapshotScope
from ansible.module_utils.luytre_guard.os import disk_reserve, mounts, runtime_state
from ansible.module_utils.luytre_guard.rollback_point import timer
from ansible.module_utils.luytre_shared.files import atomic_file

VERSION = 3
"""Since 3 dpkg's journal is noted."""
MAX_KEPT = 96 * 1024 * 1024
MAX_ENTRIES = 400_000
MAX_WORDS = 200 * 1024 * 1024
MAX_SECONDS = 300
MAX_SHAPED_FILE = 1024 * 1024
"""Of a file in root's folders that is not root's alone."""
MARGIN = 24 * 1024 * 1024
PER_ENTRY = 500
MIN_INODES = 200


class ContentBlob:
    """All kept content in one file; the same bytes once."""

    def __init__(self, path):
        self._file = open(path, "xb")  # noqa: SIM115
        os.fchmod(self._file.fileno(), 0o600)
        self.places = {}
        self.size = 0

    def append_content_once(self, chunks, _status=None):
        """Add the content of a file."""
        state, start = hashlib.sha256(), self.size
        for chunk in chunks:
            state.update(chunk)
            self.size += len(chunk)
            if self.size > MAX_KEPT:
                raise store.GuardRefusal("what the fixes touch holds more than %d MB" % (MAX_KEPT >> 20))
            self._file.write(chunk)
        name = state.hexdigest()
        length = self.size - start
        if name in self.places:
            self._file.seek(start)
            self.size = start
        else:
            self.places[name] = [start, length]
        return {"sha256": name, "size": length}

    def flush_to_disk_and_close(self):
        """Write the file out to the disk, and close it."""
        self._file.flush()
        self._file.truncate(self.size)
        os.fsync(self._file.fileno())
        self._file.close()


def make_keep_of_function_for_root_trees(keep, notes):
    """Return a ``keep_of`` for root's trees.

    What is too large and not root's alone is noted, for it is somebody's to fill.
    """

    def keep_of(path):
        def keep_bounded(chunks, status):
            if tree.is_changeable_by_others_than_root(status):
                content = untrusted_places.read_bounded(chunks, MAX_SHAPED_FILE)
                if content is None:
                    notes.add_note_on_entries_not_kept(path, "large")
                    return {}
                return keep([content], status)
            return keep(chunks, status)

        return keep_bounded

    return keep_of


def read_entries_of_root_trees_and_paths(scope, keep_of, notes, known_entries=None, should_enter=None):
    """Return entries of root's trees and paths, what is not there as absent; places are left out.

    ``should_enter(path, entry)``: whether a folder is gone into. What cannot be read is told to ``notes``.
    """
    known_entries, found_entries = known_entries or {}, {}
    others = {start for place in scope.places.values() for start in place.trees}
    budget = walk.WalkBudget(MAX_ENTRIES, MAX_WORDS, MAX_SECONDS)
    extent = walk.WalkExtent(should_enter, others)
    for root in sorted(scope.trees):
        try:
            if not _is_path_present(root):
                found_entries[root] = dict(tree.ABSENT)
                continue
            found_entries.update(
                walk.iter_entries_at_and_below_path(root, keep_of, budget, notes, known_entries, extent)
            )
        except (OSError, tree.UnsafeTarget):
            notes.add_note_on_entries_not_kept(root, "unreadable")
    for path in sorted(scope.paths - set(found_entries)):
        try:
            found_entries[path] = tree.read_entry_of_path(path, keep_of(path), known_entries.get(path))
        except (OSError, tree.UnsafeTarget):
            notes.add_note_on_entries_not_kept(path, "unreadable")
    untrusted_places.add_parent_folders(found_entries, scope.trees | scope.paths)
    return found_entries


def read_all_entries_in_scope_before_run(scope, keep, notes):
    """Return everything in scope, as it is before a run.

    Raises store.GuardRefusal for what of root's trees cannot be kept.

    A folder in those that others can change is a place of its own from here on.
    """

    def enter(path, entry):
        if not tree.is_entry_changeable_by_others_than_root(entry):
            return True
        scope.add_tree_of_untrusted_place(path, "tree")
        return False

    found_entries = read_entries_of_root_trees_and_paths(
        scope, make_keep_of_function_for_root_trees(keep, notes), walk.RefusingNotes(), None, enter
    )
    for untrusted_path in [
        path for path in found_entries if path in scope.get_trees_with_their_kind() and path not in scope.trees
    ]:
        del found_entries[untrusted_path]
    untrusted_places.merge_entries_preferring_captured_ones(
        found_entries, untrusted_places.read_entries_of_all_places_before_run(scope, keep, notes)
    )
    return found_entries


def _is_path_present(path):
    return tree.read_entry_of_path(path)["type"] != "absent"


def _estimate_bytes(entry):
    """Return bytes that the entry of one of root's trees takes at most: what others blow up is not kept."""
    size = entry.get("size", 0)
    return PER_ENTRY + (
        0 if tree.is_entry_changeable_by_others_than_root(entry) and size > MAX_SHAPED_FILE else min(size, MAX_KEPT)
    )


def check_disk_room_for_snapshot(run_store, scope):
    """Refuse when the snapshot and a margin do not fit where it goes."""
    required_bytes, notes, budget = MARGIN, walk.WalkNotes(), walk.WalkBudget(MAX_ENTRIES, MAX_WORDS, MAX_SECONDS)
    for root in sorted(scope.trees):
        if _is_path_present(root):
            below = walk.iter_entries_at_and_below_path(
                root,
                lambda _: None,
                budget,
                notes,
                extent=walk.WalkExtent(lambda _, entry: not tree.is_entry_changeable_by_others_than_root(entry)),
            )
            required_bytes += sum(_estimate_bytes(entry) for _, entry in below)
    for path, inodes in ((run_store.home, MIN_INODES), ("/etc", MIN_INODES)):
        space = os.statvfs(path)
        free = space.f_bavail * space.f_frsize
        if free < (required_bytes if path == run_store.home else MARGIN // 4):
            raise store.GuardRefusal(
                "No space left on device: the snapshot needs %d MB at %s, where %d MB are free"
                % (-(-required_bytes >> 20), path, free >> 20)
            )
        if space.f_files and space.f_favail < inodes:
            raise store.GuardRefusal("No space left on device: no inodes left at %s" % path)
    return required_bytes


def take_snapshot(run_store, run, touches, web_roots):
    """Take the snapshot of a run and put it, complete, in the run's folder. Its digest and a word on it: its size, and
    ``notes`` on what lesser users keep from being kept.

    Raises store.GuardRefusal, with nothing left behind, when it does not fit or cannot be read.
    """
    scope = SnapshotScope(touches, web_roots)
    run_store.delete_drafts_and_excess_snapshots(run)
    check_disk_room_for_snapshot(run_store, scope)
    folder = run_store.get_folder_of_run(run)
    if os.path.exists(folder):
        raise store.GuardRefusal("there is already a snapshot of the run %s" % run)
    draft = os.path.join(run_store.home, ".draft-" + run)
    os.mkdir(draft, 0o700)
    try:
        queries = [
            units.SystemdUnitsQuery(scope.units),
            runtime_state.OwnNftTableQuery(),
            packages.InstalledPackagesQuery(),
            database.MariadbStateQuery()
            if scope.databases or any("/etc/mysql" in touch for touch in touches)
            else None,
        ]
        blob, notes = ContentBlob(os.path.join(draft, "content")), walk.WalkNotes()
        found_entries = read_all_entries_in_scope_before_run(scope, blob.append_content_once, notes)
        dpkg = packages.read_entries_of_dpkg_database(lambda _: blob.append_content_once) if scope.packages else {}
        skeleton = packages.read_package_folder_skeleton() if scope.packages else {}
        blob.flush_to_disk_and_close()
        manifest = {
            "version": VERSION,
            "run": run,
            "taken": time.time(),
            "scope": scope.to_document(),
            "entries": found_entries,
            "notes": notes.to_rows(),
            "places": blob.places,
            "sysctls": runtime_state.read_sysctls(scope.sysctls),
            "units": queries[0].answer(),
            "ruleset": queries[1].answer(),
            "mounts": mounts.read_mount_flags_of_shared_folders(),
            "contained": incident.read_present_containment_state().to_document(),
            "packages": queries[2].answer(),
            "database": queries[3].answer() if queries[3] else None,
            "skeleton": skeleton,
            "dpkg": dpkg,
        }
        digest = store.write_json(os.path.join(draft, "manifest.json"), manifest)
        atomic_file.write_file_atomically(
            os.path.join(draft, store.PROGRAM), store.build_guard_program_archive(), 0o700
        )
        timer.check_guard_program_starts_on_host(os.path.join(draft, store.PROGRAM))
        disk_reserve.reserve_disk_space_in_folder(os.path.join(draft, store.ROOM), blob.size)
        os.rename(draft, folder)
        atomic_file.sync_folder(run_store.home)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise store.GuardRefusal("%s: the snapshot could not be taken" % error.strerror)
        raise
    return digest, {"files": len(found_entries), "bytes": blob.size, "notes": notes.to_rows()}
