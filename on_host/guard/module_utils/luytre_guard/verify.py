"""Whether a host is back: everything of root's compared with the snapshot, after the last change and before it is said."""

from . import commands, live, mounts, packages, units, walk
from .work import different

KERNEL, MOUNTS, UNITS = "kernel settings", "mounts", "units"


def roots_different(snap, notes):
    """Paths of root's own that differ now and are the run's. What is new is not gone into: it goes whole."""
    wanted = snap.parts[None]
    present = snap.roots_now(notes, lambda path, _: path in wanted)
    return snap.shares.mine(different(wanted, present, snap.scope), present)


def paths(snap, staying):
    """The same, but for new files of packages that stay upgraded."""
    kept = packages.files_of(staying)
    found = roots_different(snap, walk.Notes())
    return {path: word for path, word in found.items() if not (word == "new" and path in kept)}


def live_differences(snap, found):
    """``{part: {name: how it differs}}`` of what is in force: kernel settings, units. ``found``: the units as they were
    before anything was put back. What does not tell is said so."""
    manifest, told = snap.manifest, {}
    asked = units.Asked(snap.scope.units)
    values = live.sysctls_now(manifest["sysctls"])
    told[KERNEL] = {
        "sysctl " + key.replace("/", "."): "is %s, not %s" % (value, manifest["sysctls"][key])
        for key, value in sorted(values.items())
        if value != manifest["sysctls"][key]
    }
    present = mounts.now()
    told[MOUNTS] = {
        "mount " + path: "has %s, not %s" % (",".join(present[path]) or "no flag", ",".join(flags) or "none")
        for path, flags in sorted(manifest.get("mounts", {}).items())
        if path in present and present[path] != flags
    }
    try:
        start, stop = units.changes(snap.units, found, asked.answer(), snap.scope.units)
        told[UNITS] = {**dict.fromkeys(start, "does not run"), **dict.fromkeys(stop, "runs, and did not before")}
    except commands.Failed as error:
        told[UNITS] = {"units": "they could not be asked: %s" % error}
    return {part: names for part, names in told.items() if names}
