"""What a host is before a run changes it: files, live settings, units, packages, database."""

import hashlib
import os
import shutil
import time

from . import database, live, packages, store, tree, units

VERSION = 1
PACKAGE_TREES = ("/usr/", "/var/lib/dpkg/", "/var/lib/apt/")
"""What packages bring. Never kept whole: an upgrade stays, what a run installed is purged."""
DATA_TREES = (
    "/var/www/",
    "/var/log/",
    "/var/backups/",
    "/var/lib/mysql/",
    "/srv/",
    "/home/",
    "/run/",
    "/tmp/",
    "/opt/",
)
"""Where other people's work goes on while a run is open. Of what lies there, owners and modes are put back, content
only of files that fixes edit."""
OWN_TREES = ("/var/backups/luytre/",)
EDITED = frozenset(("wp-config.php",))
MAX_EDITED = 200_000
MAX_KEPT = 96 * 1024 * 1024
MAX_ENTRIES = 400_000
MARGIN = 24 * 1024 * 1024
PER_ENTRY = 500
MIN_INODES = 200
PACKAGE_CACHES = ("/var/cache/apt",)
"""What apt can make anew: what is new there goes, the rest stays as it is."""
PACKAGE_FILES = ("/var/lib/apt/extended_states", "/var/cache/ldconfig/aux-cache")
PACKAGE_OWN_TREES = (
    "/var/cache/debconf/",
    "/var/lib/ucf/",
    "/var/lib/pam/",
    "/var/lib/systemd/deb-systemd-helper-enabled/",
)


class Scope:
    """What to take: ``trees`` with everything in them, ``data`` trees, single ``paths``, and the rest by kind."""

    def __init__(self, touches, roots):
        self.trees, self.data, self.paths = {"/etc"}, set(), set()
        self.sysctls, self.units, self.packages, self.databases = [], [], [], []
        kinds = {
            "sysctl": self.sysctls,
            "unit": self.units,
            "package": self.packages,
            "database": self.databases,
        }
        for touch in sorted(set(touches)):
            kind, colon, name = touch.partition(":")
            if touch.startswith("/"):
                self._path(touch)
            elif kind in ("modes", "tree") and name.startswith("/"):
                (self.data if kind == "modes" else self.trees).add(_settled(name)[0])
            elif colon and kind in kinds and name:
                kinds[kind].append(name)
            else:
                raise store.Refused("%r is not something that a fix can touch" % touch)
        self.roots = sorted({_settled(root.rstrip("/"))[0] for root in roots})
        web = any(touch in ("/var/www/", "/srv/") for touch in touches)
        self.data |= {root for root in self.roots if web or any(_below(root, one) for one in self.data)}
        if self.packages or any(touch in PACKAGE_TREES for touch in touches):
            self.packages.append("")
            self.trees |= {one.rstrip("/") for one in PACKAGE_OWN_TREES}
            self.paths |= set(PACKAGE_FILES)
            self.data |= set(PACKAGE_CACHES)
        self.trees = _topmost(self.trees)
        self.data = _topmost(self.data) - self.trees

    def _path(self, touch):
        if touch in PACKAGE_TREES:
            return
        path, _ = _settled(touch.rstrip("/") or "/")
        if not touch.endswith("/"):
            self.paths.add(path)
        elif any((path + "/").startswith(one) for one in OWN_TREES):
            self.trees.add(path)
        elif any((path + "/").startswith(one) for one in DATA_TREES):
            self.data.add(path)
        else:
            self.trees.add(path)

    def cleared(self, path):
        """Whether what is new at the path goes."""
        return self.kind(path) == "tree" or any(_below(path, one) for one in self.data if one in PACKAGE_CACHES)

    def kind(self, path):
        """How a path is taken: ``tree``, ``data`` or ``path``."""
        if any(_below(path, one) for one in self.trees):
            return "tree"
        if any(_below(path, one) for one in self.data):
            return "data"
        return "path"


def _settled(path):
    try:
        return tree.settled(path)
    except tree.Unsafe as error:
        raise store.Refused(str(error))


def _below(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _topmost(folders):
    return {one for one in folders if not any(one != other and _below(one, other) for other in folders)}


class Blob:
    """All kept content in one file; the same bytes once."""

    def __init__(self, path):
        self._file = open(path, "xb")  # noqa: SIM115
        os.fchmod(self._file.fileno(), 0o600)
        self.places = {}
        self.size = 0

    def keep(self, chunks):
        """Add the content of a file."""
        state, start = hashlib.sha256(), self.size
        for chunk in chunks:
            state.update(chunk)
            self.size += len(chunk)
            if self.size > MAX_KEPT:
                raise store.Refused("what the fixes touch holds more than %d MB" % (MAX_KEPT >> 20))
            self._file.write(chunk)
        name = state.hexdigest()
        length = self.size - start
        if name in self.places:
            self._file.seek(start)
            self.size = start
        else:
            self.places[name] = [start, length]
        return {"sha256": name, "size": length}

    def close(self):
        """Have it on the disk."""
        self._file.flush()
        self._file.truncate(self.size)
        os.fsync(self._file.fileno())
        self._file.close()


def keeper(scope, keep):
    """``keep_of`` for a walk: of data trees only the files that fixes edit."""

    def keep_of(path):
        if scope.kind(path) != "data":
            return keep
        return bounded(keep) if os.path.basename(path) in EDITED else None

    return keep_of


def bounded(keep):
    """A ``keep`` for a file that others can write, which may be anything."""

    def kept(chunks):
        content = b""
        for chunk in chunks:
            content += chunk
            if len(content) > MAX_EDITED:
                return {}
        return keep([content])

    return kept


def entries(scope, keep, known=None):
    """Everything in scope: path to entry, what is not there as absent. Raises store.Refused when it is too much."""
    known = known or {}
    found = {}
    keep_of = keeper(scope, keep)
    try:
        for root in sorted(scope.trees | scope.data):
            some = False
            for path, entry in tree.walk(root, keep_of, known) if _there(root) else ():
                some = True
                if entry.get("links", 1) != 1 and scope.kind(path) == "data":
                    entry.pop("sha256", None)
                found[path] = entry
                if len(found) > MAX_ENTRIES:
                    raise store.Refused("what the fixes touch holds more than %d files" % MAX_ENTRIES)
            if not some:
                found[root] = dict(tree.ABSENT)
        for path in sorted(scope.paths):
            if path not in found:
                content = not (path + "/").startswith(DATA_TREES)
                found[path] = tree.at(path, keep if content else None, known.get(path))
        for path in list(found):
            if path not in scope.trees | scope.data | scope.paths:
                continue
            parent = os.path.dirname(path)
            while parent not in found and parent != "/":
                found[parent] = {**tree.at(parent), "around": True}
                if found[parent]["type"] != "absent":
                    break
                parent = os.path.dirname(parent)
    except tree.Unsafe as error:
        raise store.Refused(str(error))
    return found


def _there(path):
    return tree.at(path)["type"] != "absent"


def must_fit(kept, scope):
    """Refuse when the snapshot and a margin do not fit where it goes."""
    needed, count = MARGIN, 0
    for root in sorted(scope.trees):
        for folder, _, names in os.walk(root):
            count += len(names)
            for name in names:
                try:
                    needed += os.lstat(os.path.join(folder, name)).st_size
                except OSError:
                    continue
    needed += count * PER_ENTRY
    for path, inodes in ((kept.home, MIN_INODES), ("/etc", MIN_INODES)):
        space = os.statvfs(path)
        free = space.f_bavail * space.f_frsize
        if free < (needed if path == kept.home else MARGIN // 4):
            raise store.Refused(
                "No space left on device: the snapshot needs %d MB at %s, where %d MB are free"
                % (-(-needed >> 20), path, free >> 20)
            )
        if space.f_files and space.f_favail < inodes:
            raise store.Refused("No space left on device: no inodes left at %s" % path)
    return needed


def take(kept, run, touches, roots):
    """Take the snapshot of a run and put it, complete, in the run's folder. Its digest and a word on its size.

    Raises store.Refused, with nothing left behind, when it does not fit or cannot be read.
    """
    scope = Scope(touches, roots)
    kept.prune(run)
    must_fit(kept, scope)
    folder = kept.folder(run)
    if os.path.exists(folder):
        raise store.Refused("there is already a snapshot of the run %s" % run)
    draft = os.path.join(kept.home, ".draft-" + run)
    os.mkdir(draft, 0o700)
    try:
        asked = [
            units.Asked(scope.units),
            live.AskedRuleset(),
            packages.Asked(),
            database.Asked() if scope.databases or any("/etc/mysql" in touch for touch in touches) else None,
        ]
        blob = Blob(os.path.join(draft, "content"))
        found = entries(scope, blob.keep)
        dpkg = packages.database_entries(blob.keep) if scope.packages else {}
        skeleton = packages.skeleton() if scope.packages else {}
        blob.close()
        manifest = {
            "version": VERSION,
            "run": run,
            "taken": time.time(),
            "touches": sorted(set(touches)),
            "roots": scope.roots,
            "entries": found,
            "places": blob.places,
            "sysctls": live.sysctls(scope.sysctls),
            "units": asked[0].answer(),
            "ruleset": asked[1].answer(),
            "packages": asked[2].answer(),
            "database": asked[3].answer() if asked[3] else None,
            "skeleton": skeleton,
            "dpkg": dpkg,
        }
        digest = store.write_json(os.path.join(draft, "manifest.json"), manifest)
        store.write(os.path.join(draft, store.PROGRAM), store.program(), 0o700)
        _reserve(os.path.join(draft, "reserve"), blob.size)
        os.rename(draft, folder)
        store.sync_folder(kept.home)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise store.Refused("%s: the snapshot could not be taken" % error.strerror)
        raise
    return digest, {"files": len(found), "bytes": blob.size}


def _reserve(path, size):
    """Room that a revert gives itself on a disk that has run full meanwhile."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(handle, 0, size + 4 * 1024 * 1024)
    finally:
        os.close(handle)
