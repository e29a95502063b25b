"""Bringing a host back to a snapshot, all of it: root's own first, then, apart, what lesser users shape."""

import contextlib
import os
from functools import partial

from ansible.module_utils.luytre_guard.changes import change_attribution, database, package_dependencies, packages
from ansible.module_utils.luytre_guard.daemons import config_check, daemons, failure_logs, units
from ansible.module_utils.luytre_guard.files import file_writer, incident, store, tree, walk
from ansible.module_utils.luytre_guard.os import commands, disk_reserve, mounts, runtime_state
from ansible.module_utils.luytre_guard.rollback_point import verify
from ansible.module_utils.luytre_guard.rollback_point.restore_plan import MAX_LISTED, RestorePlan
from ansible.module_utils.luytre_shared.os import ports

AGAIN = frozenset(
    ("way in", "packet filter", verify.KERNEL, verify.MOUNTS, verify.UNITS, "database", "package records")
)
"""Steps that are done again when something in them failed."""
BLOCKING_STEPS = frozenset(("way in", "packet filter"))
"""Steps without which a host is not back."""
PACKAGES = "packages"
TRIAL = "trial.json"
"""Of a run: what its daemons would not load of what was put back, and how that was before."""


def find_differences_before_restore(snap, is_retry=False):
    """Return what of root's own differs from the snapshot before anything is put back.

    Written down, so that a revert that is killed and started again knows what the first one found. ``is_retry``: what
    is found since is not the run's.
    """
    run_store, run = snap.kept, snap.run
    earlier = store.read_json(run_store.get_path_of_run_file(run, "found.json"))
    notes = walk.WalkNotes()
    paths = verify.find_root_differences(snap, notes)
    if is_retry and earlier:
        return earlier, paths, [walk.describe_note(note) for note in notes.to_rows()]
    initial_state = {
        "paths": {**paths, **(earlier["paths"] if earlier else {})},
        "units": earlier["units"] if earlier else units.SystemdUnitsQuery(snap.scope.units).answer(),
    }
    if earlier is None or set(initial_state["paths"]) != set(earlier["paths"]):
        with contextlib.suppress(OSError):
            run_store.write_json(run_store.get_path_of_run_file(run, "found.json"), initial_state)
    return initial_state, paths, [walk.describe_note(note) for note in notes.to_rows()]


def restore_root_files_early_in_boot(snap, pending_paths):
    """Restore root's files, nothing else, in the middle of a boot. Return what went wrong.

    It runs before network, sshd, packet filter and web servers. With ``pending_paths`` only what was left of the files
    is restored.
    """
    initial_state, paths, problems = find_differences_before_restore(snap, bool(pending_paths))
    work = RestorePlan(snap, {path: word for path, word in paths.items() if not pending_paths or path in pending_paths})
    _start_config_trial_of_restore(work, initial_state)
    work.put_back_files_of_root()
    if not pending_paths:
        # What they cannot be told before the network is up, the way back's end tells.
        incident.reapply_site_blocks_to_web_servers()
    try:
        if not pending_paths:
            units.restore_unit_jobs_early_in_boot(snap.units, initial_state["units"], initial_state["paths"])
    except Exception as error:
        problems.append(str(error))
    return problems + work.problems + ["%s: %s" % failure for failure in work.failed.items()]


class HostRevert:
    """One try at bringing a host back. ``done`` is what this try and those before it came to.

    ``earlier`` is what the run's record holds. With ``pending`` in it, from a try that came to its end, only that is
    done again: what came back once belongs to those who work on the host since. ``record`` is told after every step.
    """

    def __init__(self, snap, earlier, record):
        self._snap, self._record = snap, record
        self._again = earlier.get("pending", {})
        self._pending, self._needed, self._work = {}, {}, None
        fresh = {"sysctls": [], "ruleset": [], "units": [], "database": False, "packages": {}, "problems": []}
        fresh.update({"files": [], "removed": [], "count": 0, "differs": {}, "said": [], "left": []})
        fresh.update({"aside": {}, "mounts": []})
        self.done = {word: earlier.get(word, value) for word, value in fresh.items()}
        self._since = None if earlier.get("cause") == "boot" or self._again else earlier.get("armed")

    def revert_host_completely(self):
        """Bring the host back to the snapshot.

        Return ``done``, with ``pending``: path or step to why it failed; and whether the host is ``held`` by that.
        """
        snap, manifest = self._snap, self._snap.manifest
        initial_state, paths, messages = find_differences_before_restore(snap, bool(self._again))
        if self._again:
            paths = {path: word for path, word in paths.items() if path in self._again}
        self._work = work = RestorePlan(snap, paths)
        for problem in messages:
            work.note_problem_once(problem)
        if not self._again:
            self._count_restored_and_removed_files(initial_state["paths"])
        if self._since and not self.done["said"]:
            with contextlib.suppress(Exception):
                self.done["said"] = failure_logs.collect_log_lines_of_failed_daemons(
                    snap.units, initial_state["units"], self._since
                )
        self._needed = self._find_packages_of_run_needed_by_now(initial_state["paths"])
        work.paths = package_dependencies.drop_new_files_of_staying_packages(self._needed, paths)
        config_trial = _start_config_trial_of_restore(work, initial_state)
        work.put_back_files_of_root()
        self._run_step_and_note_errors(
            "way in", lambda _: _restore_sshd_and_packet_filter_first(manifest, initial_state)
        )
        self._run_step_and_note_errors(
            PACKAGES, lambda errors: self._restore_packages_and_their_files(initial_state, errors)
        )
        of_run = package_dependencies.drop_new_files_of_staying_packages(self._needed, initial_state["paths"])
        judged_paths = {path: word for path, word in of_run.items() if not path.startswith(change_attribution.WAY_IN)}
        self._run_step_and_note_errors(
            "daemons", lambda _: config_trial.take_back_files_that_daemons_refuse(judged_paths, last=True)
        )
        self._run_step_and_note_errors("sites", self._restore_site_blocks_of_web_servers)
        self._run_step_and_note_errors(
            "packet filter",
            lambda errors: self._add_values_to_outcome(
                "ruleset", runtime_state.put_own_nft_table_into_target_state(manifest["ruleset"], errors)
            ),
        )
        self._run_step_and_note_errors(
            verify.KERNEL,
            lambda errors: self._add_values_to_outcome(
                "sysctls", runtime_state.put_sysctls(manifest["sysctls"], errors)
            ),
        )
        self._run_step_and_note_errors(
            verify.MOUNTS,
            lambda errors: self._add_values_to_outcome(
                "mounts", mounts.restore_mount_flags(manifest.get("mounts", {}), errors, work.note_problem_once)
            ),
        )
        units_to_restore = units.UnitsToRestore(snap.units, initial_state["units"], snap.scope.units)
        self._run_step_and_note_errors(
            verify.UNITS,
            lambda errors: self._add_values_to_outcome(
                "units",
                units.restore_units_and_reload_daemons(
                    units_to_restore, initial_state["paths"], errors, work.note_problem_once, snap.entries
                ),
            ),
        )
        self._run_step_and_note_errors("database", lambda errors: self._restore_database(manifest["database"], errors))
        self._run_step_and_note_errors(
            "package records",
            lambda errors: restore_dpkg_records_if_packages_match(snap, self.done["packages"], work, errors.append),
        )
        self._restore_files_changed_by_package_work(work)
        if not self._again:
            self._count_restored_and_removed_files(
                {**initial_state["paths"], **work.compare_and_put_back_untrusted_places()}
            )
        os.sync()
        for why in config_check.find_config_errors_at_next_start(
            initial_state["paths"], initial_state["units"], snap.entries
        ):
            work.note_problem_once(why)
        self._verify_that_nothing_differs(initial_state["units"])
        self._record_outcome_so_far()
        self.done["pending"] = {**self._pending, **dict(sorted(work.failed.items())[:MAX_LISTED])}
        self.done["held"] = bool(work.failed or BLOCKING_STEPS & set(self._pending))
        return self.done

    def _restore_files_changed_by_package_work(self, work):
        """Restore what work on packages changed after the files had been put back."""
        differences = self._find_differences()
        work.paths = {path: word for path, word in differences.items() if not self._again or path in self._again}
        if work.paths:
            work.put_back_files_of_root()
        if not self._again or PACKAGES in self._again:
            restore_mtimes_of_unchanged_folders(self._snap)

    def _restore_site_blocks_of_web_servers(self, errors):
        """Have web servers say what an incident has them say, before any of them is told to read its files."""
        errors += filter(None, [incident.reapply_site_blocks_to_web_servers()])
        self._snap.refresh_containment_overlay()

    def _verify_that_nothing_differs(self, initial_units):
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
        return verify.find_differences_but_of_staying_packages(
            self._snap, {**self.done["packages"].get("staying", {}), **self._needed}
        )

    def _run_step_and_note_errors(self, step_name, run):
        if self._again and step_name not in self._again:
            return
        errors = []
        try:
            disk_reserve.run_and_free_reserve_when_disk_is_full(self._snap.room, lambda: run(errors))
        except Exception as error:
            errors.append("%s: %s" % (type(error).__name__, error))
        if errors and step_name in AGAIN:
            self._pending[step_name] = "; ".join(errors)[:1000]
        else:
            for problem in errors:
                self._work.note_problem_once(problem)
        self._record_outcome_so_far()

    def _restore_packages_and_their_files(self, initial_state, errors):
        by_others = self._find_differences() if self._again else {}
        outcome = packages.restore_packages_of_before(
            self._snap.manifest["packages"], errors, needed_names=self._needed
        )
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
            self._work.paths = package_dependencies.drop_new_files_of_staying_packages(
                self._needed, {**of_run, **differences}
            )
            self._work.put_back_files_of_root()
        unfinished_states = packages.find_packages_not_yet_restored(
            self._snap.manifest["packages"], {**outcome.get("staying", {}), **self._needed}
        )
        if unfinished_states:
            self._pending[PACKAGES] = "dpkg has not done with %s" % ", ".join(sorted(unfinished_states)[:MAX_LISTED])

    def _find_packages_of_run_needed_by_now(self, restored_paths):
        """Return those that the run installed and that are needed by now, each with why.

        None where that cannot be told.
        """
        try:
            before = self._snap.manifest["packages"]
            installed_names, upgraded_versions, _ = (
                packages.compare_installed_packages(before, packages.InstalledPackagesQuery().answer())
                if before
                else ([], {}, [])
            )
            asked_for = (
                {*self._snap.scope.packages, *upgraded_versions}
                if self._snap.shares.is_package_work_of_run_fully_recorded
                else None
            )
            return package_dependencies.find_packages_needed_by_now_with_reason(
                installed_names, asked_for, restored_paths, ()
            )
        except Exception as error:
            self._work.note_problem_once("whether somebody needs a package of the run could not be told: %s" % error)
            return {}

    def _restore_database(self, before, errors):
        attribution = self._snap.shares
        if database.restore_database_privileges_and_settings(
            before, errors, attribution.left if attribution.known else None
        ):
            self.done["database"] = True

    def _add_values_to_outcome(self, outcome_key, values):
        self.done[outcome_key] = list(dict.fromkeys([*self.done[outcome_key], *values]))

    def _count_restored_and_removed_files(self, changed_paths):
        self.done["files"] = sorted(path for path, word in changed_paths.items() if word != "new")[:MAX_LISTED]
        self.done["removed"] = sorted(path for path, word in changed_paths.items() if word == "new")[:MAX_LISTED]
        self.done["count"] = len(changed_paths)

    def _record_outcome_so_far(self):
        problems = [*self.done["problems"], *self._work.problems]
        self.done["problems"] = list(dict.fromkeys(problems))[:MAX_LISTED]
        left_reasons = {**{item["path"]: item["reason"] for item in self.done["left"]}, **self._snap.shares.left}
        left_reasons.update({"package " + name: why for name, why in self._needed.items()})
        left_reasons.update(self._snap.around.changed)
        left_reasons.update(self._snap.shares.unloadable)
        self.done["left"] = self._snap.list_paths_left_alone_with_reason(sorted(left_reasons.items()))
        self.done["aside"] = {**self.done["aside"], **dict(sorted(self._snap.shares.aside.items())[:MAX_LISTED])}
        self._record(self.done)


def _start_config_trial_of_restore(work, initial_state):
    """Return the trial of what is about to be put back. What an earlier try has left as it was stays so."""
    snap = work.snap
    unit_states = {
        name: unit if units.is_active(unit) else snap.units.get(name, unit)
        for name, unit in initial_state["units"].items()
    }
    config_trial = config_check.ConfigTrial(work, unit_states, snap.kept.get_path_of_run_file(snap.run, TRIAL))
    snap.shares.unloadable = config_trial.left
    work.paths = {path: word for path, word in work.paths.items() if path not in config_trial.left}
    return config_trial


def _restore_sshd_and_packet_filter_first(manifest, initial_state):
    """Restore sshd and the packet filter first: whatever hangs later, somebody can get in."""
    runtime_state.put_own_nft_table_into_target_state(manifest["ruleset"], [])
    for name in ("ssh.socket", "ssh.service", "sshd.service"):
        was = manifest["units"].get(name)
        if was and was["ActiveState"] == "active":
            if any(path.startswith(units.SYSTEMD) for path in initial_state["paths"]):
                commands.run_program_and_return_error_or_none(["systemctl", "daemon-reload"])
            commands.run_program_and_return_error_or_none(["systemctl", "reset-failed", name])
            commands.run_program_and_return_error_or_none(["systemctl", "start", name])
            if name == "ssh.socket" or not any(path.startswith("/etc/ssh/") for path in initial_state["paths"]):
                continue
            if daemons.find_config_error(name) is None:
                argv = [
                    "systemctl",
                    units.choose_verb_to_load_changed_config(name, "reload", initial_state["units"]),
                    name,
                ]
                ports.run_reload_with_ports_of_unit_reserved(
                    name, partial(commands.run_program_and_return_error_or_none, argv)
                )


def restore_dpkg_records_if_packages_match(snap, outcome, work, tell, may_remove=True, packages_of_others=()):
    """Restore dpkg's own records to the byte, when the packages are exactly those of before.

    Where upgrades stay, the records that do not tell of them are restored. ``may_remove``: also what came below /usr
    besides packages. ``packages_of_others``: packages whose state is somebody else's doing, which stays as it is.
    ``tell``: gets why they are left.
    """
    manifest = snap.manifest
    if not manifest["dpkg"]:
        return
    staying_packages = {**outcome.get("staying", {}), **outcome.get("needed", {}), **dict.fromkeys(packages_of_others)}
    now = packages.InstalledPackagesQuery().answer()
    if {name: now.get(name) for name in now if name not in staying_packages} != {
        name: state for name, state in manifest["packages"].items() if name not in staying_packages
    }:
        tell("the packages are not exactly those of before")
        return
    with packages.hold_dpkg_lock_within_seconds(packages.LOCK_SECONDS) as alone:
        if not alone:
            tell("dpkg is at work, so its records were left as they are")
            return
        _restore_files_of_dpkg_database(snap, staying_packages, work)
    if may_remove:
        packages.remove_new_usr_files_of_no_package(manifest["skeleton"], staying_packages, work.problems)
    packages.put_mtimes_of_package_folders(manifest["skeleton"])


def _restore_files_of_dpkg_database(snap, staying_packages, work):
    target, present = (
        snap.manifest["dpkg"],
        packages.read_entries_of_dpkg_database(lambda _: tree.compute_digest_entry_of_content),
    )
    if snap.manifest["version"] < 3:
        present = {path: entry for path, entry in present.items() if not path.startswith(packages.JOURNAL)}
    for path, entry in sorted(target.items()):
        other = present.get(path, tree.ABSENT)
        same_bytes = entry["type"] == other["type"] and entry.get("sha256") == other.get("sha256")
        if (
            entry["type"] != "folder"
            and tree.find_fields_differing_between_entries(entry, other)
            and (same_bytes or not staying_packages)
        ):
            work.attempt_change_of_path_and_note_failure(
                path,
                lambda path=path, entry=entry: file_writer.put_path_into_state_of_entry(
                    path, entry, lambda: snap.read_verified_content_of_entry(entry)
                ),
            )
    for path in sorted(set(present) - set(target), reverse=True) if not staying_packages else ():
        work.attempt_change_of_path_and_note_failure(path, lambda path=path: file_writer.remove_path_recursively(path))
    for path in sorted(target, reverse=True):
        if target[path]["type"] == "folder":
            file_writer.put_mtime_of_folder_with_same_names(path, target[path])


def restore_mtimes_of_unchanged_folders(snap):
    """Restore times of root's folders that hold the same names as before."""
    for path, entry in sorted(snap.parts[None].items(), reverse=True):
        if entry["type"] == "folder" and "names" in entry:
            file_writer.put_mtime_of_folder_with_same_names(path, entry)
