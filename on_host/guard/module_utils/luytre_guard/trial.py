"""Root's files put back only as far as the daemons concerned would load the result."""

import base64
import contextlib
import hashlib
import time

from . import commands, daemons, store, tree, units, writing

MOST = 20
"""Files of others' that a daemon may name before it is given up."""
SECONDS = 60
"""For finding out which of a daemon's files may be put back all the same."""
MOST_BYTES, MOST_ALL_BYTES = 1024 * 1024, 8 * 1024 * 1024
"""Of files whose bytes are noted as they were, those of the daemons first: configurations are smaller, and a disk may be nearly full."""


class Trial:
    """Of one way back. How root's files were before the first of them went back is noted in a file, and with it what is left
    as it was: so whoever goes on after a power cut knows both."""

    def __init__(self, work, running, place):
        self._work, self._place = work, place
        noted = store.read_json(place)
        self._noted = noted or {"paths": {}, "left": {}}
        self.left = self._noted["left"]
        self._judges = _judges(work, running)
        if self._judges:
            kept = self._noted["paths"]
            theirs = tuple(prefix for name in self._judges for prefix in daemons.of(name)[0])
            paths = sorted(set(work.of_root()) - set(kept), key=lambda path: (not path.startswith(theirs), path))
            self._noted["paths"] = {**_held(work, paths), **kept}
        if noted != self._noted:
            with contextlib.suppress(OSError):
                store.write_json(place, self._noted)

    def judge(self, paths, last=False):
        """Give back how it was what a daemon would otherwise not load. ``{path: why}`` of what stays so, which is taken off the work's paths.

        ``paths``: what has been put back, each with its word. Each daemon's own test says it: if it refuses what the files say now, its own are given
        back how they were, and, where that is not enough, those that it names. Of these each is then put back that it loads so, one
        after the other. With ``last``, all are put back where the daemon refuses one state as well as the other.
        """
        kept = {path: _entry(one) for path, one in self._noted["paths"].items() if path in paths}
        for name in self._judges:
            said = daemons.refusal(name)
            if said is not None:
                self._settle(name, said, kept, paths, last)
        with contextlib.suppress(OSError):
            store.write_json(self._place, self._noted)
        self._work.paths = {path: word for path, word in self._work.paths.items() if path not in self.left}
        return self.left

    def _settle(self, name, said, kept, words, last):
        work, left = self._work, self.left
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
            given_back -= _put_back_singly(work, name, {path: kept[path] for path in given_back}, words)
        elif last:
            work.these({path: words[path] for path in given_back})
            given_back = set()
        left.update(dict.fromkeys(given_back, why))


def files(work, running, place):
    """Put back what ``work`` is to, but for what a daemon would then not load: that stays as it is. ``{path: why}``.

    ``running`` are the units as they are, ``place`` is where the trial is noted.
    """
    trial = Trial(work, running, place)
    work.paths = {path: word for path, word in work.paths.items() if path not in trial.left}
    work.files()
    return trial.judge(dict(work.paths))


def refusals(paths, running, entries):
    """Why daemons whose files have been put back would not load them at their next start: a sentence each."""
    for name in _concerned(paths, running, entries):
        said = daemons.refusal(name)
        if said is not None:
            yield "%s would not load its configuration at its next start: %s" % (name.partition(".")[0], said)


def _put_back_singly(work, name, kept, words):
    """Those of the paths that a daemon loads as they are to be, while the others stay. What others may name goes last: what
    the run made, and of folders the outer ones."""
    until, done = time.monotonic() + SECONDS, set()
    folders = {path for path, (entry, _) in kept.items() if entry["type"] == "folder"}

    def turn(path):
        return path in folders, words[path] == "new", -path.count("/") if path in folders else 0, path

    for path in sorted(kept, key=turn):
        if time.monotonic() > until or any(one.startswith(path + "/") for one in set(kept) - done):
            continue
        work.these({path: words[path]})
        if daemons.refusal(name) is None:
            done.add(path)
        else:
            _give_back(work, {path: kept[path]})
    return done


def _judges(work, running):
    """Units whose daemons are asked about the files that are to be put back."""
    return _concerned(work.paths, running, work.snap.entries)


def _concerned(paths, running, entries):
    """Units that run, or start at a boot, and whose daemons have their configuration there; and programs that are no unit."""
    found = []
    for name in (*sorted(running), *daemons.PROGRAMS):
        prefixes, tests = daemons.of(name)
        if (
            tests
            and _starts(name, running)
            and _had(prefixes, entries)
            and any(path.startswith(prefixes) for path in paths)
        ):
            if all(commands.installed(test[0]) for test in tests) and units.shaped_by(name, entries) is None:
                found.append(name)
    return found


def _had(prefixes, entries):
    """Whether a daemon had a configuration in the snapshot: one that came with the run goes with it, and loads nothing then."""
    return any(path.startswith(prefixes) and entry["type"] != "absent" for path, entry in entries.items())


def _starts(name, running):
    """Whether what reads the files runs, starts at a boot, is started by a socket, or whenever it is called."""
    if name in daemons.PROGRAMS or units.active(running.get(daemons.BY_SOCKET.get(name))):
        return True
    return units.active(running[name]) or running[name]["UnitFileState"] == "enabled"


def _held(work, paths):
    """How root's paths are that the work is to change: ``{path: [entry, bytes as base64]}``, none of what is too large."""
    found, left = {}, MOST_ALL_BYTES
    for path in paths:
        content = []

        def keep(chunks, _status, content=content):
            content.extend(chunks)
            return {"sha256": hashlib.sha256(b"".join(content)).hexdigest()}

        with contextlib.suppress(OSError, tree.Unsafe):
            entry = tree.at(path)
            size = entry.get("size", 0)
            if size <= min(MOST_BYTES, left):
                entry, left = tree.at(path, keep), left - size
                found[path] = [entry, base64.b64encode(b"".join(content)).decode("ascii")]
    return found


def _entry(noted):
    entry, content = noted
    return entry, [base64.b64decode(content)]


def _give_back(work, kept):
    for path, (entry, _) in sorted(kept.items(), reverse=True):
        if entry["type"] == "absent":
            work.attempt(path, lambda path=path: writing.remove(path))
    for path, (entry, content) in sorted(kept.items()):
        if entry["type"] != "absent":
            work.attempt(path, lambda path=path, entry=entry, held=content: writing.put(path, entry, lambda: held))
