"""The work of a way back on files: what differs from the snapshot, and putting it back."""

import hashlib
import os

from ansible.module_utils.luytre_guard.changes import change_attribution
from ansible.module_utils.luytre_guard.daemons import units
from ansible.module_utils.luytre_guard.files import file_writer, incident, store, tree, untrusted_places, walk
from ansible.module_utils.luytre_guard.files.scope import SnapshotScope, find_nearest_start_at_or_above_path
from ansible.module_utils.luytre_guard.os import child_worker, disk_reserve
from ansible.module_utils.luytre_guard.rollback_point import snapshot

MAX_LISTED = 200
PLACE_SECONDS = 300
LEFT_SECONDS = 10
FORMATS = (1, 2, snapshot.VERSION)


class Snapshot:
    """A complete snapshot on this host. Raises store.GuardRefusal when it is not the one that ``digest`` stands for."""

    def __init__(self, run_store, run, digest=None):
        self.kept, self.run = run_store, run
        self.room = run_store.get_path_of_run_file(run, store.ROOM)
        path = run_store.get_path_of_run_file(run, "manifest.json")
        try:
            with open(path, "rb") as handle:
                content = handle.read()
        except FileNotFoundError:
            raise store.GuardRefusal("there is no snapshot of the run %s on this host" % run)
        self.digest = hashlib.sha256(content).hexdigest()
        if digest is not None and digest != self.digest:
            raise store.GuardRefusal(
                "the snapshot of the run %s is not the one that was taken: its digest differs" % run
            )
        self.manifest = store.read_json(path)
        version = self.manifest.get("version")
        if version not in FORMATS:
            raise store.GuardRefusal(
                "the snapshot of the run %s has the format %r, which is not known here" % (run, version)
            )
        if "scope" in self.manifest:
            self.scope = SnapshotScope.from_document(self.manifest["scope"])
        else:
            self.scope = SnapshotScope(self.manifest["touches"], self.manifest["roots"])
        self.shares = change_attribution.RunChangeAttribution(self)
        self.refresh_containment_overlay()

    def refresh_containment_overlay(self):
        """Take in what an incident contains by now."""
        self.around = incident.ContainmentOverlay(
            incident.ContainmentState(self.manifest.get("contained")), incident.read_present_containment_state()
        )
        self.entries = self.around.apply_containment_to_snapshot_entries(
            self.manifest["entries"], self.scope, self.read_verified_content_of_entry
        )
        before, of_ours = self.manifest.get("units", {}), units.OWN
        self.units = {
            name: unit
            for name, unit in before.items()
            if name not in self.around.units and not name.startswith(of_ours)
        }
        self.scope.units = [name for name in self.scope.units if name not in self.around.units]
        self.parts = untrusted_places.split_by_place(self.scope, self.entries)

    def read_verified_content_of_entry(self, entry):
        """Return the bytes of a file, checked before the first is handed out."""
        replacement = self.around.get_replaced_content_by_sha256(entry["sha256"])
        if replacement is not None:
            return [replacement]
        if entry["sha256"] not in self.manifest["places"]:
            raise tree.UnsafeTarget("its bytes are not in the snapshot")
        start, length = self.manifest["places"][entry["sha256"]]
        with open(self.kept.get_path_of_run_file(self.run, "content"), "rb") as handle:
            handle.seek(start)
            content = handle.read(length)
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise tree.UnsafeTarget("its bytes in the snapshot are damaged")
        return [content]

    def read_present_entries_of_root(self, notes, should_enter=None):
        """Return root's own paths as they are now, and those below its trees that were not there."""
        target = self.parts[None]
        found_entries = snapshot.read_entries_of_root_trees_and_paths(
            self.scope, lambda _: tree.compute_digest_entry_of_content, notes, target, should_enter
        )
        for path, entry in target.items():
            if "around" in entry and path not in found_entries:
                found_entries[path] = tree.read_entry_of_path(path)
        return found_entries

    def list_paths_left_alone_with_reason(self, reasons):
        """Return ``[{path, reason}]`` of what is left alone.

        Paths of the run's time that have gone since with their packages are left out.
        """
        reasons = list(reasons)[:MAX_LISTED]
        came = [path for path, _ in reasons if path.startswith("/") and _is_absent(self.manifest["entries"].get(path))]
        try:
            gone_paths = (
                child_worker.run_in_child_process_within_seconds(
                    lambda: [path for path in came if not os.path.lexists(path)], LEFT_SECONDS
                )
                if came
                else []
            )
        except child_worker.WorkerFailure:
            gone_paths = []
        return [{"path": path, "reason": why} for path, why in reasons if path not in gone_paths]

    def read_present_entries_in_scope(self, notes):
        """Return all paths as they are now. A new folder in root's trees that others can change is not gone into."""

        def enter(path, entry):
            return path in self.entries or not tree.is_entry_changeable_by_others_than_root(entry)

        found_entries = self.read_present_entries_of_root(notes, enter)
        untrusted_places.merge_entries_preferring_captured_ones(
            found_entries, untrusted_places.read_present_entries_of_all_places(self.scope, self.entries, notes)
        )
        return found_entries


def _is_absent(entry):
    return entry is None or entry["type"] == "absent"


def compare_entries(target_entries, present_entries, scope):
    """Return paths where two sets of entries differ: ``{path: word}``, word one of content attributes missing new."""
    differences = {}
    for path, entry in target_entries.items():
        other = present_entries.get(path, tree.ABSENT)
        if "around" in entry:
            if entry["type"] == "absent" and other["type"] != "absent":
                differences[path] = "new"
            continue
        if entry["type"] == "absent":
            if other["type"] != "absent":
                differences[path] = "new"
        elif other["type"] == "absent":
            if scope.get_kind_of_path(path) not in ("data", "cache") or "sha256" in entry:
                differences[path] = "missing"
        else:
            word = _classify_difference_between_entries(entry, other, scope.get_kind_of_path(path))
            if word:
                differences[path] = word
    for path in present_entries:
        if path not in target_entries and (
            scope.is_new_path_to_be_removed(path) or _is_path_below_absent_tree(path, target_entries, scope)
        ):
            differences[path] = "new"
    return differences


def _is_path_below_absent_tree(path, target, scope):
    start = find_nearest_start_at_or_above_path(path, scope.get_trees_with_their_kind())
    return target.get(start, {}).get("type") == "absent"


def _classify_difference_between_entries(entry, other_entry, scope_kind):
    besides = ()
    if scope_kind in ("data", "cache") and "sha256" not in entry:
        if entry["type"] != other_entry["type"] or entry["id"][:2] != other_entry["id"][:2]:
            return None
        besides = ("mtime", "sha256")
    elif scope_kind == "path" and entry["type"] == "folder":
        besides = ("mtime",)
    elif scope_kind == "path" and "sha256" not in entry:
        besides = ("mtime", "sha256")
    words = tree.find_fields_differing_between_entries(entry, other_entry, besides)
    if not words:
        return None
    return "content" if {"type", "sha256", "target"} & set(words) else "attributes"


class RestorePlan:
    """One way back under way: what to change, what went wrong, what failed but may yet succeed."""

    def __init__(self, snap, paths):
        self.snap, self.paths = snap, paths
        self.problems, self.failed = [], {}

    def put_back_files_of_root(self):
        """Put back those of the paths that are root's. Safe to do again at any point."""
        self.put_back_paths(self.select_paths_of_root())

    def put_back_paths(self, paths):
        """Put back some paths. Safe to do again at any point."""
        target = self.snap.entries
        for path in sorted((path for path, word in paths.items() if word == "new"), reverse=True):
            self.attempt_change_of_path_and_note_failure(
                path, lambda path=path: self._remove_path_after_copy_aside(path)
            )
        for path in sorted(path for path, word in paths.items() if word != "new"):
            self.attempt_change_of_path_and_note_failure(
                path, lambda path=path: self._put_path_into_state_of_entry(path, target[path])
            )
        for path in sorted(self._list_folders_whose_time_may_change(paths), reverse=True):
            if target[path]["type"] == "folder" and "names" in target[path]:
                file_writer.put_mtime_of_folder_with_same_names(path, target[path])

    def select_paths_of_root(self):
        """Return those of the paths that are root's."""
        return self._split_paths_by_untrusted_place()[None]

    def put_back_paths_in_untrusted_places(self):
        """Put back the paths in places that lesser users shape, each place apart; what fails there is told."""
        for name, paths in self._split_paths_by_untrusted_place().items():
            if name is not None and paths:
                self._run_work_on_place_in_child_process(
                    name, lambda paths=paths: _put_paths_of_untrusted_place_back(self.snap, paths)
                )

    def compare_and_put_back_untrusted_places(self):
        """Find out what differs in places that lesser users shape, and put it back. The paths."""
        paths = {}
        for name in sorted(self.snap.scope.places, reverse=True):
            paths.update(
                self._run_work_on_place_in_child_process(
                    name, lambda name=name: _compare_and_put_back_untrusted_place(self.snap, name)
                )
            )
        return paths

    def _run_work_on_place_in_child_process(self, place_name, work):
        try:
            answer = child_worker.run_in_child_process_within_seconds(work, PLACE_SECONDS)
        except child_worker.WorkerFailure as error:
            self.note_problem_once("%s was not brought back: %s" % (place_name, walk.WHY[str(error)]))
            return {}
        for problem in answer["problems"]:
            self.note_problem_once(problem)
        return answer["paths"]

    def _split_paths_by_untrusted_place(self):
        target = self.snap.entries
        parts = untrusted_places.split_by_place(self.snap.scope, {path: target.get(path, {}) for path in self.paths})
        return {name: {path: self.paths[path] for path in part} for name, part in parts.items()}

    def _list_folders_whose_time_may_change(self, paths):
        """Return folders whose time may have changed with the work in them."""
        folders = {path for path in paths if paths[path] != "new"}
        for path in paths:
            while path != "/":
                path = os.path.dirname(path)
                folders.add(path)
        return {path for path in folders if path in self.snap.entries}

    def _remove_path_after_copy_aside(self, path):
        self.snap.shares.keep_copy_of_others_version_aside(path)
        entry = self.snap.entries.get(path, {})
        if "around" in entry or (
            self.snap.scope.get_kind_of_path(path) == "path" and tree.read_entry_of_path(path)["type"] == "folder"
        ):
            if not file_writer.remove_folder_if_empty(path):
                raise tree.UnsafeTarget("it holds what somebody else put there")
            return
        file_writer.remove_path_recursively(path)

    def _put_path_into_state_of_entry(self, path, entry):
        self.snap.shares.keep_copy_of_others_version_aside(path)
        content = self.snap.shares.merge_account_file_with_others_lines(path)
        if content is not None:
            entry = {**entry, "sha256": hashlib.sha256(content).hexdigest(), "mtime": None}
            file_writer.put_path_into_state_of_entry(path, entry, lambda: [content])
            return
        has_content, kind = "sha256" in entry, self.snap.scope.get_kind_of_path(path)
        if entry["type"] == "absent":
            return
        whole = (
            has_content if entry["type"] == "file" else kind == "tree" or (kind == "path" and entry["type"] == "link")
        )
        if whole:
            file_writer.put_path_into_state_of_entry(
                path, entry, lambda: self.snap.read_verified_content_of_entry(entry)
            )
        else:
            file_writer.put_attributes_if_still_same_file(path, entry)

    def attempt_change_of_path_and_note_failure(self, path, change):
        """Do something to a path; what goes wrong is noted, what may go right another time apart."""
        try:
            disk_reserve.run_and_free_reserve_when_disk_is_full(self.snap.room, change)
            self.failed.pop(path, None)
        except FileNotFoundError:
            if path in self.snap.entries and self.snap.entries[path]["type"] != "absent":
                self.note_problem_once("%s: it is gone" % path)
        except tree.UnsafeTarget as error:
            self.note_problem_once("%s: %s" % (path, error))
        except OSError as error:
            self.failed[path] = error.strerror

    def note_problem_once(self, problem):
        """Note a problem, once."""
        if problem not in self.problems:
            self.problems.append(problem)


def _put_paths_of_untrusted_place_back(snap, paths):
    work = RestorePlan(snap, paths)
    work.put_back_paths(paths)
    return {"paths": paths, "problems": _list_problems(work)}


def _compare_and_put_back_untrusted_place(snap, place_name):
    notes, target = walk.WalkNotes(), snap.parts[place_name]
    paths = compare_entries(
        target,
        untrusted_places.read_present_entries_of_place(snap.scope, snap.scope.places[place_name], target, notes),
        snap.scope,
    )
    answer = _put_paths_of_untrusted_place_back(snap, paths)
    answer["problems"] += [walk.describe_note(note) for note in notes.to_rows()]
    return answer


def _list_problems(restore_plan):
    return restore_plan.problems[:MAX_LISTED] + [
        "%s: %s" % failure for failure in sorted(restore_plan.failed.items())[:MAX_LISTED]
    ]
