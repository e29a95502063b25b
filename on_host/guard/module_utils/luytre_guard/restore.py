"""Bringing a host back to a snapshot, all of it: root's own first, then, apart, what lesser users shape."""

import contextlib
import os
from functools import partial

from ansible.module_utils.luytre_shared import ports

from . import (
    change_attribution,
    commands,
    config_check,
    daemons,
    database,
    disk_reserve,
    failure_logs,
    file_writer,
    incident,
    mounts,
    package_dependencies,
    packages,
    runtime_state,
    store,
    tree,
    units,
    verify,
    walk,
)
from .restore_plan import MAX_LISTED, RestorePlan

AGAIN = frozenset(
    ("way in", "packet filter", verify.KERNEL, verify.MOUNTS, verify.UNITS, "database", "package records")
)
"""Steps that are done again when something in them failed."""
BLOCKING_STEPS = frozenset(("way in", "packet filter"))
"""Steps without which a host is not back."""
PACKAGES = "packages"
TRIAL = "trial.json"
"""Of a run: what its daemons would not load of what was put back, and how that was before."""


def find_initial_state(snap, again=False):
    """Return what of root's own differs from the snapshot before anything is put back.

    Written down, so that a revert that is killed and started again knows what the first one found. ``again``: what is
    found since is not the run's."""
    run_store, run = snap.kept, snap.run
    earlier = store.read_json(run_store.file(run, "found.json"))
    notes = walk.Notes()
    paths = verify.find_root_differences(snap, notes)
    if again and earlier:
        return earlier, paths, [walk.describe_note(note) for note in notes.to_rows()]
    initial_state = {
        "paths": {**paths, **(earlier["paths"] if earlier else {})},
        "units": earlier["units"] if earlier else units.UnitQuery(snap.scope.units).answer(),
    }
    if earlier is None or set(initial_state["paths"]) != set(earlier["paths"]):
        with contextlib.suppress(OSError):
            run_store.write_json(run_store.file(run, "found.json"), initial_state)
    return initial_state, paths, [walk.describe_note(note) for note in notes.to_rows()]


def restore_early(snap, pending):
    """Restore root's files, nothing else, in the middle of a boot. Return what went wrong.

    It runs before network, sshd, packet filter and web servers. With ``pending`` only what was left of the files is
    restored.
    """
    initial_state, paths, problems = find_initial_state(snap, bool(pending))
    work = RestorePlan(snap, {path: word for path, word in paths.items() if not pending or path in pending})
    _start_trial(work, initial_state)
    work.files()
    if not pending:
        incident.reapply_sites()  # what they cannot be told before the network is up, the way back's end tells
    try:
        if not pending:
            units.follow_early(snap.units, initial_state["units"], initial_state["paths"])
    except Exception as error:
        problems.append(str(error))
    return problems + work.problems + ["%s: %s" % failure for failure in work.failed.items()]


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
        """Do it.

        ``done``, with ``pending``: path or step to why it failed; and whether the host is ``held`` by that.
        """
        snap, manifest = self._snap, self._snap.manifest
        initial_state, paths, messages = find_initial_state(snap, bool(self._again))
        if self._again:
            paths = {path: word for path, word in paths.items() if path in self._again}
        self._work = work = RestorePlan(snap, paths)
        for problem in messages:
            work.tell(problem)
        if not self._again:
            self._count(initial_state["paths"])
        if self._since and not self.done["said"]:
            with contextlib.suppress(Exception):
                self.done["said"] = failure_logs.collect_failures(snap.units, initial_state["units"], self._since)
        self._needed = self._find_needed_packages(initial_state["paths"])
        work.paths = package_dependencies.drop_files_of(self._needed, paths)
        config_trial = _start_trial(work, initial_state)
        work.files()
        self._step("way in", lambda _: _restore_access(manifest, initial_state))
        self._step(PACKAGES, lambda errors: self._restore_packages(initial_state, errors))
        of_run = package_dependencies.drop_files_of(self._needed, initial_state["paths"])
        judged_paths = {path: word for path, word in of_run.items() if not path.startswith(change_attribution.WAY_IN)}
        self._step("daemons", lambda _: config_trial.judge(judged_paths, last=True))
        self._step("sites", self._restore_sites)
        self._step(
            "packet filter", lambda errors: self._add("ruleset", runtime_state.put_table(manifest["ruleset"], errors))
        )
        self._step(
            verify.KERNEL, lambda errors: self._add("sysctls", runtime_state.put_sysctls(manifest["sysctls"], errors))
        )
        self._step(
            verify.MOUNTS,
            lambda errors: self._add("mounts", mounts.bring_back(manifest.get("mounts", {}), errors, work.tell)),
        )
        unit_arguments = snap.units, initial_state["units"], initial_state["paths"], snap.scope.units
        self._step(
            verify.UNITS,
            lambda errors: self._add("units", units.bring_back(*unit_arguments, errors, work.tell, snap.entries)),
        )
        self._step("database", lambda errors: self._restore_database(manifest["database"], errors))
        self._step(
            "package records", lambda errors: restore_package_records(snap, self.done["packages"], work, errors.append)
        )
        self._restore_rest(work)
        if not self._again:
            self._count({**initial_state["paths"], **work.all_places()})
        os.sync()
        for why in config_check.find_config_errors(initial_state["paths"], initial_state["units"], snap.entries):
            work.tell(why)
        self._verify(initial_state["units"])
        self._tell()
        self.done["pending"] = {**self._pending, **dict(sorted(work.failed.items())[:MAX_LISTED])}
        self.done["held"] = bool(work.failed or BLOCKING_STEPS & set(self._pending))
        return self.done

    def _restore_rest(self, work):
        """Restore what work on packages changed after the files had been put back."""
        differences = self._find_differences()
        work.paths = {path: word for path, word in differences.items() if not self._again or path in self._again}
        if work.paths:
            work.files()
        if not self._again or PACKAGES in self._again:
            restore_times(self._snap)

    def _restore_sites(self, errors):
        """Have web servers say what an incident has them say, before any of them is told to read its files."""
        errors += filter(None, [incident.reapply_sites()])
        self._snap.look_again()

    def _verify(self, initial_units):
        """Compare all of it once more.

        What differs is told by name, and tried again unless it is known why it stays.
        """
        paths, work = self._find_differences(), self._work
        if self._again:
            paths = {path: word for path, word in paths.items() if path in self._again}
        known_paths = tuple(problem.partition(": ")[0] for problem in work.problems)
        differs = {path: work.failed.get(path, "still differs (%s)" % word) for path, word in paths.items()}
        for path in sorted(set(differs) - set(work.failed) - set(known_paths))[:MAX_LISTED]:
            self._pending[path] = differs[path]
        for part, names in verify.find_live_differences(self._snap, initial_units).items():
            if not self._again or part in self._again:
                differs.update(names)
                description = "; ".join("%s %s" % item for item in sorted(names.items()))[:1000]
                self._pending.setdefault(part, description)
        self.done["differs"] = dict(sorted(differs.items())[:MAX_LISTED])

    def _find_differences(self):
        return verify.find_differences(self._snap, {**self.done["packages"].get("staying", {}), **self._needed})

    def _step(self, name, act):
        if self._again and name not in self._again:
            return
        errors = []
        try:
            disk_reserve.with_room(self._snap.room, lambda: act(errors))
        except Exception as error:
            errors.append("%s: %s" % (type(error).__name__, error))
        if errors and name in AGAIN:
            self._pending[name] = "; ".join(errors)[:1000]
        else:
            for problem in errors:
                self._work.tell(problem)
        self._tell()

    def _restore_packages(self, initial_state, errors):
        by_others = self._find_differences() if self._again else {}
        outcome = packages.bring_back(self._snap.manifest["packages"], errors, needed_names=self._needed)
        before = self.done["packages"]
        self.done["packages"] = {
            **outcome,
            **{
                word: sorted({*before.get(word, ()), *outcome.get(word, ())})
                for word in ("purged", "reinstalled")
                if outcome
            },
        }
        if outcome.get("purged") or outcome.get("reinstalled") or self._again:
            of_run = {} if self._again else initial_state["paths"]
            differences = {path: word for path, word in self._find_differences().items() if path not in by_others}
            self._work.paths = package_dependencies.drop_files_of(self._needed, {**of_run, **differences})
            self._work.files()
        unfinished_states = packages.find_unfinished(
            self._snap.manifest["packages"], {**outcome.get("staying", {}), **self._needed}
        )
        if unfinished_states:
            self._pending[PACKAGES] = "dpkg has not done with %s" % ", ".join(sorted(unfinished_states)[:MAX_LISTED])

    def _find_needed_packages(self, restored_paths):
        """Return those that the run installed and that are needed by now, each with why.

        None where that cannot be told.
        """
        try:
            before = self._snap.manifest["packages"]
            installed_names, upgraded_versions, _ = (
                packages.compare(before, packages.PackageQuery().answer()) if before else ([], {}, [])
            )
            asked_for = {*self._snap.scope.packages, *upgraded_versions} if self._snap.shares.tells_packages else None
            return package_dependencies.find_needed(installed_names, asked_for, restored_paths, ())
        except Exception as error:
            self._work.tell("whether somebody needs a package of the run could not be told: %s" % error)
            return {}

    def _restore_database(self, before, errors):
        attribution = self._snap.shares
        if database.bring_back(before, errors, attribution.left if attribution.known else None):
            self.done["database"] = True

    def _add(self, word, values):
        self.done[word] = list(dict.fromkeys([*self.done[word], *values]))

    def _count(self, paths):
        self.done["files"] = sorted(path for path, word in paths.items() if word != "new")[:MAX_LISTED]
        self.done["removed"] = sorted(path for path, word in paths.items() if word == "new")[:MAX_LISTED]
        self.done["count"] = len(paths)

    def _tell(self):
        problems = [*self.done["problems"], *self._work.problems]
        self.done["problems"] = list(dict.fromkeys(problems))[:MAX_LISTED]
        left_reasons = {**{item["path"]: item["reason"] for item in self.done["left"]}, **self._snap.shares.left}
        left_reasons.update({"package " + name: why for name, why in self._needed.items()})
        left_reasons.update(self._snap.around.changed)
        left_reasons.update(self._snap.shares.unloadable)
        self.done["left"] = self._snap.list_left(sorted(left_reasons.items()))
        self.done["aside"] = {**self.done["aside"], **dict(sorted(self._snap.shares.aside.items())[:MAX_LISTED])}
        self._record(self.done)


def _start_trial(work, initial_state):
    """Return the trial of what is about to be put back. What an earlier try has left as it was stays so."""
    snap = work.snap
    unit_states = {
        name: unit if units.is_active(unit) else snap.units.get(name, unit)
        for name, unit in initial_state["units"].items()
    }
    config_trial = config_check.Trial(work, unit_states, snap.kept.file(snap.run, TRIAL))
    snap.shares.unloadable = config_trial.left
    work.paths = {path: word for path, word in work.paths.items() if path not in config_trial.left}
    return config_trial


def _restore_access(manifest, initial_state):
    """Restore sshd and the packet filter first: whatever hangs later, somebody can get in."""
    runtime_state.put_table(manifest["ruleset"], [])
    for name in ("ssh.socket", "ssh.service", "sshd.service"):
        was = manifest["units"].get(name)
        if was and was["ActiveState"] == "active":
            if any(path.startswith(units.SYSTEMD) for path in initial_state["paths"]):
                commands.try_run(["systemctl", "daemon-reload"])
            commands.try_run(["systemctl", "reset-failed", name])
            commands.try_run(["systemctl", "start", name])
            if name == "ssh.socket" or not any(path.startswith("/etc/ssh/") for path in initial_state["paths"]):
                continue
            if daemons.find_config_error(name) is None:
                argv = ["systemctl", units.choose_verb(name, "reload", initial_state["units"]), name]
                ports.run_with_ports(name, partial(commands.try_run, argv))


def restore_package_records(snap, outcome, work, tell, remove=True, others=()):
    """Restore dpkg's own records to the byte, when the packages are exactly those of before.

    Where upgrades stay, the records that do not tell of them are restored. ``remove``: also what came below /usr
    besides packages. ``others``: packages whose state is somebody else's doing, which stays as it is. ``tell``: gets
    why they are left.
    """
    manifest = snap.manifest
    if not manifest["dpkg"]:
        return
    staying_packages = {**outcome.get("staying", {}), **outcome.get("needed", {}), **dict.fromkeys(others)}
    now = packages.PackageQuery().answer()
    if {name: now.get(name) for name in now if name not in staying_packages} != {
        name: state for name, state in manifest["packages"].items() if name not in staying_packages
    }:
        tell("the packages are not exactly those of before")
        return
    with packages.hold_lock(packages.LOCK_SECONDS) as alone:
        if not alone:
            tell("dpkg is at work, so its records were left as they are")
            return
        _restore_records(snap, staying_packages, work)
    if remove:
        packages.remove_strays(manifest["skeleton"], staying_packages, work.problems)
    packages.put_times(manifest["skeleton"])


def _restore_records(snap, staying_packages, work):
    target, present = snap.manifest["dpkg"], packages.read_database_entries(lambda _: tree.compute_digest)
    if snap.manifest["version"] < 3:
        present = {path: entry for path, entry in present.items() if not path.startswith(packages.JOURNAL)}
    for path, entry in sorted(target.items()):
        other = present.get(path, tree.ABSENT)
        same_bytes = entry["type"] == other["type"] and entry.get("sha256") == other.get("sha256")
        if entry["type"] != "folder" and tree.find_differences(entry, other) and (same_bytes or not staying_packages):
            work.attempt(path, lambda path=path, entry=entry: file_writer.put(path, entry, lambda: snap.content(entry)))
    for path in sorted(set(present) - set(target), reverse=True) if not staying_packages else ():
        work.attempt(path, lambda path=path: file_writer.remove(path))
    for path in sorted(target, reverse=True):
        if target[path]["type"] == "folder":
            file_writer.put_time(path, target[path])


def restore_times(snap):
    """Restore times of root's folders that hold the same names as before."""
    for path, entry in sorted(snap.parts[None].items(), reverse=True):
        if entry["type"] == "folder" and "names" in entry:
            file_writer.put_time(path, entry)
