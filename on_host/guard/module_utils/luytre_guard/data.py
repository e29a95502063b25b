"""Places that lesser users shape: read, and brought back, each in a process of its own and within bounds.

Whatever is in them may be anything, change at any moment, or never answer. It costs its own place, never the way back.
"""

import base64
import hashlib
import os

from . import apart, tree, walk
from .scope import DATA_TREES, nearest

EDITED = frozenset(("wp-config.php", "configuration.php", "config_global.php"))
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
        """Of data only the files that fixes edit are kept, of whole trees all."""
        if self._scope.kind(path) in ("data", "cache") and os.path.basename(path) not in EDITED:
            return None
        if self._scope.kind(path) == "path" and (path + "/").startswith(DATA_TREES):
            return None
        return self._keep

    def _keep(self, chunks, _status):
        content = bounded(chunks, min(MAX_EDITED, self._left))
        if content is None:
            self._notes.add(self._place.name, "large")
            return {}
        self._left -= len(content)
        name = hashlib.sha256(content).hexdigest()
        self.kept[name] = base64.b64encode(content).decode("ascii")
        return {"sha256": name, "size": len(content)}


def bounded(chunks, most):
    """The bytes of a file that others can write, which may be anything; None when they are more than ``most``."""
    content = b""
    for chunk in chunks:
        content += chunk
        if len(content) > most:
            return None
    return content


class Shares:
    """What is left for all places together. Each may want so much, and is sure of its part, whatever others hold."""

    def __init__(self, each, together, places):
        self._each, self._left, self._part, self._places = each, together, together // max(places, 1), places

    def next(self):
        """The most that the next place may use."""
        self._places -= 1
        return min(self._each, self._left - self._places * self._part)

    def use(self, amount):
        """Account for what it used."""
        self._left -= amount


def read(scope, keep, notes):
    """Entries of all places before a run; the bytes of files go to ``keep``."""
    found, many = {}, len(scope.places)
    entries = Shares(MAX_ENTRIES, MAX_ALL_ENTRIES, many)
    words = Shares(MAX_WORDS, MAX_ALL_WORDS, many)
    content = Shares(MAX_CONTENT, MAX_ALL_CONTENT, many)
    for _, place in sorted(scope.places.items()):
        most = entries.next(), words.next(), content.next()
        told = _apart(place, notes, lambda place=place, most=most: _read(scope, place, *most))
        if told is None:
            continue
        for one in told["contents"].values():
            keep([base64.b64decode(one)])
        entries.use(len(told["entries"]))
        words.use(told["words"])
        content.use(sum(map(len, told["contents"].values())))
        merge(found, told["entries"])
    return found


def merge(found, more):
    """Add entries; what is taken counts before what is only around something."""
    for path, entry in more.items():
        if path not in found or ("around" in found[path] and "around" not in entry):
            found[path] = entry


def _read(scope, place, entries, words, size):
    notes = walk.Notes()
    content = Content(scope, place, size, notes)
    budget = walk.Budget(entries, words, SECONDS)
    found = {}
    for start in sorted(place.trees):
        found.update(_walked(scope, start, content.keep_of, budget, notes))
    for path in sorted(place.paths):
        found.update(_single(path, content.keep_of, notes))
    put_around(found, {*place.trees, *place.paths}, place.name)
    return {"entries": found, "words": words - budget.size, "contents": content.kept, "notes": notes.told()}


def now(scope, wanted, notes):
    """Entries of all places as they are now; those of a place that cannot be read as they are wanted."""
    found = {}
    for name, part in split(scope, wanted).items():
        if name is None:
            continue
        place = scope.places[name]
        told = _apart(place, notes, lambda place=place, part=part: _present_told(scope, place, part))
        merge(found, part if told is None else told["entries"])
    return found


def _present_told(scope, place, wanted):
    notes = walk.Notes()
    return {"entries": present(scope, place, wanted, notes), "notes": notes.told()}


def present(scope, place, wanted, notes):
    """A place's entries as they are. To be called apart.

    Of data only those that are wanted: whoever adds others must not push these out of the bounds.
    """
    found = {}

    def keep_of(path):
        return tree.digest if "sha256" in wanted.get(path, ()) or scope.kind(path) == "tree" else None

    for start, kind in sorted(place.trees.items()):
        known = wanted.get(start, tree.ABSENT)["type"] != "absent"
        only = _names(wanted) if kind == "data" and known else None
        budget = walk.Budget(MAX_ENTRIES + len(wanted), 2 * MAX_WORDS, SECONDS)
        found.update(_walked(scope, start, keep_of, budget, notes, wanted, only))
    singles = place.paths | {path for path, entry in wanted.items() if "around" in entry}
    for path in sorted(singles - set(found)):
        found.update(_single(path, keep_of, notes))
    return found


def _names(paths):
    found = {}
    for path in paths:
        folder, name = os.path.split(path)
        found.setdefault(folder, []).append(name)
    return found


def _walked(scope, start, keep_of, budget, notes, known=None, only=None):
    found = {}
    try:
        if nearest(start, tree.served_mounts()):
            notes.add(start, "blocked")
            return found
        if tree.at(start)["type"] == "absent":
            return {start: dict(tree.ABSENT)}
        others = set(scope.starts()) - {start}
        # What fixes change below a web root may lie on a disk of its own.
        for path, entry in walk.walk(start, keep_of, budget, notes, known, None, others, only, scope.roots):
            if entry.get("links", 1) != 1:
                entry.pop("sha256", None)
            found[path] = entry
    except (OSError, tree.Unsafe):
        notes.add(start, "unreadable")
    return found


def _single(path, keep_of, notes):
    try:
        if nearest(path, tree.served_mounts()):
            notes.add(path, "blocked")
            return {}
        return {path: tree.at(path, keep_of(path))}
    except (OSError, tree.Unsafe):
        notes.add(path, "unreadable")
        return {}


def split(scope, entries):
    """The entries by the name of their place, root's own under None."""
    owners = scope.owners()
    found = {name: {} for name in (None, *scope.places)}
    for path, entry in entries.items():
        if entry.get("around") in scope.places:
            name = entry["around"]
        else:
            place = owners.get(nearest(path, owners))
            name = place.name if place else None
        found[name][path] = entry
    return found


def put_around(found, starts, place=""):
    """Add the folders above what is not there, up to the first that is: a run may make them, and then they go again."""
    for path in [one for one in found if one in starts]:
        parent = os.path.dirname(path)
        while parent not in found and parent != "/":
            found[parent] = {**tree.at(parent), "around": place}
            if found[parent]["type"] != "absent":
                break
            parent = os.path.dirname(parent)


def _apart(place, notes, work):
    try:
        told = apart.run(work, LATEST)
    except apart.Abandoned as error:
        notes.add(place.name, str(error))
        return None
    notes.merge(told["notes"])
    return told
