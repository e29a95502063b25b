"""A confirmed run, later: what it left behind, what changed since, and undoing what nobody changed since."""

import hashlib
import os

from ansible.module_utils.luytre_shared import contained

from . import (
    accounts,
    commands,
    database,
    incident,
    live,
    mounts,
    needed,
    packages,
    store,
    tree,
    trial,
    units,
    verify,
    walk,
)
from .restore import TRIAL, package_records, times
from .scope import PACKAGE_CACHES, PACKAGE_FILES, PACKAGE_LEFTOVERS, PACKAGE_OWN_TREES, Scope, covers, parsed
from .work import LISTED, Snapshot, Work, different

PROFILES, STACK = "/usr/share/pam-configs/", "/etc/pam.d/common-"


def confirmed(kept, run, state, digest, after):
    """The snapshot of a confirmed run and what it left behind. Raises store.Refused when they are not those recorded."""
    if state is None or state["state"] not in ("confirming", "confirmed", "rolled_back"):
        raise store.Refused("there is no confirmed run %s on this host" % run)
    snap = Snapshot(kept, run, digest or state["digest"])
    path = kept.file(run, "after.json")
    left = store.read_json(path)
    if left is None or left["snapshot"] != snap.digest:
        raise store.Refused("what the run %s left behind is not recorded" % run)
    with open(path, "rb") as handle:
        present = hashlib.sha256(handle.read()).hexdigest()
    if present != (after or state["after"]):
        raise store.Refused("the record of the run %s is not the one that was made: its digest differs" % run)
    return snap, left


def after(snap):
    """What the run left behind, for drift and rollback: only what differs from the snapshot."""
    manifest = snap.manifest
    asked = [
        units.Asked(snap.scope.units),
        live.AskedTable(),
        packages.Asked(),
        database.Asked() if manifest["database"] else None,
    ]
    notes = walk.Notes()
    now = snap.now(notes)
    paths = different(snap.entries, now, snap.scope)
    unit_states = asked[0].answer()
    ruleset = asked[1].answer()
    data = asked[3].answer() if asked[3] else None
    installed, upgraded, removed = packages.compare(manifest["packages"], asked[2].answer())
    values = live.sysctls_now(manifest["sysctls"])
    before = manifest["units"]
    return {
        "snapshot": snap.digest,
        "entries": {path: _with_plain(path, now.get(path, tree.ABSENT)) for path in paths},
        "paths": paths,
        "notes": notes.told(),
        "sysctls": {key: value for key, value in values.items() if value != manifest["sysctls"][key]},
        "tables": ruleset["tables"],
        "mounts": mounts.left(manifest.get("mounts", {}), mounts.now()),
        "units": {
            name: unit
            for name, unit in unit_states.items()
            if name not in before or _state(unit) != _state(before[name])
        },
        "packages": {"installed": installed, "upgraded": upgraded, "removed": removed},
        "database": database.fingerprint(data),
        "variables": {
            name: data["variables"][name]
            for name in (
                database.changed_variables(manifest["database"]["variables"], data["variables"]) if data else []
            )
        },
    }


def _with_plain(path, entry):
    """An entry of what a run left, and what a web server's file holds besides what an incident has a site say."""
    held = contained.plain(path) if entry["type"] == "file" else None
    return entry if held is None else dict(entry, plain=held)


def _as_left(path, then, present):
    """Whether only what an incident has a site say came or went since: that is no change of anybody's."""
    if then["type"] != "file" or tree.differs(then, present, ("sha256", "size", "mtime")):
        return False
    held = contained.plain(path)
    return held is not None and held == then.get("plain", then.get("sha256"))


def _state(unit):
    return unit["ActiveState"], unit["UnitFileState"], unit["InvocationID"]


def drift(snap, left):
    """What differs now from how the confirmed run left it: ``[{path, what}]``, live settings by name."""
    wanted = {**snap.entries, **left["entries"]}
    notes = walk.Notes()
    now = snap.now(notes)
    paths = {
        path: word
        for path, word in different(wanted, now, snap.scope).items()
        if not contained.is_own(path) and not _as_left(path, wanted.get(path, tree.ABSENT), now.get(path, tree.ABSENT))
    }
    expected = {**snap.manifest["sysctls"], **left["sysctls"]}
    values = live.sysctls_now(expected)
    tables = live.AskedTable().answer()["tables"]
    return {
        "paths": [{"path": path, "what": word} for path, word in sorted(paths.items())][:LISTED],
        "count": len(paths),
        "notes": notes.told(),
        "sysctls": sorted(key.replace("/", ".") for key in values if values[key] != expected[key]),
        "tables": [live.OWN_TABLE] if live.table_change({"tables": left["tables"]}, {"tables": tables}) else [],
    }


BUT = "but:"
"""Before a touch in ``only``: what it means stays, for others need it."""


def _is_meant(only, what):
    """Whether what changed is to be undone: the nearest touch decides, and of two that are as near the one with BUT."""
    if only is None:
        return True
    nearest = {True: -1, False: -1}
    for one in only:
        stays, touch = one.startswith(BUT), one[len(BUT) :] if one.startswith(BUT) else one
        if covers(touch, what):
            nearest[stays] = max(nearest[stays], len(parsed(touch)[1].rstrip("/")))
    return nearest[False] > nearest[True]


def chosen(snap, left, only, now):
    """``(paths to put back, [(path, reason)] left alone)`` of what the run changed."""
    paths, skipped = {}, []
    for path, word in sorted(left["paths"].items()):
        if not _is_meant(only, path):
            continue
        if path in snap.around.changed and path not in snap.entries:
            skipped.append((path, snap.around.changed[path]))
            continue
        present, then = now.get(path, dict(tree.ABSENT)), left["entries"][path]
        before = snap.entries.get(path, tree.ABSENT)
        folder = then["type"] == "folder" and present["type"] == "folder"
        besides = ("mtime",) if folder else ()
        if not tree.differs(before, present) and before["type"] != "absent":
            continue
        if before["type"] == "absent" and present["type"] == "absent":
            continue
        if tree.differs(then, present, besides) and not _as_left(path, then, present):
            skipped.append((path, "changed since the run"))
        else:
            paths[path] = word
    staying = [path for path in now if path not in snap.entries and path not in left["entries"]]
    staying += [path for path, _ in skipped]
    for path in [path for path, word in paths.items() if word == "new"]:
        if any(one.startswith(path + "/") for one in staying):
            del paths[path]
            skipped.append((path, "holds what came since the run"))
    return paths, skipped


def roll_back(snap, left, only, check, decide=lambda plan: plan):
    """Undo what a confirmed run changed, as far as nobody changed it since. ``only``: touches, some with BUT.

    ``decide`` is told what is to be undone before anything is, and answers it; or what was decided when a rollback
    began that was cut off, for what that had begun looks as if somebody had changed it.
    """
    manifest = snap.manifest
    scope = None if only is None else Scope([one for one in only if not one.startswith(BUT)], [])
    notes = walk.Notes()
    now = snap.now(notes)
    paths, skipped = chosen(snap, left, only, now)
    back = _brought_back(snap, paths)
    work = Work(snap, paths)
    for note in notes.told():
        work.tell(walk.said(note))
    values = live.sysctls_now(left["sysctls"])
    there = values if only is not None else left["sysctls"]
    keys = {key for key in there if _is_meant(only, "sysctl:" + key.replace("/", "."))}
    sysctls = {key: manifest["sysctls"][key] for key in keys if values.get(key) == left["sysctls"][key]}
    changed = {key for key in keys if values.get(key) not in (left["sysctls"][key], manifest["sysctls"][key])}
    skipped += [("sysctl " + key.replace("/", "."), "changed since the run") for key in sorted(changed)]
    remounted = _mounts(manifest, left, only, skipped)
    rules = []
    if _is_meant(only, "nft:" + live.OWN_TABLE):
        present, then = live.AskedTable().answer(), {"tables": left["tables"]}
        if live.table_change(manifest["ruleset"], then) and live.table_change(manifest["ruleset"], present):
            if live.table_change(then, present):
                skipped.append(("nft " + live.OWN_TABLE, "changed since the run"))
            else:
                rules = [live.OWN_TABLE]
    still = packages.still(left["packages"], manifest["packages"], packages.Asked().answer())
    chosen_packages = {
        kind: [one for one in names if _is_meant(only, "package:" + one.partition(":")[0])]
        for kind, names in still.items()
    }
    data = manifest["database"] if scope is None or scope.databases else None
    if data is not None:
        data = _database_unchanged(data, left, skipped)
    found = units.Asked(snap.scope.units).answer()
    differing = different(snap.entries, now, snap.scope)
    since = set(differing) & set(different({**snap.entries, **left["entries"]}, now, snap.scope))
    since = sorted(
        path for path in since if now.get(path, tree.ABSENT)["type"] != "folder"
    )  # others' names are in them
    asked_for = {*snap.scope.packages, *left["packages"]["upgraded"]}
    needed_now = needed.of(chosen_packages["installed"], asked_for, paths, since, _taken_up(left, found))
    paths = needed.without_files_of(needed_now, paths)
    skipped += [("package " + name, why) for name, why in needed_now.items()]
    plan = {
        "paths": paths,
        "others": sorted(set(differing) - set(paths)),
        "back": back,
        "sysctls": sysctls,
        "rules": rules,
        "mounts": remounted,
        "variables": data and data["variables"],
        "units": _unit_names(snap, left, found, skipped),
        "packages": chosen_packages,
        "needed": needed_now,
        "left": [{"path": path, "reason": reason} for path, reason in skipped][:LISTED],
    }
    plan = plan if check else decide(plan)
    paths = work.paths = plan["paths"]
    sysctls, rules, chosen_packages = plan["sysctls"], plan["rules"], plan["packages"]
    data = None if plan["variables"] is None else {**manifest["database"], "variables": plan["variables"]}
    staying = {
        name: "%s -> %s" % tuple(pair)
        for name, pair in left["packages"]["upgraded"].items()
        if _is_meant(only, "package:" + name.partition(":")[0]) or packages.DPKG + "/" in only
    }
    answer = {
        **_told(paths, plan["left"]),
        "brings_back": plan["back"],
        "sysctls": sorted(sysctls),
        "mounts": sorted(plan.get("mounts", {})),
        "ruleset": rules,
        "database": data is not None,
        "packages": {
            "staying": staying,
            **{kind: [one for one in names if one not in plan["needed"]] for kind, names in chosen_packages.items()},
        },
        "problems": work.problems,
    }
    if check:
        return answer
    place = snap.kept.file(snap.run, TRIAL)
    unloadable = trial.files(work, found, place)
    paths = work.paths
    if rules:
        live.put_table(manifest["ruleset"], work.problems)
    if chosen_packages["installed"] or chosen_packages["removed"]:
        answer["packages"] = packages.bring_back(manifest["packages"], work.problems, chosen_packages, plan["needed"])
        work.paths = {**paths, **_of_package_work(snap, {*plan["others"], *unloadable})}
        unloadable = trial.files(work, found, place)
        paths = {path: word for path, word in paths.items() if path not in unloadable}
    else:
        answer["packages"] = {"staying": staying}
    for why in sorted(set(unloadable.values())):
        work.tell("not undone: %s" % why)
    unloaded = [{"path": path, "reason": why} for path, why in sorted(unloadable.items())]
    contained = [
        {"path": path, "reason": why} for path, why in sorted(snap.around.changed.items()) if path in left["paths"]
    ]
    answer.update(_told(paths, [*plan["left"], *unloaded, *contained]))
    for why in filter(None, [incident.put_sites()]):
        work.tell(why)
    snap.look_again()
    mounts.bring_back(plan.get("mounts", {}), work.problems, work.tell)
    _without_profiles(paths, answer["left"], work)
    live.put_sysctls(sysctls, work.problems)
    touched = _of_the_run(snap.scope.units if scope is None else scope.units, manifest["units"], plan["units"])
    touched = [name for name in touched if name not in snap.around.units]
    was = {name: snap.units[name] for name in plan["units"] if name in snap.units}
    wanted = None if scope is None else scope.units
    then = {**found, **left["units"]}
    answer["units"] = units.bring_back(was, then, paths, touched, work.problems, work.tell, snap.entries, wanted)
    if data is not None:
        database.bring_back(data, work.problems)
    if scope is None:
        try:
            others = packages.of_others(manifest["packages"], left["packages"])
            package_records(snap, answer["packages"], work, work.tell, remove=False, others=others)
        except Exception as error:
            work.tell("package records: %s" % error)
    times(snap)
    work.places()
    os.sync()
    for why in trial.refusals(paths, found, snap.entries):
        work.tell(why)
    _verify(snap, paths, work)
    started = units.start_again(was, then, touched, work.problems, wanted)
    answer["units"] += [one for one in started if one not in answer["units"]]
    answer["left"] = snap.left((one["path"], one["reason"]) for one in answer["left"])
    answer["problems"] = work.problems[:LISTED] + ["%s: %s" % one for one in sorted(work.failed.items())[:LISTED]]
    return answer


def _mounts(manifest, left, only, skipped):
    """The mounts to be given back their flags: those that the run has changed, and nobody since."""
    present, wanted = mounts.now(), {}
    if only is not None and not any(_is_meant(only, source) for source in left["paths"] if mounts.is_source(source)):
        return wanted
    for path, then in left.get("mounts", {}).items():
        before = manifest["mounts"][path]
        if present.get(path) == then:
            wanted[path] = before
        elif present.get(path, before) != before:
            skipped.append(("mount " + path, "changed since the run"))
    return wanted


def _without_profiles(paths, left, work):
    """Have PAM's stack made anew without profiles that went, where it stays as a package has had it made since.

    Whoever has edited the stack itself is not overruled: then the tool says no, and the stack stays.
    """
    went = [path for path, word in paths.items() if word == "new" and path.startswith(PROFILES)]
    if went and any(one["path"].startswith(STACK) for one in left):
        said = commands.said_no(["pam-auth-update", "--package"])
        if said:
            work.tell("PAM still holds what %s brought: %s" % (", ".join(went), said))


def _verify(snap, paths, work):
    """Compare what was to be put back once more; what differs is told by name. Times of folders tell of others' work."""
    said = "\n".join(work.problems)
    for path, word in sorted(verify.roots_different(snap, walk.Notes()).items()):
        folder = snap.entries.get(path, tree.ABSENT)["type"] == "folder"
        if path in paths and path not in work.failed and path + ":" not in said:
            if not folder or tree.differs(snap.entries[path], tree.at(path), ("mtime",)):
                work.tell("%s: still differs (%s)" % (path, word))


def _told(paths, left):
    return {
        "files": sorted(path for path, word in paths.items() if word != "new")[:LISTED],
        "removed": sorted(path for path, word in paths.items() if word == "new")[:LISTED],
        "count": len(paths),
        "left": left[:LISTED],
    }


def _of_package_work(snap, others):
    """What work on packages changed of what was, or is to be, as in the snapshot: their tools' records, and what they
    wrote anew in /etc. ``others``: paths that are to stay as they differ."""
    trees = (*PACKAGE_OWN_TREES, *(one + "/" for one in (*PACKAGE_CACHES, *PACKAGE_FILES, *PACKAGE_LEFTOVERS)))
    paths = different(snap.entries, snap.now(walk.Notes()), snap.scope)
    return {
        path: word
        for path, word in paths.items()
        if path not in others
        and ((path + "/").startswith(trees) or (path.startswith(needed.CONFIGURATION + "/") and word != "new"))
    }


def _taken_up(left, found):
    """Units that the run brought and that somebody has started or enabled since."""
    return [
        name
        for name, then in left["units"].items()
        if name in found
        and (
            (units.active(found[name]) and not units.active(then))
            or (found[name]["UnitFileState"] == "enabled" != then["UnitFileState"])
        )
    ]


def _unit_names(snap, left, found, skipped):
    """Units to bring back: those that nobody started or stopped since."""
    names = []
    for name in snap.units:
        then = left["units"].get(name, snap.units[name])
        if units.active(found.get(name)) == units.active(then):
            names.append(name)
        elif name in left["units"] and units.active(found.get(name)) != units.active(snap.units[name]):
            skipped.append(("unit " + name, "started or stopped since the run"))
    return names


def _of_the_run(touched, before, chosen):
    """Units that a fix names, without those that were there before and that somebody started or stopped since."""
    return [name for name in touched if name in chosen or name not in before]


def _database_unchanged(before, left, skipped):
    """What of MariaDB the run has changed, and nobody since: how it was; None where nothing is to be put back."""
    try:
        now = database.Asked().answer()
    except commands.Failed:
        now = None
    if now is None or database.fingerprint(now) != left["database"]:
        if left["database"] != database.fingerprint(before):
            skipped.append(("MariaDB's accounts", "changed since the run" if now else "it does not run"))
        return None
    kept = {
        name: before["variables"][name]
        for name, value in left["variables"].items()
        if now["variables"].get(name) == value
    }
    back = {name for name in left["variables"] if now["variables"].get(name) == before["variables"][name]}
    changed = [name for name in left["variables"] if name not in kept and name not in back]
    skipped += [("MariaDB's %s" % name, "changed since the run") for name in changed]
    if not kept and left["database"] == database.fingerprint(before):
        return None
    return {**before, "variables": kept}


def _brought_back(snap, paths):
    found = []
    for path, word in sorted(paths.items()):
        entry = snap.parts[None].get(path, tree.ABSENT)
        if word == "new" or "sha256" not in entry:
            continue
        present = {}
        if tree.at(path, _reader(present))["type"] in ("file", "absent"):
            earlier = b"".join(snap.content(entry))
            found += accounts.brought_back(path, earlier, present.get("content", b""))
    return found[:LISTED]


def _reader(into):
    def keep(chunks, _status):
        into["content"] = b"".join(chunks)
        return {}

    return keep
