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
    SnapshotScope,
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
    BUT,
    find_units_of_run_used_by_others_since,
    has_path_changed_in_site_blocks_only,
    is_change_meant_by_touches,
    list_regained_rights,
    select_database_state,
    select_mount_flags_to_roll_back,
    select_paths_of_run_to_roll_back,
    select_units_unchanged_since_run,
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
    manifest = snap.manifest
    scope = None if touches is None else SnapshotScope([touch for touch in touches if not touch.startswith(BUT)], [])
    notes = walk.WalkNotes()
    now = snap.read_present_entries_in_scope(notes)
    paths, exclusions = select_paths_of_run_to_roll_back(snap, after_state, touches, now)
    back = list_regained_rights(snap, paths)
    work = RestorePlan(snap, paths)
    for note in notes.to_rows():
        work.note_problem_once(walk.describe_note(note))
    values = runtime_state.reread_sysctls(after_state["sysctls"])
    there = values if touches is not None else after_state["sysctls"]
    keys = {key for key in there if is_change_meant_by_touches(touches, "sysctl:" + key.replace("/", "."))}
    sysctls = {key: manifest["sysctls"][key] for key in keys if values.get(key) == after_state["sysctls"][key]}
    changed_keys = {
        key for key in keys if values.get(key) not in (after_state["sysctls"][key], manifest["sysctls"][key])
    }
    exclusions += [("sysctl " + key.replace("/", "."), "changed since the run") for key in sorted(changed_keys)]
    remounts = select_mount_flags_to_roll_back(manifest, after_state, touches, exclusions)
    rules = []
    if is_change_meant_by_touches(touches, "nft:" + runtime_state.OWN_TABLE):
        present, then = runtime_state.OwnNftTableQuery().answer(), {"tables": after_state["tables"]}
        if runtime_state.make_nft_script_to_reach_target_table(
            manifest["ruleset"], then
        ) and runtime_state.make_nft_script_to_reach_target_table(manifest["ruleset"], present):
            if runtime_state.make_nft_script_to_reach_target_table(then, present):
                exclusions.append(("nft " + runtime_state.OWN_TABLE, "changed since the run"))
            else:
                rules = [runtime_state.OWN_TABLE]
    still = packages.find_package_changes_of_run_remaining(
        after_state["packages"], manifest["packages"], packages.InstalledPackagesQuery().answer()
    )
    chosen_packages = {
        kind: [
            package for package in names if is_change_meant_by_touches(touches, "package:" + package.partition(":")[0])
        ]
        for kind, names in still.items()
    }
    data = manifest["database"] if scope is None or scope.databases else None
    if data is not None:
        data = select_database_state(data, after_state, exclusions)
    unit_states_now = units.SystemdUnitsQuery(snap.scope.units).answer()
    differences = compare_entries(snap.entries, now, snap.scope)
    since = set(differences) & set(compare_entries({**snap.entries, **after_state["entries"]}, now, snap.scope))
    since = sorted(
        path for path in since if now.get(path, tree.ABSENT)["type"] != "folder"
    )  # others' names are in them
    asked_for = {*snap.scope.packages, *after_state["packages"]["upgraded"]}
    needed_now = package_dependencies.find_packages_needed_by_now_with_reason(
        chosen_packages["installed"],
        asked_for,
        paths,
        since,
        find_units_of_run_used_by_others_since(after_state, unit_states_now),
    )
    paths = package_dependencies.drop_new_files_of_staying_packages(needed_now, paths)
    exclusions += [("package " + name, why) for name, why in needed_now.items()]
    plan = {
        "paths": paths,
        "others": sorted(set(differences) - set(paths)),
        "back": back,
        "sysctls": sysctls,
        "rules": rules,
        "mounts": remounts,
        "variables": data and data["variables"],
        "units": select_units_unchanged_since_run(snap, after_state, unit_states_now, exclusions),
        "packages": chosen_packages,
        "needed": needed_now,
        "left": [{"path": path, "reason": reason} for path, reason in exclusions][:MAX_LISTED],
    }
    plan = plan if check else decide(plan)
    paths = work.paths = plan["paths"]
    sysctls, rules, chosen_packages = plan["sysctls"], plan["rules"], plan["packages"]
    data = None if plan["variables"] is None else {**manifest["database"], "variables": plan["variables"]}
    staying_versions = {
        name: "%s -> %s" % tuple(pair)
        for name, pair in after_state["packages"]["upgraded"].items()
        if is_change_meant_by_touches(touches, "package:" + name.partition(":")[0]) or packages.DPKG + "/" in touches
    }
    answer = {
        **_summarize_paths(paths, plan["left"]),
        "brings_back": plan["back"],
        "sysctls": sorted(sysctls),
        "mounts": sorted(plan.get("mounts", {})),
        "ruleset": rules,
        "database": data is not None,
        "packages": {
            "staying": staying_versions,
            **{
                kind: [package for package in names if package not in plan["needed"]]
                for kind, names in chosen_packages.items()
            },
        },
        "problems": work.problems,
    }
    if check:
        return answer
    place = snap.kept.get_path_of_run_file(snap.run, TRIAL)
    unloadable = config_check.put_back_files_that_daemons_load(work, unit_states_now, place)
    paths = work.paths
    if rules:
        runtime_state.put_own_nft_table_into_target_state(manifest["ruleset"], work.problems)
    if chosen_packages["installed"] or chosen_packages["removed"]:
        answer["packages"] = packages.restore_packages_of_before(
            manifest["packages"], work.problems, chosen_packages, plan["needed"]
        )
        work.paths = {**paths, **_find_file_changes_by_package_work(snap, {*plan["others"], *unloadable})}
        unloadable = config_check.put_back_files_that_daemons_load(work, unit_states_now, place)
        paths = {path: word for path, word in paths.items() if path not in unloadable}
    else:
        answer["packages"] = {"staying": staying_versions}
    for why in sorted(set(unloadable.values())):
        work.note_problem_once("not undone: %s" % why)
    unloaded_paths = [{"path": path, "reason": why} for path, why in sorted(unloadable.items())]
    contained_paths = [
        {"path": path, "reason": why}
        for path, why in sorted(snap.around.changed.items())
        if path in after_state["paths"]
    ]
    answer.update(_summarize_paths(paths, [*plan["left"], *unloaded_paths, *contained_paths]))
    for why in filter(None, [incident.reapply_site_blocks_to_web_servers()]):
        work.note_problem_once(why)
    snap.refresh_containment_overlay()
    mounts.restore_mount_flags(plan.get("mounts", {}), work.problems, work.note_problem_once)
    _drop_removed_profiles_from_pam_stack(paths, answer["left"], work)
    runtime_state.put_sysctls(sysctls, work.problems)
    touched_units = _filter_units_named_by_fix_and_untouched(
        snap.scope.units if scope is None else scope.units, manifest["units"], plan["units"]
    )
    touched_units = [name for name in touched_units if name not in snap.around.units]
    was = {name: snap.units[name] for name in plan["units"] if name in snap.units}
    wanted_units = None if scope is None else scope.units
    then = {**unit_states_now, **after_state["units"]}
    answer["units"] = units.restore_units_and_reload_daemons(
        was, then, paths, touched_units, work.problems, work.note_problem_once, snap.entries, wanted_units
    )
    if data is not None:
        database.restore_database_privileges_and_settings(data, work.problems)
    if scope is None:
        try:
            others = packages.find_package_changes_not_made_by_run(manifest["packages"], after_state["packages"])
            restore_dpkg_records_if_packages_match(
                snap, answer["packages"], work, work.note_problem_once, may_remove=False, packages_of_others=others
            )
        except Exception as error:
            work.note_problem_once("package records: %s" % error)
    restore_mtimes_of_unchanged_folders(snap)
    work.put_back_paths_in_untrusted_places()
    os.sync()
    for why in config_check.find_config_errors_at_next_start(paths, unit_states_now, snap.entries):
        work.note_problem_once(why)
    _verify_restored_paths_and_note_differences(snap, paths, work)
    started_actions = units.start_units_that_ended_meanwhile(was, then, touched_units, work.problems, wanted_units)
    answer["units"] += [action for action in started_actions if action not in answer["units"]]
    answer["left"] = snap.list_paths_left_alone_with_reason((item["path"], item["reason"]) for item in answer["left"])
    answer["problems"] = work.problems[:MAX_LISTED] + [
        "%s: %s" % failure for failure in sorted(work.failed.items())[:MAX_LISTED]
    ]
    return answer


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
