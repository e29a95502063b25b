"""What of a confirmed run is undone: what it changed, what is meant, and what nobody changed since."""

from ansible.module_utils.luytre_guard.changes import database, package_dependencies, packages
from ansible.module_utils.luytre_guard.daemons import units
from ansible.module_utils.luytre_guard.files import tree
from ansible.module_utils.luytre_guard.files.scope import SnapshotScope, is_change_covered_by_touch, parse_touch
from ansible.module_utils.luytre_guard.os import accounts, commands, mounts, runtime_state
from ansible.module_utils.luytre_guard.rollback_point.restore_plan import MAX_LISTED, compare_entries
from ansible.module_utils.luytre_shared.incidents import web_block_config

BUT = "but:"
"""Before a touch in ``only``: what it means stays, for others need it."""


def is_change_meant_by_touches(touches, changed_item):
    """Return whether what changed is to be undone.

    The nearest touch decides, and of two that are as near the one with BUT.
    """
    if touches is None:
        return True
    nearest = {True: -1, False: -1}
    for pattern in touches:
        stays, touch = pattern.startswith(BUT), pattern[len(BUT) :] if pattern.startswith(BUT) else pattern
        if is_change_covered_by_touch(touch, changed_item):
            nearest[stays] = max(nearest[stays], len(parse_touch(touch)[1].rstrip("/")))
    return nearest[False] > nearest[True]


def select_paths_of_run_to_roll_back(snap, after_state, touches, present_entries):
    """Return ``(paths to put back, [(path, reason)] left alone)`` of what the run changed."""
    paths, exclusions = {}, []
    for path, word in sorted(after_state["paths"].items()):
        if not is_change_meant_by_touches(touches, path):
            continue
        if path in snap.around.changed and path not in snap.entries:
            exclusions.append((path, snap.around.changed[path]))
            continue
        present, then = present_entries.get(path, dict(tree.ABSENT)), after_state["entries"][path]
        before = snap.entries.get(path, tree.ABSENT)
        folder = then["type"] == "folder" and present["type"] == "folder"
        besides = ("mtime",) if folder else ()
        if not tree.find_fields_differing_between_entries(before, present) and before["type"] != "absent":
            continue
        if before["type"] == "absent" and present["type"] == "absent":
            continue
        if tree.find_fields_differing_between_entries(
            then, present, besides
        ) and not has_path_changed_in_site_blocks_only(path, then, present):
            exclusions.append((path, "changed since the run"))
        else:
            paths[path] = word
    staying_paths = [
        path for path in present_entries if path not in snap.entries and path not in after_state["entries"]
    ]
    staying_paths += [path for path, _ in exclusions]
    for path in _list_new_folders_with_staying_paths(paths, staying_paths):
        del paths[path]
        exclusions.append((path, "holds what came since the run"))
    return paths, exclusions


def _list_new_folders_with_staying_paths(paths, staying_paths):
    return [
        path
        for path, word in paths.items()
        if word == "new" and any(staying_path.startswith(path + "/") for staying_path in staying_paths)
    ]


class RollbackSelection:
    """What of a confirmed run is to be undone, of what the host has now. ``touches``: touches, some with BUT."""

    def __init__(self, snap, after_state, touches, present_entries):
        self.snap, self.after_state, self.touches, self.present_entries = snap, after_state, touches, present_entries
        self.scope = (
            None if touches is None else SnapshotScope([touch for touch in touches if not touch.startswith(BUT)], [])
        )
        self.paths, self.exclusions = select_paths_of_run_to_roll_back(snap, after_state, touches, present_entries)
        self.rights = list_regained_rights(snap, self.paths)

    def make_plan(self):
        """Return what is to be undone, and the states of the host's units now."""
        manifest, after_state = self.snap.manifest, self.after_state
        sysctls = self._select_sysctls()
        remounts = select_mount_flags_to_roll_back(manifest, after_state, self.touches, self.exclusions)
        rules = self._select_own_nft_table()
        chosen_packages = self._select_packages()
        data = manifest["database"] if self.scope is None or self.scope.databases else None
        if data is not None:
            data = select_database_state(data, after_state, self.exclusions)
        unit_states_now = units.SystemdUnitsQuery(self.snap.scope.units).answer()
        differences = compare_entries(self.snap.entries, self.present_entries, self.snap.scope)
        needed_now = self._find_packages_needed_now(chosen_packages["installed"], differences, unit_states_now)
        paths = package_dependencies.drop_new_files_of_staying_packages(needed_now, self.paths)
        self.exclusions += [("package " + name, why) for name, why in needed_now.items()]
        unit_names = select_units_unchanged_since_run(self.snap, after_state, unit_states_now, self.exclusions)
        plan = {
            "paths": paths,
            "others": sorted(set(differences) - set(paths)),
            "back": self.rights,
            "sysctls": sysctls,
            "rules": rules,
            "mounts": remounts,
            "variables": data and data["variables"],
            "units": unit_names,
            "packages": chosen_packages,
            "needed": needed_now,
            "left": [{"path": path, "reason": reason} for path, reason in self.exclusions][:MAX_LISTED],
        }
        return plan, unit_states_now

    def _is_meant(self, changed_item):
        return is_change_meant_by_touches(self.touches, changed_item)

    def _select_sysctls(self):
        left, before = self.after_state["sysctls"], self.snap.manifest["sysctls"]
        values = runtime_state.reread_sysctls(left)
        there = values if self.touches is not None else left
        keys = {key for key in there if self._is_meant("sysctl:" + key.replace("/", "."))}
        changed_keys = {key for key in keys if values.get(key) not in (left[key], before[key])}
        self.exclusions += [
            ("sysctl " + key.replace("/", "."), "changed since the run") for key in sorted(changed_keys)
        ]
        return {key: before[key] for key in keys if values.get(key) == left[key]}

    def _select_own_nft_table(self):
        if not self._is_meant("nft:" + runtime_state.OWN_TABLE):
            return []
        present, then = runtime_state.OwnNftTableQuery().answer(), {"tables": self.after_state["tables"]}
        before = self.snap.manifest["ruleset"]
        if not (
            runtime_state.make_nft_script_to_reach_target_table(before, then)
            and runtime_state.make_nft_script_to_reach_target_table(before, present)
        ):
            return []
        if runtime_state.make_nft_script_to_reach_target_table(then, present):
            self.exclusions.append(("nft " + runtime_state.OWN_TABLE, "changed since the run"))
            return []
        return [runtime_state.OWN_TABLE]

    def _select_packages(self):
        remaining = packages.find_package_changes_of_run_remaining(
            self.after_state["packages"], self.snap.manifest["packages"], packages.InstalledPackagesQuery().answer()
        )
        return {
            kind: [package for package in names if self._is_meant("package:" + package.partition(":")[0])]
            for kind, names in remaining.items()
        }

    def _find_packages_needed_now(self, installed_names, differences, unit_states_now):
        """Return packages of the run that somebody needs by now, with the reason."""
        snap, after_state, now = self.snap, self.after_state, self.present_entries
        since = set(differences) & set(compare_entries({**snap.entries, **after_state["entries"]}, now, snap.scope))
        since = sorted(
            path for path in since if now.get(path, tree.ABSENT)["type"] != "folder"
        )  # others' names are in them
        return package_dependencies.find_packages_needed_by_now_with_reason(
            installed_names,
            {*snap.scope.packages, *after_state["packages"]["upgraded"]},
            self.paths,
            since,
            find_units_of_run_used_by_others_since(after_state, unit_states_now),
        )


def has_path_changed_in_site_blocks_only(path, entry_left_by_run, present_entry):
    """Return whether only what an incident has a site say came or went since: that is no change of anybody's."""
    if entry_left_by_run["type"] != "file" or tree.find_fields_differing_between_entries(
        entry_left_by_run, present_entry, ("sha256", "size", "mtime")
    ):
        return False
    plain_digest = web_block_config.compute_sha256_without_own_lines(path)
    return plain_digest is not None and plain_digest == entry_left_by_run.get("plain", entry_left_by_run.get("sha256"))


def select_mount_flags_to_roll_back(manifest, after_state, touches, exclusions):
    """Return the mounts to be given back their flags: those that the run has changed, and nobody since."""
    present, target = mounts.read_mount_flags_of_shared_folders(), {}
    if touches is not None and not any(
        is_change_meant_by_touches(touches, source)
        for source in after_state["paths"]
        if mounts.is_file_that_sets_mount_options(source)
    ):
        return target
    for path, then in after_state.get("mounts", {}).items():
        before = manifest["mounts"][path]
        if present.get(path) == then:
            target[path] = before
        elif present.get(path, before) != before:
            exclusions.append(("mount " + path, "changed since the run"))
    return target


def find_units_of_run_used_by_others_since(after_state, unit_states):
    """Return units that the run brought and that somebody has started or enabled since."""
    return [
        name
        for name, then in after_state["units"].items()
        if name in unit_states
        and (
            (units.is_active(unit_states[name]) and not units.is_active(then))
            or (unit_states[name]["UnitFileState"] == "enabled" != then["UnitFileState"])
        )
    ]


def select_units_unchanged_since_run(snap, after_state, unit_states, exclusions):
    """Return units to bring back: those that nobody started or stopped since."""
    names = []
    for name in snap.units:
        then = after_state["units"].get(name, snap.units[name])
        if units.is_active(unit_states.get(name)) == units.is_active(then):
            names.append(name)
        elif name in after_state["units"] and units.is_active(unit_states.get(name)) != units.is_active(
            snap.units[name]
        ):
            exclusions.append(("unit " + name, "started or stopped since the run"))
    return names


def select_database_state(before, after_state, exclusions):
    """Return what of MariaDB the run has changed, and nobody since: how it was; None where nothing is to be
    put back.
    """
    try:
        now = database.MariadbStateQuery().answer()
    except commands.CommandFailure:
        now = None
    if now is None or database.compute_digest_of_privileges(now) != after_state["database"]:
        if after_state["database"] != database.compute_digest_of_privileges(before):
            exclusions.append(("MariaDB's accounts", "changed since the run" if now else "it does not run"))
        return None
    unchanged_values = {
        name: before["variables"][name]
        for name, value in after_state["variables"].items()
        if now["variables"].get(name) == value
    }
    back = {name for name in after_state["variables"] if now["variables"].get(name) == before["variables"][name]}
    changed_names = [name for name in after_state["variables"] if name not in unchanged_values and name not in back]
    exclusions += [("MariaDB's %s" % name, "changed since the run") for name in changed_names]
    if not unchanged_values and after_state["database"] == database.compute_digest_of_privileges(before):
        return None
    return {**before, "variables": unchanged_values}


def list_regained_rights(snap, paths):
    rights = []
    for path, word in sorted(paths.items()):
        entry = snap.parts[None].get(path, tree.ABSENT)
        if word == "new" or "sha256" not in entry:
            continue
        present = {}
        if tree.read_entry_of_path(path, _make_keep_function_storing_content(present))["type"] in ("file", "absent"):
            earlier = b"".join(snap.read_verified_content_of_entry(entry))
            rights += accounts.describe_rights_regained_by_earlier_file(path, earlier, present.get("content", b""))
    return rights[:MAX_LISTED]


def _make_keep_function_storing_content(result):
    def keep(chunks, _status):
        result["content"] = b"".join(chunks)
        return {}

    return keep
