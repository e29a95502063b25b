"""Places that lesser users shape: read, and brought back, each in a process of its own and within bounds.

Whatever is in them may be anything, change at any moment, or never answer. It costs its own place, never the way back.
"""

import base64
import hashlib
import os

from ansible.module_utils.luytre_guard.files import tree, walk
from ansible.module_utils.luytre_guard.files.scope import DATA_TREES, find_nearest_start_at_or_above_path
from ansible.module_utils.luytre_guard.os import child_worker

EDITED_NAMES = frozenset(("wp-config.php", "configuration.php", "config_global.php"))
"""What fixes edit below web roots, by its name."""
MAX_EDITED = 200_000
MAX_ENTRIES = 50_000
MAX_ALL_ENTRIES = 200_000
MAX_WORDS = 48 * 1024 * 1024
MAX_ALL_WORDS = 96 * 1024 * 1024
MAX_CONTENT = 8 * 1024 * 1024
MAX_ALL_CONTENT = 64 * 1024 * 1024
SECONDS, LATEST = 60, 90
"""After which reading a place stops by itself, and is stopped."""


class BoundedContent:
    """The bytes of files, within a bound for all of them; what does not fit is noted."""

    def __init__(self, scope, place, size, notes):
        self._scope, self._place, self._left, self._notes = scope, place, size, notes
        self.kept = {}

    def get_keep_function_for_path(self, path):
        """Return what is kept: of data only the files that fixes edit, of whole trees all."""
        if self._scope.get_kind_of_path(path) in ("data", "cache") and os.path.basename(path) not in EDITED_NAMES:
            return None
        if self._scope.get_kind_of_path(path) == "path" and (path + "/").startswith(DATA_TREES):
            return None
        return self._keep_content_within_bound

    def _keep_content_within_bound(self, chunks, _status):
        content = read_bounded(chunks, min(MAX_EDITED, self._left))
        if content is None:
            self._notes.add_note_on_entries_not_kept(self._place.name, "large")
            return {}
        self._left -= len(content)
        name = hashlib.sha256(content).hexdigest()
        self.kept[name] = base64.b64encode(content).decode("ascii")
        return {"sha256": name, "size": len(content)}


def read_bounded(chunks, max_bytes):
    """Return the bytes of a file that others can write, which may be anything; None when they are more than
    ``max_bytes``.
    """
    content = b""
    for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            return None
    return content


class QuotaPool:
    """The quota that is left for all places together.

    Each may want so much, and is sure of its part, whatever others hold.
    """

    def __init__(self, each, together, places):
        self._each, self._left, self._part, self._places = each, together, together // max(places, 1), places

    def get_quota_for_next_place(self):
        """Return the most that the next place may use."""
        self._places -= 1
        return min(self._each, self._left - self._places * self._part)

    def subtract_used_amount(self, amount):
        """Account for what it used."""
        self._left -= amount


def read_entries_of_all_places_before_run(scope, keep_content, notes):
    """Return entries of all places before a run; the bytes of files go to ``keep_content``."""
    all_entries, many = {}, len(scope.places)
    entries = QuotaPool(MAX_ENTRIES, MAX_ALL_ENTRIES, many)
    words = QuotaPool(MAX_WORDS, MAX_ALL_WORDS, many)
    content = QuotaPool(MAX_CONTENT, MAX_ALL_CONTENT, many)
    for _, place in sorted(scope.places.items()):
        most = entries.get_quota_for_next_place(), words.get_quota_for_next_place(), content.get_quota_for_next_place()
        answer = _run_in_child_process_and_merge_notes(
            place, notes, lambda place=place, most=most: _read_entries_of_place_before_run(scope, place, *most)
        )
        if answer is None:
            continue
        for encoded_content in answer["contents"].values():
            keep_content([base64.b64decode(encoded_content)])
        entries.subtract_used_amount(len(answer["entries"]))
        words.subtract_used_amount(answer["words"])
        content.subtract_used_amount(sum(map(len, answer["contents"].values())))
        merge_entries_preferring_captured_ones(all_entries, answer["entries"])
    return all_entries


def merge_entries_preferring_captured_ones(entries, other_entries):
    """Add entries; what is taken counts before what is only around something."""
    for path, entry in other_entries.items():
        if path not in entries or ("around" in entries[path] and "around" not in entry):
            entries[path] = entry


def _read_entries_of_place_before_run(scope, place, max_entries, max_words, max_content_bytes):
    notes = walk.WalkNotes()
    content = BoundedContent(scope, place, max_content_bytes, notes)
    budget = walk.WalkBudget(max_entries, max_words, SECONDS)
    place_entries = {}
    for start in sorted(place.trees):
        place_entries.update(
            _read_entries_of_tree_and_note_failures(
                start, content.get_keep_function_for_path, budget, notes, _make_extent_of_tree(scope, start)
            )
        )
    for path in sorted(place.paths):
        place_entries.update(_read_entry_of_path_and_note_failure(path, content.get_keep_function_for_path, notes))
    add_parent_folders(place_entries, {*place.trees, *place.paths}, place.name)
    return {
        "entries": place_entries,
        "words": max_words - budget.size,
        "contents": content.kept,
        "notes": notes.to_rows(),
    }


def read_present_entries_of_all_places(scope, target_entries, notes):
    """Return entries of all places as they are now; those of a place that cannot be read as they are wanted."""
    entries = {}
    for name, part in split_by_place(scope, target_entries).items():
        if name is None:
            continue
        place = scope.places[name]
        answer = _run_in_child_process_and_merge_notes(
            place, notes, lambda place=place, part=part: _read_present_entries_and_notes_of_place(scope, place, part)
        )
        merge_entries_preferring_captured_ones(entries, part if answer is None else answer["entries"])
    return entries


def _read_present_entries_and_notes_of_place(scope, place, target_entries):
    notes = walk.WalkNotes()
    return {"entries": read_present_entries_of_place(scope, place, target_entries, notes), "notes": notes.to_rows()}


def read_present_entries_of_place(scope, place, target_entries, notes):
    """Return a place's entries as they are. To be called apart.

    Of data only those that are wanted: whoever adds others must not push these out of the bounds.
    """
    entries = {}

    def keep_of(path):
        return (
            tree.compute_digest_entry_of_content
            if "sha256" in target_entries.get(path, ()) or scope.get_kind_of_path(path) == "tree"
            else None
        )

    for start, kind in sorted(place.trees.items()):
        is_known = target_entries.get(start, tree.ABSENT)["type"] != "absent"
        only = _group_names_by_folder(target_entries) if kind == "data" and is_known else None
        budget = walk.WalkBudget(MAX_ENTRIES + len(target_entries), 2 * MAX_WORDS, SECONDS)
        entries.update(
            _read_entries_of_tree_and_note_failures(
                start, keep_of, budget, notes, _make_extent_of_tree(scope, start, only), target_entries
            )
        )
    singles = place.paths | {path for path, entry in target_entries.items() if "around" in entry}
    for path in sorted(singles - set(entries)):
        entries.update(_read_entry_of_path_and_note_failure(path, keep_of, notes))
    return entries


def _group_names_by_folder(paths):
    names_by_folder = {}
    for path in paths:
        folder, name = os.path.split(path)
        names_by_folder.setdefault(folder, []).append(name)
    return names_by_folder


def _make_extent_of_tree(scope, start, only=None):
    # What fixes change below a web root may lie on a disk of its own.
    others = set(scope.get_trees_with_their_kind()) - {start}
    return walk.WalkExtent(paths_to_skip=others, only=only, mounts_to_enter=scope.roots)


def _read_entries_of_tree_and_note_failures(start, keep_of, budget, notes, extent, known_entries=None):
    entries = {}
    try:
        if find_nearest_start_at_or_above_path(start, tree.list_served_mounts()):
            notes.add_note_on_entries_not_kept(start, "blocked")
            return entries
        if tree.read_entry_of_path(start)["type"] == "absent":
            return {start: dict(tree.ABSENT)}
        for path, entry in walk.iter_entries_at_and_below_path(start, keep_of, budget, notes, known_entries, extent):
            if entry.get("links", 1) != 1:
                entry.pop("sha256", None)
            entries[path] = entry
    except (OSError, tree.UnsafeTarget):
        notes.add_note_on_entries_not_kept(start, "unreadable")
    return entries


def _read_entry_of_path_and_note_failure(path, keep_of, notes):
    try:
        if find_nearest_start_at_or_above_path(path, tree.list_served_mounts()):
            notes.add_note_on_entries_not_kept(path, "blocked")
            return {}
        return {path: tree.read_entry_of_path(path, keep_of(path))}
    except (OSError, tree.UnsafeTarget):
        notes.add_note_on_entries_not_kept(path, "unreadable")
        return {}


def split_by_place(scope, entries):
    """Return the entries by the name of their place, root's own under None."""
    owners = scope.get_places_by_tree_or_path()
    entries_by_place = {name: {} for name in (None, *scope.places)}
    for path, entry in entries.items():
        if entry.get("around") in scope.places:
            name = entry["around"]
        else:
            place = owners.get(find_nearest_start_at_or_above_path(path, owners))
            name = place.name if place else None
        entries_by_place[name][path] = entry
    return entries_by_place


def add_parent_folders(entries, starts, place=""):
    """Add the folders above what is not there, up to the first that is: a run may make them, and then they go again."""
    for path in [entry_path for entry_path in entries if entry_path in starts]:
        parent = os.path.dirname(path)
        while parent not in entries and parent != "/":
            entries[parent] = {**tree.read_entry_of_path(parent), "around": place}
            if entries[parent]["type"] != "absent":
                break
            parent = os.path.dirname(parent)


def _run_in_child_process_and_merge_notes(place, notes, work):
    try:
        answer = child_worker.run_in_child_process_within_seconds(work, LATEST)
    except child_worker.WorkerFailure as error:
        notes.add_note_on_entries_not_kept(place.name, str(error))
        return None
    notes.merge_rows_of_other_notes(answer["notes"])
    return answer
