"""Root's files put back only as far as the daemons concerned would load the result."""

import contextlib
import hashlib

from . import daemons, tree, units, writing

MOST = 20
"""Files of others' that a daemon may name before it is given up."""


def files(work, running):
    """Put back what ``work`` is to, but for what a daemon would then not load: that stays as it is. ``{path: why}``.

    ``running`` are the units as they are. Each daemon's own test says it: if it refuses what the files say then, its own
    are given back how they were, and, where that is not enough, those that it names. What stays is taken off the work's
    paths.
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
        for _ in range(MOST):
            _give_back(work, {path: kept[path] for path in own})
            left.update(dict.fromkeys(own, why))
            said = daemons.refusal(name)
            own = {path for path in kept if path not in left and said and path in said}
            if not own:
                break
    work.paths = {path: word for path, word in work.paths.items() if path not in left}
    return left


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
