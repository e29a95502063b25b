"""Places that lesser users shape: read, and brought back, each in a process of its own and within bounds.

Whatever is in them may be anything, change at any moment, or never answer. It costs its own place, never the way back.
"""

import base64
import hashlib
import os

from . import child_worker, tree, walk
from .scope import DATA_TREES, find_nearest

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


class Content:
    """The bytes of files, within a bound for all of them; what does not fit is noted."""

    def __init__(self, scope, place, size, notes):
        self._scope, self._place, self._left, self._notes = scope, place, size, notes
        self.kept = {}

    def keep_of(self, path):
        """Return what is kept: of data only the files that fixes edit, of whole trees all."""
        if self._scope.kind(path) in ("data", "cache") and os.path.basename(path) not in EDITED_NAMES:
            return None
        if self._scope.kind(path) == "path" and (path + "/").startswith(DATA_TREES):
            return None
        return self._keep

    def _keep(self, chunks, _status):
        content = read_bounded(chunks, min(MAX_EDITED, self._left))
        if content is None:
            self._notes.add(self._place.name, "large")
            return {}
        self._left -= len(content)
        name = hashlib.sha256(content).hexdigest()
        self.kept[name] = base64.b64encode(content).decode("ascii")
        return {"sha256": name, "size": len(content)}


def read_bounded(chunks, most):
    """Return the bytes of a file that others can write, which may be anything; None when they are more than
    ``most``.
    """
    content = b""
    for chunk in chunks:
        content += chunk
        if len(content) > most:
            return None
    return content


class QuotaPool:
    """The quota that is left for all places together.

    Each may want so much, and is sure of its part, whatever others hold.
    """

    def __init__(self, each, together, places):
        self._each, self._left, self._part, self._places = each, together, together // max(places, 1), places

    def next(self):
        """Return the most that the next place may use."""
        self._places -= 1
        return min(self._each, self._left - self._places * self._part)

    def use(self, amount):
        """Account for what it used."""
        self._left -= amount


def read(scope, keep, notes):
    """Return entries of all places before a run; the bytes of files go to ``keep``."""
    all_entries, many = {}, len(scope.places)
    entries = QuotaPool(MAX_ENTRIES, MAX_ALL_ENTRIES, many)
    words = QuotaPool(MAX_WORDS, MAX_ALL_WORDS, many)
    content = QuotaPool(MAX_CONTENT, MAX_ALL_CONTENT, many)
    for _, place in sorted(scope.places.items()):
        most = entries.next(), words.next(), content.next()
        answer = _run_apart(place, notes, lambda place=place, most=most: _read(scope, place, *most))
        if answer is None:
            continue
        for encoded_content in answer["contents"].values():
            keep([base64.b64decode(encoded_content)])
        entries.use(len(answer["entries"]))
        words.use(answer["words"])
        content.use(sum(map(len, answer["contents"].values())))
        merge(all_entries, answer["entries"])
    return all_entries


def merge(entries, more):
    """Add entries; what is taken counts before what is only around something."""
    for path, entry in more.items():
        if path not in entries or ("around" in entries[path] and "around" not in entry):
            entries[path] = entry


def _read(scope, place, entries, words, size):
    notes = walk.Notes()
    content = Content(scope, place, size, notes)
    budget = walk.WalkBudget(entries, words, SECONDS)
    place_entries = {}
    for start in sorted(place.trees):
        place_entries.update(_walk_tree(scope, start, content.keep_of, budget, notes))
    for path in sorted(place.paths):
        place_entries.update(_read_single(path, content.keep_of, notes))
    add_parent_folders(place_entries, {*place.trees, *place.paths}, place.name)
    return {"entries": place_entries, "words": words - budget.size, "contents": content.kept, "notes": notes.to_rows()}


def read_present(scope, target, notes):
    """Return entries of all places as they are now; those of a place that cannot be read as they are wanted."""
    entries = {}
    for name, part in split_by_place(scope, target).items():
        if name is None:
            continue
        place = scope.places[name]
        answer = _run_apart(place, notes, lambda place=place, part=part: _report_present(scope, place, part))
        merge(entries, part if answer is None else answer["entries"])
    return entries


def _report_present(scope, place, target):
    notes = walk.Notes()
    return {"entries": read_present_place(scope, place, target, notes), "notes": notes.to_rows()}


def read_present_place(scope, place, target, notes):
    """Return a place's entries as they are. To be called apart.

    Of data only those that are wanted: whoever adds others must not push these out of the bounds.
    """
    entries = {}

    def keep_of(path):
        return tree.compute_digest if "sha256" in target.get(path, ()) or scope.kind(path) == "tree" else None

    for start, kind in sorted(place.trees.items()):
        is_known = target.get(start, tree.ABSENT)["type"] != "absent"
        only = _group_names(target) if kind == "data" and is_known else None
        budget = walk.WalkBudget(MAX_ENTRIES + len(target), 2 * MAX_WORDS, SECONDS)
        entries.update(_walk_tree(scope, start, keep_of, budget, notes, target, only))
    singles = place.paths | {path for path, entry in target.items() if "around" in entry}
    for path in sorted(singles - set(entries)):
        entries.update(_read_single(path, keep_of, notes))
    return entries


def _group_names(paths):
    names_by_folder = {}
    for path in paths:
        folder, name = os.path.split(path)
        names_by_folder.setdefault(folder, []).append(name)
    return names_by_folder


def _walk_tree(scope, start, keep_of, budget, notes, known_entries=None, only=None):
    entries = {}
    try:
        if find_nearest(start, tree.list_served_mounts()):
            notes.add(start, "blocked")
            return entries
        if tree.read_path(start)["type"] == "absent":
            return {start: dict(tree.ABSENT)}
        others = set(scope.starts()) - {start}
        # What fixes change below a web root may lie on a disk of its own.
        for path, entry in walk.walk(start, keep_of, budget, notes, known_entries, None, others, only, scope.roots):
            if entry.get("links", 1) != 1:
                entry.pop("sha256", None)
            entries[path] = entry
    except (OSError, tree.UnsafeTarget):
        notes.add(start, "unreadable")
    return entries


def _read_single(path, keep_of, notes):
    try:
        if find_nearest(path, tree.list_served_mounts()):
            notes.add(path, "blocked")
            return {}
        return {path: tree.read_path(path, keep_of(path))}
    except (OSError, tree.UnsafeTarget):
        notes.add(path, "unreadable")
        return {}


def split_by_place(scope, entries):
    """Return the entries by the name of their place, root's own under None."""
    owners = scope.owners()
    entries_by_place = {name: {} for name in (None, *scope.places)}
    for path, entry in entries.items():
        if entry.get("around") in scope.places:
            name = entry["around"]
        else:
            place = owners.get(find_nearest(path, owners))
            name = place.name if place else None
        entries_by_place[name][path] = entry
    return entries_by_place


def add_parent_folders(entries, starts, place=""):
    """Add the folders above what is not there, up to the first that is: a run may make them, and then they go again."""
    for path in [entry_path for entry_path in entries if entry_path in starts]:
        parent = os.path.dirname(path)
        while parent not in entries and parent != "/":
            entries[parent] = {**tree.read_path(parent), "around": place}
            if entries[parent]["type"] != "absent":
                break
            parent = os.path.dirname(parent)


def _run_apart(place, notes, work):
    try:
        answer = child_worker.run(work, LATEST)
    except child_worker.WorkerFailure as error:
        notes.add(place.name, str(error))
        return None
    notes.merge(answer["notes"])
    return answer
