"""Root's files put back only as far as the daemons concerned would load the result."""

import contextlib
import hashlib
import time

from . import daemons, tree, units, writing

MOST = 20
"""Files of others' that a daemon may name before it is given up."""
SECONDS = 60
"""For finding out which of a daemon's files may be put back all the same."""


def files(work, running):
    """Put back what ``work`` is to, but for what a daemon would then not load: that stays as it is. ``{path: why}``.

    ``running`` are the units as they are. Each daemon's own test says it: if it refuses what the files say then, its own
    are given back how they were, and, where that is not enough, those that it names. Of these each is then put back that it
    loads so, one after the other. What stays is taken off the work's paths.
    """
    judges = _judges(work, running)
    kept = _held(work) if judges else {}
    work.files()
    left = {}
    for name in judges:
        said = daemons.refusal(name)
        if said is None:
            continue
        why = "%s would not load it: %s" % (name.partition(".")[0], said)
        own = {path for path in kept if path not in left and path.startswith(daemons.of(name)[0])}
        given_back = set()
        for _ in range(MOST):
            _give_back(work, {path: kept[path] for path in own})
            given_back |= own
            said = daemons.refusal(name)
            own = {path for path in kept if path not in left and path not in given_back and said and path in said}
            if not own:
                break
        if said is None:
            given_back -= _put_back_singly(work, name, {path: kept[path] for path in given_back})
        left.update(dict.fromkeys(given_back, why))
    work.paths = {path: word for path, word in work.paths.items() if path not in left}
    return left


def _put_back_singly(work, name, kept):
    """Those of the paths that a daemon loads as they are to be, while the others stay. What others may name goes last: what
    the run made, and of folders the outer ones."""
    until, done = time.monotonic() + SECONDS, set()
    folders = {path for path, (entry, _) in kept.items() if entry["type"] == "folder"}

    def turn(path):
        return path in folders, work.paths[path] == "new", -path.count("/") if path in folders else 0, path

    for path in sorted(kept, key=turn):
        if time.monotonic() > until or any(one.startswith(path + "/") for one in set(kept) - done):
            continue
        work.these({path: work.paths[path]})
        if daemons.refusal(name) is None:
            done.add(path)
        else:
            _give_back(work, {path: kept[path]})
    return done


def _judges(work, running):
    """Units that run, or start at a boot, whose daemons may be asked about the files that are to be put back."""
    found = []
    for name, unit in sorted(running.items()):
        prefixes, tests = daemons.of(name)
        starts = units.active(unit) or unit["UnitFileState"] == "enabled"
        if tests and starts and any(path.startswith(prefixes) for path in work.paths):
            if units.shaped_by(name, work.snap.entries) is None:
                found.append(name)
    return found


def _held(work):
    """How root's paths are that the work is to change: ``{path: (entry, bytes)}``."""
    found = {}
    for path in work.of_root():
        content = []

        def keep(chunks, _status, content=content):
            content.extend(chunks)
            return {"sha256": hashlib.sha256(b"".join(content)).hexdigest()}

        with contextlib.suppress(OSError, tree.Unsafe):
            found[path] = tree.at(path, keep), content
    return found


def _give_back(work, kept):
    for path, (entry, _) in sorted(kept.items(), reverse=True):
        if entry["type"] == "absent":
            work.attempt(path, lambda path=path: writing.remove(path))
    for path, (entry, content) in sorted(kept.items()):
        if entry["type"] != "absent":
            work.attempt(path, lambda path=path, entry=entry, held=content: writing.put(path, entry, lambda: held))
