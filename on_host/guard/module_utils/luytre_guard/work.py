"""The work of a way back on files: what differs from the snapshot, and putting it back."""

import hashlib
import os

from . import apart, data, incident, shares, snapshot, spare, store, tree, units, walk, writing
from .scope import Scope, nearest

LISTED = 200
PLACE_SECONDS = 300
LEFT_SECONDS = 10
FORMATS = (1, 2, snapshot.VERSION)


class Snapshot:
    """A complete snapshot on this host. Raises store.Refused when it is not the one that ``digest`` stands for."""

    def __init__(self, kept, run, digest=None):
        self.kept, self.run = kept, run
        self.room = kept.file(run, store.ROOM)
        path = kept.file(run, "manifest.json")
        try:
            with open(path, "rb") as handle:
                content = handle.read()
        except FileNotFoundError:
            raise store.Refused("there is no snapshot of the run %s on this host" % run)
        self.digest = hashlib.sha256(content).hexdigest()
        if digest is not None and digest != self.digest:
            raise store.Refused("the snapshot of the run %s is not the one that was taken: its digest differs" % run)
        self.manifest = store.read_json(path)
        version = self.manifest.get("version")
        if version not in FORMATS:
            raise store.Refused(
                "the snapshot of the run %s has the format %r, which is not known here" % (run, version)
            )
        if "scope" in self.manifest:
            self.scope = Scope.recorded(self.manifest["scope"])
        else:
            self.scope = Scope(self.manifest["touches"], self.manifest["roots"])
        self.shares = shares.Shares(self)
        self.look_again()

    def look_again(self):
        """Take in what an incident contains by now."""
        self.around = incident.Around(incident.Contained(self.manifest.get("contained")), incident.read())
        self.entries = self.around.laid_over(self.manifest["entries"], self.scope, self.content)
        before, of_ours = self.manifest.get("units", {}), units.OWN
        self.units = {
            name: unit
            for name, unit in before.items()
            if name not in self.around.units and not name.startswith(of_ours)
        }
        self.scope.units = [name for name in self.scope.units if name not in self.around.units]
        self.parts = data.split(self.scope, self.entries)

    def content(self, entry):
        """The bytes of a file, checked before the first is handed out."""
        changed = self.around.content(entry["sha256"])
        if changed is not None:
            return [changed]
        if entry["sha256"] not in self.manifest["places"]:
            raise tree.Unsafe("its bytes are not in the snapshot")
        start, length = self.manifest["places"][entry["sha256"]]
        with open(self.kept.file(self.run, "content"), "rb") as handle:
            handle.seek(start)
            content = handle.read(length)
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise tree.Unsafe("its bytes in the snapshot are damaged")
        return [content]

    def roots_now(self, notes, enter=None):
        """Root's own paths as they are now, and those below its trees that were not there."""
        wanted = self.parts[None]
        found = snapshot.roots_own(self.scope, lambda _: tree.digest, notes, wanted, enter)
        for path, entry in wanted.items():
            if "around" in entry and path not in found:
                found[path] = tree.at(path)
        return found

    def left(self, reasons):
        """``[{path, reason}]`` of what is left alone, but for paths of the run's time that have gone since with their packages."""
        reasons = list(reasons)[:LISTED]
        came = [path for path, _ in reasons if path.startswith("/") and _is_absent(self.manifest["entries"].get(path))]
        try:
            gone = apart.run(lambda: [path for path in came if not os.path.lexists(path)], LEFT_SECONDS) if came else []
        except apart.Abandoned:
            gone = []
        return [{"path": path, "reason": why} for path, why in reasons if path not in gone]

    def now(self, notes):
        """All paths as they are now. A new folder in root's trees that others can change is not gone into."""

        def enter(path, entry):
            return path in self.entries or not tree.shaped(entry)

        found = self.roots_now(notes, enter)
        data.merge(found, data.now(self.scope, self.entries, notes))
        return found


def _is_absent(entry):
    return entry is None or entry["type"] == "absent"


def different(wanted, present, scope):
    """Paths where two sets of entries differ: ``{path: word}``, word one of content attributes missing new."""
    found = {}
    for path, entry in wanted.items():
        other = present.get(path, tree.ABSENT)
        if "around" in entry:
            if entry["type"] == "absent" and other["type"] != "absent":
                found[path] = "new"
            continue
        if entry["type"] == "absent":
            if other["type"] != "absent":
                found[path] = "new"
        elif other["type"] == "absent":
            if scope.kind(path) not in ("data", "cache") or "sha256" in entry:
                found[path] = "missing"
        else:
            word = _word(entry, other, scope.kind(path))
            if word:
                found[path] = word
    for path in present:
        if path not in wanted and (scope.cleared(path) or _below_absent(path, wanted, scope)):
            found[path] = "new"
    return found


def _below_absent(path, wanted, scope):
    start = nearest(path, scope.starts())
    return start is not None and wanted.get(start, {}).get("type") == "absent"


def _word(entry, other, kind):
    besides = ()
    if kind in ("data", "cache") and "sha256" not in entry:
        if entry["type"] != other["type"] or entry["id"][:2] != other["id"][:2]:
            return None
        besides = ("mtime", "sha256")
    elif kind == "path" and entry["type"] == "folder":
        besides = ("mtime",)
    elif kind == "path" and "sha256" not in entry:
        besides = ("mtime", "sha256")
    words = tree.differs(entry, other, besides)
    if not words:
        return None
    return "content" if {"type", "sha256", "target"} & set(words) else "attributes"


class Work:
    """One way back under way: what to change, what went wrong, what failed but may yet succeed."""

    def __init__(self, snap, paths):
        self.snap, self.paths = snap, paths
        self.problems, self.failed = [], {}

    def files(self):
        """Put back those of the paths that are root's. Safe to do again at any point."""
        self.these(self.of_root())

    def these(self, paths):
        """Put back some paths. Safe to do again at any point."""
        wanted = self.snap.entries
        for path in sorted((path for path, word in paths.items() if word == "new"), reverse=True):
            self.attempt(path, lambda path=path: self._remove(path))
        for path in sorted(path for path, word in paths.items() if word != "new"):
            self.attempt(path, lambda path=path: self._put(path, wanted[path]))
        for path in sorted(self._folders(paths), reverse=True):
            if wanted[path]["type"] == "folder" and "names" in wanted[path]:
                writing.put_time(path, wanted[path])

    def of_root(self):
        """Those of the paths that are root's."""
        return self._parts()[None]

    def places(self):
        """Put back the paths in places that lesser users shape, each place apart; what fails there is told."""
        for name, paths in self._parts().items():
            if name is not None and paths:
                self._told(name, lambda paths=paths: _in_place(self.snap, paths))

    def all_places(self):
        """Find out what differs in places that lesser users shape, and put it back. The paths."""
        found = {}
        for name in sorted(self.snap.scope.places, reverse=True):
            found.update(self._told(name, lambda name=name: _whole_place(self.snap, name)))
        return found

    def _told(self, name, work):
        try:
            told = apart.run(work, PLACE_SECONDS)
        except apart.Abandoned as error:
            self.tell("%s was not brought back: %s" % (name, walk.WHY[str(error)]))
            return {}
        for problem in told["problems"]:
            self.tell(problem)
        return told["paths"]

    def _parts(self):
        wanted = self.snap.entries
        parts = data.split(self.snap.scope, {path: wanted.get(path, {}) for path in self.paths})
        return {name: {path: self.paths[path] for path in part} for name, part in parts.items()}

    def _folders(self, paths):
        """Folders whose time may have changed with the work in them."""
        found = {path for path in paths if paths[path] != "new"}
        for path in paths:
            while path != "/":
                path = os.path.dirname(path)
                found.add(path)
        return {path for path in found if path in self.snap.entries}

    def _remove(self, path):
        self.snap.shares.keep_aside(path)
        entry = self.snap.entries.get(path, {})
        if "around" in entry or (self.snap.scope.kind(path) == "path" and tree.at(path)["type"] == "folder"):
            if not writing.remove_empty(path):
                raise tree.Unsafe("it holds what somebody else put there")
            return
        writing.remove(path)

    def _put(self, path, entry):
        self.snap.shares.keep_aside(path)
        wanted = self.snap.shares.wanted(path)
        if wanted is not None:
            entry = {**entry, "sha256": hashlib.sha256(wanted).hexdigest(), "mtime": None}
            writing.put(path, entry, lambda: [wanted])
            return
        kept, kind = "sha256" in entry, self.snap.scope.kind(path)
        if entry["type"] == "absent":
            return
        whole = kept if entry["type"] == "file" else kind == "tree" or (kind == "path" and entry["type"] == "link")
        if whole:
            writing.put(path, entry, lambda: self.snap.content(entry))
        else:
            writing.put_attributes(path, entry)

    def attempt(self, path, work):
        """Do something to a path; what goes wrong is noted, what may go right another time apart."""
        try:
            spare.with_room(self.snap.room, work)
            self.failed.pop(path, None)
        except FileNotFoundError:
            if path in self.snap.entries and self.snap.entries[path]["type"] != "absent":
                self.tell("%s: it is gone" % path)
        except tree.Unsafe as error:
            self.tell("%s: %s" % (path, error))
        except OSError as error:
            self.failed[path] = error.strerror

    def tell(self, problem):
        """Note a problem, once."""
        if problem not in self.problems:
            self.problems.append(problem)


def _in_place(snap, paths):
    work = Work(snap, paths)
    work.these(paths)
    return {"paths": paths, "problems": _all_problems(work)}


def _whole_place(snap, name):
    notes, wanted = walk.Notes(), snap.parts[name]
    paths = different(wanted, data.present(snap.scope, snap.scope.places[name], wanted, notes), snap.scope)
    told = _in_place(snap, paths)
    told["problems"] += [walk.said(one) for one in notes.told()]
    return told


def _all_problems(work):
    return work.problems[:LISTED] + ["%s: %s" % one for one in sorted(work.failed.items())[:LISTED]]
