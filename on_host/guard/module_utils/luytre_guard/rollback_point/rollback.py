"""A confirmed run, later: what it left behind, what changed since, and undoing what nobody changed since."""

import hashlib
import os

from ansible.module_utils.luytre_guard.changes import database, package_dependencies, packages
from ansible.module_utils.luytre_guard.daemons import config_check, units
from ansible.module_utils.luytre_guard.files import incident, store, tree, walk
from ansible.module_utils.luytre_guard.files.scope import (
    PACKAGE_CACHES,
    PACKAGE_FILES,
    PACKAGE_LEFTOVERS,
    PACKAGE_OWN_TREES,
)
from ansible.module_utils.luytre_guard.os import commands, mounts, runtime_state
from ansible.module_utils.luytre_guard.rollback_point import verify
from ansible.module_utils.luytre_guard.rollback_point.restore import (
    TRIAL,
    restore_dpkg_records_if_packages_match,
    restore_mtimes_of_unchanged_folders,
)
from ansible.module_utils.luytre_guard.rollback_point.restore_plan import (
    MAX_LISTED,
    RestorePlan,
    Snapshot,
    compare_entries,
)
from ansible.module_utils.luytre_guard.rollback_point.rollback_selection import (
    RollbackSelection,
    has_path_changed_in_site_blocks_only,
    is_change_meant_by_touches,
)
from ansible.module_utils.luytre_shared.incidents import web_block_config

PROFILES, STACK = "/usr/share/pam-configs/", "/etc/pam.d/common-"


def load_snapshot_and_after_state_of_run(run_store, run, state, snapshot_digest, after_state_digest):
    """Return the snapshot of a confirmed run and what it left behind.

    Raises store.GuardRefusal when they are not those recorded.
    """
    if state is None or state["state"] not in ("confirming", "confirmed", "rolled_back"):
        raise store.GuardRefusal("there is no confirmed run %s on this host" % run)
    snap = Snapshot(run_store, run, snapshot_digest or state["digest"])
    path = run_store.get_path_of_run_file(run, "after.json")
    after_state = store.read_json(path)
    if after_state is None or after_state["snapshot"] != snap.digest:
        raise store.GuardRefusal("what the run %s left behind is not recorded" % run)
    with open(path, "rb") as handle:
        present = hashlib.sha256(handle.read()).hexdigest()
    if present != (after_state_digest or state["after"]):
        raise store.GuardRefusal("the record of the run %s is not the one that was made: its digest differs" % run)
    return snap, after_state


def collect_state_run_left_behind(snap):
    """Return what the run left behind, for drift and rollback: only what differs from the snapshot."""
    manifest = snap.manifest
    queries = [
        units.SystemdUnitsQuery(snap.scope.units),
        runtime_state.OwnNftTableQuery(),
        packages.InstalledPackagesQuery(),
        database.MariadbStateQuery() if manifest["database"] else None,
    ]
    notes = walk.WalkNotes()
    now = snap.read_present_entries_in_scope(notes)
    paths = compare_entries(snap.entries, now, snap.scope)
    unit_states = queries[0].answer()
    ruleset = queries[1].answer()
    data = queries[3].answer() if queries[3] else None
    installed_names, upgraded_versions, removed_names = packages.compare_installed_packages(
        manifest["packages"], queries[2].answer()
    )
    values = runtime_state.reread_sysctls(manifest["sysctls"])
    before = manifest["units"]
    return {
        "snapshot": snap.digest,
        "entries": {path: _add_digest_without_site_blocks(path, now.get(path, tree.ABSENT)) for path in paths},
        "paths": paths,
        "notes": notes.to_rows(),
        "sysctls": {key: value for key, value in values.items() if value != manifest["sysctls"][key]},
        "tables": ruleset["tables"],
        "mounts": mounts.find_mount_flags_changed_by_run(
            manifest.get("mounts", {}), mounts.read_mount_flags_of_shared_folders()
        ),
        "units": {
            name: unit
            for name, unit in unit_states.items()
            if name not in before or _get_unit_state(unit) != _get_unit_state(before[name])
        },
        "packages": {"installed": installed_names, "upgraded": upgraded_versions, "removed": removed_names},
        "database": database.compute_digest_of_privileges(data),
        "variables": {
            name: data["variables"][name]
            for name in (
                database.list_variables_with_changed_value(manifest["database"]["variables"], data["variables"])
                if data
                else []
            )
        },
    }


def _add_digest_without_site_blocks(path, entry):
    """Return an entry of what a run left, and what a web server's file holds besides what an incident has a
    site say.
    """
    plain_digest = web_block_config.compute_sha256_without_own_lines(path) if entry["type"] == "file" else None
    return entry if plain_digest is None else dict(entry, plain=plain_digest)


def _get_unit_state(unit):
    return unit["ActiveState"], unit["UnitFileState"], unit["InvocationID"]


def find_drift(snap, after_state):
    """Return what differs now from how the confirmed run left it: ``[{path, what}]``, live settings by name."""
    target = {**snap.entries, **after_state["entries"]}
    notes = walk.WalkNotes()
    now = snap.read_present_entries_in_scope(notes)
    paths = {
        path: word
        for path, word in compare_entries(target, now, snap.scope).items()
        if not web_block_config.is_web_block_config_file(path)
        and not has_path_changed_in_site_blocks_only(path, target.get(path, tree.ABSENT), now.get(path, tree.ABSENT))
    }
    expected_values = {**snap.manifest["sysctls"], **after_state["sysctls"]}
    values = runtime_state.reread_sysctls(expected_values)
    tables = runtime_state.OwnNftTableQuery().answer()["tables"]
    return {
        "paths": [{"path": path, "what": word} for path, word in sorted(paths.items())][:MAX_LISTED],
        "count": len(paths),
        "notes": notes.to_rows(),
        "sysctls": sorted(key.replace("/", ".") for key in values if values[key] != expected_values[key]),
        "tables": [runtime_state.OWN_TABLE]
        if runtime_state.make_nft_script_to_reach_target_table({"tables": after_state["tables"]}, {"tables": tables})
        else [],
    }


def roll_back(snap, after_state, touches, check, decide=lambda plan: plan):
    """Undo what a confirmed run changed, as far as nobody changed it since. ``touches``: touches, some with BUT.

    ``decide`` is told what is to be undone before anything is, and answers it; or what was decided when a rollback
    began that was cut off, for what that had begun looks as if somebody had changed it.
    """
    notes = walk.WalkNotes()
    selection = RollbackSelection(snap, after_state, touches, snap.read_present_entries_in_scope(notes))
    work = RestorePlan(snap, selection.paths)
    for note in notes.to_rows():
        work.note_problem_once(walk.describe_note(note))
    plan, unit_states_now = selection.make_plan()
    plan = plan if check else decide(plan)
    work.paths = plan["paths"]
    staying_versions = {
        name: "%s -> %s" % tuple(pair)
        for name, pair in after_state["packages"]["upgraded"].items()
        if is_change_meant_by_touches(touches, "package:" + name.partition(":")[0]) or packages.DPKG + "/" in touches
    }
    answer = _describe_plan(plan, staying_versions, work.problems)
    if not check:
        RollbackExecution(snap, after_state, selection.scope, plan, work, unit_states_now).undo(answer)
    return answer


def _describe_plan(plan, staying_versions, problems):
    return {
        **_summarize_paths(plan["paths"], plan["left"]),
        "brings_back": plan["back"],
        "sysctls": sorted(plan["sysctls"]),
        "mounts": sorted(plan.get("mounts", {})),
        "ruleset": plan["rules"],
        "database": plan["variables"] is not None,
        "packages": {
            "staying": staying_versions,
            **{
                kind: [package for package in names if package not in plan["needed"]]
                for kind, names in plan["packages"].items()
            },
        },
        "problems": problems,
    }


class RollbackExecution:
    """The undoing of what was decided, in this order; ``undo`` once."""

    def __init__(self, snap, after_state, scope, plan, work, unit_states):
        self.snap, self.after_state, self.scope, self.plan, self.work = snap, after_state, scope, plan, work
        self.unit_states = unit_states
        self.paths = work.paths

    def undo(self, answer):
        """Undo all of it; write into the answer what was undone and what was not."""
        snap, plan, work = self.snap, self.plan, self.work
        unloadable = self._put_back_files_and_packages(answer)
        answer.update(_summarize_paths(self.paths, self._list_paths_left_alone(unloadable)))
        for why in filter(None, [incident.reapply_site_blocks_to_web_servers()]):
            work.note_problem_once(why)
        snap.refresh_containment_overlay()
        mounts.restore_mount_flags(plan.get("mounts", {}), work.problems, work.note_problem_once)
        _drop_removed_profiles_from_pam_stack(self.paths, answer["left"], work)
        runtime_state.put_sysctls(plan["sysctls"], work.problems)
        start_units_that_ended = self._restore_units(answer)
        if plan["variables"] is not None:
            data = {**snap.manifest["database"], "variables": plan["variables"]}
            database.restore_database_privileges_and_settings(data, work.problems)
        if self.scope is None:
            self._restore_package_records(answer["packages"])
        restore_mtimes_of_unchanged_folders(snap)
        work.put_back_paths_in_untrusted_places()
        os.sync()
        for why in config_check.find_config_errors_at_next_start(self.paths, self.unit_states, snap.entries):
            work.note_problem_once(why)
        _verify_restored_paths_and_note_differences(snap, self.paths, work)
        started_actions = start_units_that_ended()
        answer["units"] += [action for action in started_actions if action not in answer["units"]]
        answer["left"] = snap.list_paths_left_alone_with_reason(
            (item["path"], item["reason"]) for item in answer["left"]
        )
        answer["problems"] = work.problems[:MAX_LISTED] + [
            "%s: %s" % failure for failure in sorted(work.failed.items())[:MAX_LISTED]
        ]

    def _put_back_files_and_packages(self, answer):
        """Return the paths that stay as they are, as no daemon would load them otherwise, with the reason."""
        snap, plan, work = self.snap, self.plan, self.work
        place = snap.kept.get_path_of_run_file(snap.run, TRIAL)
        unloadable = config_check.put_back_files_that_daemons_load(work, self.unit_states, place)
        self.paths = work.paths
        if plan["rules"]:
            runtime_state.put_own_nft_table_into_target_state(snap.manifest["ruleset"], work.problems)
        if plan["packages"]["installed"] or plan["packages"]["removed"]:
            answer["packages"] = packages.restore_packages_of_before(
                snap.manifest["packages"], work.problems, plan["packages"], plan["needed"]
            )
            work.paths = {
                **self.paths,
                **_find_file_changes_by_package_work(snap, {*plan["others"], *unloadable}),
            }
            unloadable = config_check.put_back_files_that_daemons_load(work, self.unit_states, place)
            self.paths = {path: word for path, word in self.paths.items() if path not in unloadable}
        else:
            answer["packages"] = {"staying": answer["packages"]["staying"]}
        for why in sorted(set(unloadable.values())):
            work.note_problem_once("not undone: %s" % why)
        return unloadable

    def _list_paths_left_alone(self, unloadable):
        unloaded_paths = [{"path": path, "reason": why} for path, why in sorted(unloadable.items())]
        contained_paths = [
            {"path": path, "reason": why}
            for path, why in sorted(self.snap.around.changed.items())
            if path in self.after_state["paths"]
        ]
        return [*self.plan["left"], *unloaded_paths, *contained_paths]

    def _restore_units(self, answer):
        """Bring units back; return what starts those that end while the rest is undone."""
        snap, plan, work = self.snap, self.plan, self.work
        wanted_units = None if self.scope is None else self.scope.units
        touched_units = _filter_units_named_by_fix_and_untouched(
            snap.scope.units if self.scope is None else self.scope.units, snap.manifest["units"], plan["units"]
        )
        touched_units = [name for name in touched_units if name not in snap.around.units]
        was = {name: snap.units[name] for name in plan["units"] if name in snap.units}
        then = {**self.unit_states, **self.after_state["units"]}
        units_to_restore = units.UnitsToRestore(was, then, touched_units, wanted_units)
        answer["units"] = units.restore_units_and_reload_daemons(
            units_to_restore, self.paths, work.problems, work.note_problem_once, snap.entries
        )
        return lambda: units.start_units_that_ended_meanwhile(units_to_restore, work.problems)

    def _restore_package_records(self, package_answer):
        snap, work = self.snap, self.work
        try:
            others = packages.find_package_changes_not_made_by_run(
                snap.manifest["packages"], self.after_state["packages"]
            )
            restore_dpkg_records_if_packages_match(
                snap, package_answer, work, work.note_problem_once, may_remove=False, packages_of_others=others
            )
        except Exception as error:
            work.note_problem_once("package records: %s" % error)


def _drop_removed_profiles_from_pam_stack(paths, left_items, work):
    """Have PAM's stack made anew without profiles that went, where it stays as a package has had it made since.

    Whoever has edited the stack itself is not overruled: then the tool says no, and the stack stays.
    """
    went = [path for path, word in paths.items() if word == "new" and path.startswith(PROFILES)]
    if went and any(item["path"].startswith(STACK) for item in left_items):
        error = commands.run_program_and_return_error_or_none(["pam-auth-update", "--package"])
        if error:
            work.note_problem_once("PAM still holds what %s brought: %s" % (", ".join(went), error))


def _verify_restored_paths_and_note_differences(snap, restored_paths, work):
    """Compare what was to be put back once more; what differs is told by name.

    Times of folders tell of others' work.
    """
    problem_text = "\n".join(work.problems)
    for path, word in sorted(verify.find_root_differences(snap, walk.WalkNotes()).items()):
        folder = snap.entries.get(path, tree.ABSENT)["type"] == "folder"
        if path in restored_paths and path not in work.failed and path + ":" not in problem_text:
            if not folder or tree.find_fields_differing_between_entries(
                snap.entries[path], tree.read_entry_of_path(path), ("mtime",)
            ):
                work.note_problem_once("%s: still differs (%s)" % (path, word))


def _summarize_paths(paths, left_items):
    return {
        "files": sorted(path for path, word in paths.items() if word != "new")[:MAX_LISTED],
        "removed": sorted(path for path, word in paths.items() if word == "new")[:MAX_LISTED],
        "count": len(paths),
        "left": left_items[:MAX_LISTED],
    }


def _find_file_changes_by_package_work(snap, paths_to_leave):
    """Return what work on packages changed of what was, or is to be, as in the snapshot.

    Their tools' records, and what they wrote anew in /etc. ``paths_to_leave``: paths that are to stay as they differ.
    """
    trees = (*PACKAGE_OWN_TREES, *(folder + "/" for folder in (*PACKAGE_CACHES, *PACKAGE_FILES, *PACKAGE_LEFTOVERS)))
    paths = compare_entries(snap.entries, snap.read_present_entries_in_scope(walk.WalkNotes()), snap.scope)
    return {
        path: word
        for path, word in paths.items()
        if path not in paths_to_leave
        and (
            (path + "/").startswith(trees)
            or (path.startswith(package_dependencies.CONFIGURATION + "/") and word != "new")
        )
    }


def _filter_units_named_by_fix_and_untouched(unit_names, before, chosen_names):
    """Return units that a fix names and nobody has touched since.

    Those that were there before and that somebody started or stopped since are left out.
    """
    return [name for name in unit_names if name in chosen_names or name not in before]
