"""Bringing a host back to a snapshot, all of it: root's own first, then, apart, what lesser users shape."""

import contextlib
import os
from functools import partial

from ansible.module_utils.luytre_shared import ports

from . import (
    commands,
    daemons,
    database,
    incident,
    last_words,
    live,
    mounts,
    needed,
    packages,
    shares,
    spare,
    store,
    tree,
    trial,
    units,
    verify,
    walk,
    writing,
)
from .work import LISTED, Work

AGAIN = frozenset(
    ("way in", "packet filter", verify.KERNEL, verify.MOUNTS, verify.UNITS, "database", "package records")
)
"""Steps that are done again when something in them failed."""
HELD = frozenset(("way in", "packet filter"))
"""Steps without which a host is not back."""
PACKAGES = "packages"
TRIAL = "trial.json"
"""Of a run: what its daemons would not load of what was put back, and how that was before."""


def look_around(snap, again=False):
    """What of root's own differs from the snapshot before anything is put back; written down, so that a revert that is
    killed and started again knows what the first one found. ``again``: what is found since is not the run's."""
    kept, run = snap.kept, snap.run
    earlier = store.read_json(kept.file(run, "found.json"))
    notes = walk.Notes()
    paths = verify.roots_different(snap, notes)
    if again and earlier:
        return earlier, paths, [walk.said(note) for note in notes.told()]
    found = {
        "paths": {**paths, **(earlier["paths"] if earlier else {})},
        "units": earlier["units"] if earlier else units.Asked(snap.scope.units).answer(),
    }
    if earlier is None or set(found["paths"]) != set(earlier["paths"]):
        with contextlib.suppress(OSError):
            kept.write_json(kept.file(run, "found.json"), found)
    return found, paths, [walk.said(note) for note in notes.told()]


def early(snap, pending):
    """In the middle of a boot, before network, sshd, packet filter and web servers: root's files, nothing else. With
    ``pending`` only what was left of them. What went wrong."""
    found, paths, problems = look_around(snap, bool(pending))
    work = Work(snap, {path: word for path, word in paths.items() if not pending or path in pending})
    _trial(work, found)
    work.files()
    if not pending:
        incident.put_sites()  # what they cannot be told before the network is up, the way back's end tells
    try:
        if not pending:
            units.follow_early(snap.units, found["units"], found["paths"])
    except Exception as error:
        problems.append(str(error))
    return problems + work.problems + ["%s: %s" % one for one in work.failed.items()]


class Revert:
    """One try at bringing a host back. ``done`` is what this try and those before it came to.

    ``earlier`` is what the run's record holds. With ``pending`` in it, from a try that came to its end, only that is
    done again: what came back once belongs to those who work on the host since. ``record`` is told after every step.
    """

    def __init__(self, snap, earlier, record):
        self._snap, self._record = snap, record
        self._again = earlier.get("pending") or {}
        self._pending, self._needed, self._work = {}, {}, None
        fresh = {"sysctls": [], "ruleset": [], "units": [], "database": False, "packages": {}, "problems": []}
        fresh.update({"files": [], "removed": [], "count": 0, "differs": {}, "said": [], "left": []})
        fresh.update({"aside": {}, "mounts": []})
        self.done = {word: earlier.get(word, value) for word, value in fresh.items()}
        self._since = None if earlier.get("cause") == "boot" or self._again else earlier.get("armed")

    def all(self):
        """Do it. ``done``, with ``pending``: path or step to why it failed; and whether the host is ``held`` by that."""
        snap, manifest = self._snap, self._snap.manifest
        found, paths, said = look_around(snap, bool(self._again))
        if self._again:
            paths = {path: word for path, word in paths.items() if path in self._again}
        self._work = work = Work(snap, paths)
        for problem in said:
            work.tell(problem)
        if not self._again:
            self._count(found["paths"])
        if self._since and not self.done["said"]:
            with contextlib.suppress(Exception):
                self.done["said"] = last_words.of_stopped(snap.units, found["units"], self._since)
        self._needed = self._needed_packages(found["paths"])
        work.paths = needed.without_files_of(self._needed, paths)
        tried = _trial(work, found)
        work.files()
        self._step("way in", lambda _: _way_in(manifest, found))
        self._step(PACKAGES, lambda told: self._packages(found, told))
        of_run = needed.without_files_of(self._needed, found["paths"])
        judged = {path: word for path, word in of_run.items() if not path.startswith(shares.WAY_IN)}
        self._step("daemons", lambda _: tried.judge(judged, last=True))
        self._step("sites", self._sites)
        self._step("packet filter", lambda told: self._add("ruleset", live.put_table(manifest["ruleset"], told)))
        self._step(verify.KERNEL, lambda told: self._add("sysctls", live.put_sysctls(manifest["sysctls"], told)))
        self._step(
            verify.MOUNTS,
            lambda told: self._add("mounts", mounts.bring_back(manifest.get("mounts", {}), told, work.tell)),
        )
        asked = snap.units, found["units"], found["paths"], snap.scope.units
        self._step(
            verify.UNITS, lambda told: self._add("units", units.bring_back(*asked, told, work.tell, snap.entries))
        )
        self._step("database", lambda told: self._database(manifest["database"], told))
        self._step("package records", lambda told: package_records(snap, self.done["packages"], work, told.append))
        self._rest(work)
        if not self._again:
            self._count({**found["paths"], **work.all_places()})
        os.sync()
        for why in trial.refusals(found["paths"], found["units"], snap.entries):
            work.tell(why)
        self._verify(found["units"])
        self._tell()
        self.done["pending"] = {**self._pending, **dict(sorted(work.failed.items())[:LISTED])}
        self.done["held"] = bool(work.failed or HELD & set(self._pending))
        return self.done

    def _rest(self, work):
        """What work on packages changed after the files had been put back."""
        left = self._differing()
        work.paths = {path: word for path, word in left.items() if not self._again or path in self._again}
        if work.paths:
            work.files()
        if not self._again or PACKAGES in self._again:
            times(self._snap)

    def _sites(self, told):
        """Have web servers say what an incident has them say, before any of them is told to read its files."""
        told += filter(None, [incident.put_sites()])
        self._snap.look_again()

    def _verify(self, found):
        """Compare all of it once more. What differs is told by name, and tried again unless it is known why it stays."""
        paths, work = self._differing(), self._work
        if self._again:
            paths = {path: word for path, word in paths.items() if path in self._again}
        known = tuple(problem.partition(": ")[0] for problem in work.problems)
        differs = {path: work.failed.get(path, "still differs (%s)" % word) for path, word in paths.items()}
        for path in sorted(set(differs) - set(work.failed) - set(known))[:LISTED]:
            self._pending[path] = differs[path]
        for part, names in verify.live_differences(self._snap, found).items():
            if not self._again or part in self._again:
                differs.update(names)
                said = "; ".join("%s %s" % one for one in sorted(names.items()))[:1000]
                self._pending.setdefault(part, said)
        self.done["differs"] = dict(sorted(differs.items())[:LISTED])

    def _differing(self):
        return verify.paths(self._snap, {**self.done["packages"].get("staying", {}), **self._needed})

    def _step(self, name, act):
        if self._again and name not in self._again:
            return
        told = []
        try:
            spare.with_room(self._snap.room, lambda: act(told))
        except Exception as error:
            told.append("%s: %s" % (type(error).__name__, error))
        if told and name in AGAIN:
            self._pending[name] = "; ".join(told)[:1000]
        else:
            for problem in told:
                self._work.tell(problem)
        self._tell()

    def _packages(self, found, told):
        by_others = self._differing() if self._again else {}
        done = packages.bring_back(self._snap.manifest["packages"], told, needed=self._needed)
        before = self.done["packages"]
        self.done["packages"] = {
            **done,
            **{
                word: sorted({*before.get(word, ()), *done.get(word, ())}) for word in ("purged", "reinstalled") if done
            },
        }
        if done.get("purged") or done.get("reinstalled") or self._again:
            of_run = {} if self._again else found["paths"]
            differing = {path: word for path, word in self._differing().items() if path not in by_others}
            self._work.paths = needed.without_files_of(self._needed, {**of_run, **differing})
            self._work.files()
        unfinished = packages.unfinished(self._snap.manifest["packages"], {**done.get("staying", {}), **self._needed})
        if unfinished:
            self._pending[PACKAGES] = "dpkg has not done with %s" % ", ".join(sorted(unfinished)[:LISTED])

    def _needed_packages(self, going):
        """Those that the run installed and that are needed by now, each with why; none where that cannot be told."""
        try:
            before = self._snap.manifest["packages"]
            installed, upgraded, _ = packages.compare(before, packages.Asked().answer()) if before else ([], {}, [])
            asked_for = {*self._snap.scope.packages, *upgraded} if self._snap.shares.tells_packages else None
            return needed.of(installed, asked_for, going, ())
        except Exception as error:
            self._work.tell("whether somebody needs a package of the run could not be told: %s" % error)
            return {}

    def _database(self, before, told):
        shared = self._snap.shares
        if database.bring_back(before, told, shared.left if shared.known else None):
            self.done["database"] = True

    def _add(self, word, values):
        self.done[word] = list(dict.fromkeys([*self.done[word], *values]))

    def _count(self, paths):
        self.done["files"] = sorted(path for path, word in paths.items() if word != "new")[:LISTED]
        self.done["removed"] = sorted(path for path, word in paths.items() if word == "new")[:LISTED]
        self.done["count"] = len(paths)

    def _tell(self):
        problems = [*self.done["problems"], *self._work.problems]
        self.done["problems"] = list(dict.fromkeys(problems))[:LISTED]
        left = {**{one["path"]: one["reason"] for one in self.done["left"]}, **self._snap.shares.left}
        left.update({"package " + name: why for name, why in self._needed.items()})
        left.update(self._snap.around.changed)
        left.update(self._snap.shares.unloadable)
        self.done["left"] = self._snap.left(sorted(left.items()))
        self.done["aside"] = {**self.done["aside"], **dict(sorted(self._snap.shares.aside.items())[:LISTED])}
        self._record(self.done)


def _trial(work, found):
    """The trial of what is about to be put back. What an earlier try has left as it was stays so."""
    snap = work.snap
    running = {
        name: unit if units.active(unit) else snap.units.get(name, unit) for name, unit in found["units"].items()
    }
    tried = trial.Trial(work, running, snap.kept.file(snap.run, TRIAL))
    snap.shares.unloadable = tried.left
    work.paths = {path: word for path, word in work.paths.items() if path not in tried.left}
    return tried


def _way_in(manifest, found):
    """sshd and the packet filter first: whatever hangs later, somebody can get in."""
    live.put_table(manifest["ruleset"], [])
    for name in ("ssh.socket", "ssh.service", "sshd.service"):
        was = manifest["units"].get(name)
        if was and was["ActiveState"] == "active":
            if any(path.startswith(units.SYSTEMD) for path in found["paths"]):
                commands.said_no(["systemctl", "daemon-reload"])
            commands.said_no(["systemctl", "reset-failed", name])
            commands.said_no(["systemctl", "start", name])
            if name == "ssh.socket" or not any(path.startswith("/etc/ssh/") for path in found["paths"]):
                continue
            if daemons.refusal(name) is None:
                told = ["systemctl", units.verb_for(name, "reload", found["units"]), name]
                ports.with_ports_of(name, partial(commands.said_no, told))


def package_records(snap, done, work, tell, remove=True, others=()):
    """dpkg's own records to the byte, when the packages are exactly those of before; where upgrades stay, those of the
    records that do not tell of them. ``remove``: also what came below /usr besides packages. ``others``: packages whose
    state is somebody else's doing, which stays as it is. ``tell``: gets why they are left."""
    manifest = snap.manifest
    if not manifest["dpkg"]:
        return
    staying = {**done.get("staying", {}), **done.get("needed", {}), **dict.fromkeys(others)}
    now = packages.Asked().answer()
    if {name: now.get(name) for name in now if name not in staying} != {
        name: state for name, state in manifest["packages"].items() if name not in staying
    }:
        tell("the packages are not exactly those of before")
        return
    with packages.alone(packages.LOCK_SECONDS) as alone:
        if not alone:
            tell("dpkg is at work, so its records were left as they are")
            return
        _records_of_before(snap, staying, work)
    if remove:
        packages.remove_strays(manifest["skeleton"], staying, work.problems)
    packages.put_times(manifest["skeleton"])


def _records_of_before(snap, staying, work):
    wanted, present = snap.manifest["dpkg"], packages.database_entries(lambda _: tree.digest)
    if snap.manifest["version"] < 3:
        present = {path: entry for path, entry in present.items() if not path.startswith(packages.JOURNAL)}
    for path, entry in sorted(wanted.items()):
        other = present.get(path, tree.ABSENT)
        same_bytes = entry["type"] == other["type"] and entry.get("sha256") == other.get("sha256")
        if entry["type"] != "folder" and tree.differs(entry, other) and (same_bytes or not staying):
            work.attempt(path, lambda path=path, entry=entry: writing.put(path, entry, lambda: snap.content(entry)))
    for path in sorted(set(present) - set(wanted), reverse=True) if not staying else ():
        work.attempt(path, lambda path=path: writing.remove(path))
    for path in sorted(wanted, reverse=True):
        if wanted[path]["type"] == "folder":
            writing.put_time(path, wanted[path])


def times(snap):
    """Times of root's folders that hold the same names as before."""
    for path, entry in sorted(snap.parts[None].items(), reverse=True):
        if entry["type"] == "folder" and "names" in entry:
            writing.put_time(path, entry)
