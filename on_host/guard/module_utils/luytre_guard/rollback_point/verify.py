"""Whether a host is back: everything of root's compared with the snapshot, after the last change and before
it is said.
"""

from ansible.module_utils.luytre_guard.changes import packages
from ansible.module_utils.luytre_guard.daemons import units
from ansible.module_utils.luytre_guard.files import walk
from ansible.module_utils.luytre_guard.os import commands, mounts, runtime_state
from ansible.module_utils.luytre_guard.rollback_point.restore_plan import compare_entries

KERNEL, MOUNTS, UNITS = "kernel settings", "mounts", "units"


def find_root_differences(snap, notes):
    """Return paths of root's own that differ now and are the run's. What is new is not gone into: it goes whole."""
    target = snap.parts[None]
    present = snap.read_present_entries_of_root(notes, lambda path, _: path in target)
    return snap.shares.select_differences_made_by_run(compare_entries(target, present, snap.scope), present)


def find_differences_but_of_staying_packages(snap, staying_packages):
    """Return the same, but for new files of packages that stay upgraded."""
    package_paths = packages.list_paths_of_packages(staying_packages)
    differences = find_root_differences(snap, walk.WalkNotes())
    return {path: word for path, word in differences.items() if not (word == "new" and path in package_paths)}


def find_live_differences(snap, initial_units):
    """Return ``{part: {name: how it differs}}`` of what is in force: kernel settings, units.

    ``initial_units``: the units as they were before anything was put back. What does not tell is said so.
    """
    manifest, differences = snap.manifest, {}
    query = units.SystemdUnitsQuery(snap.scope.units)
    values = runtime_state.reread_sysctls(manifest["sysctls"])
    differences[KERNEL] = {
        "sysctl " + key.replace("/", "."): "is %s, not %s" % (value, manifest["sysctls"][key])
        for key, value in sorted(values.items())
        if value != manifest["sysctls"][key]
    }
    present = mounts.read_mount_flags_of_shared_folders()
    differences[MOUNTS] = {
        "mount " + path: "has %s, not %s" % (",".join(present[path]) or "no flag", ",".join(flags) or "none")
        for path, flags in sorted(manifest.get("mounts", {}).items())
        if path in present and present[path] != flags
    }
    try:
        start, stop = units.find_units_to_start_and_to_stop(snap.units, initial_units, query.answer(), snap.scope.units)
        differences[UNITS] = {**dict.fromkeys(start, "does not run"), **dict.fromkeys(stop, "runs, and did not before")}
    except commands.CommandFailure as error:
        differences[UNITS] = {"units": "they could not be asked: %s" % error}
    return {part: names for part, names in differences.items() if names}
