"""Bringing a host back to a snapshot: all of it (revert), or what a confirmed run changed and nobody since (rollback)."""

import hashlib
import os
import time

from . import accounts, commands, database, live, packages, snapshot, store, tree, units

LISTED = 200


class Snapshot:
    """A complete snapshot on this host. Raises store.Refused when it is not the one that ``digest`` stands for."""

    def __init__(self, kept, run, digest=None):
        self.kept, self.run = kept, run
        path = kept.file(run, "manifest.json")
        try:
            with open(path, "rb") as handle:
                content = handle.read()
        except FileNotFoundError:
            raise store.Refused("there is no snapshot of the run %s on this host" % run)
        self.digest = hashlib.sha256(content).hexdigest()
        if digest is not None and digest != self.digest:
            raise store.Refused("the snapshot of the run %s is not the one that was taken: its digest differs" % run)
        self.manifest = store.read_json(path)
        self.entries = self.manifest["entries"]
        self.scope = snapshot.Scope(self.manifest["touches"], self.manifest["roots"])

    def content(self, entry):
        """The bytes of a file, checked before the first is handed out."""
        start, length = self.manifest["places"][entry["sha256"]]
        with open(self.kept.file(self.run, "content"), "rb") as handle:
            handle.seek(start)
            content = handle.read(length)
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise tree.Unsafe("its bytes in the snapshot are damaged")
        return [content]

    def now(self):
        """The same paths as they are now, and those below its trees that were not there."""
        return snapshot.entries(self.scope, tree.digest, self.entries)


def different(wanted, present, scope):
    """Paths where two sets of entries differ: ``{path: word}``, word one of content attributes missing new."""
    found = {}
    for path, entry in wanted.items():
        other = present.get(path, tree.ABSENT)
        if "around" in entry:
            if entry["type"] == "absent" and other["type"] != "absent":
                found[path] = "new"
            continue
        if entry["type"] == "absent":
            if other["type"] != "absent":
                found[path] = "new"
        elif other["type"] == "absent":
            if scope.kind(path) != "data" or "sha256" in entry:
                found[path] = "missing"
        else:
            word = _word(entry, other, scope.kind(path))
            if word:
                found[path] = word
    for path in present:
        if path not in wanted and (scope.cleared(path) or _below_absent(path, wanted, scope)):
            found[path] = "new"
    return found


def _below_absent(path, wanted, scope):
    return any(wanted.get(root, {}).get("type") == "absent" for root in scope.data if path.startswith(root + "/"))


def _word(entry, other, kind):
    besides = ()
    if kind == "data" and "sha256" not in entry:
        if entry["type"] != other["type"] or entry["id"][:2] != other["id"][:2]:
            return None
        besides = ("mtime", "sha256")
    elif kind == "path" and entry["type"] == "folder":
        besides = ("mtime",)
    elif kind == "path" and "sha256" not in entry:
        besides = ("mtime", "sha256")
    words = tree.differs(entry, other, besides)
    if not words:
        return None
    return "content" if {"type", "sha256", "target"} & set(words) else "attributes"


class Work:
    """One way back under way: what to change, what went wrong, what is left alone and why."""

    def __init__(self, snap, paths):
        self.snap, self.paths = snap, paths
        self.problems, self.skipped = [], []

    def files(self):
        """Put back the paths. Safe to do again at any point."""
        for path in sorted((path for path, word in self.paths.items() if word == "new"), reverse=True):
            self.attempt(path, lambda path=path: self._remove(path))
        wanted = self.snap.entries
        for path in sorted(path for path, word in self.paths.items() if word != "new"):
            self.attempt(path, lambda path=path: self._put(path, wanted[path]))
        for path in sorted(self._folders(), reverse=True):
            if wanted[path]["type"] == "folder":
                tree.put_time(path, wanted[path])

    def _folders(self):
        """Folders whose time may have changed with the work in them."""
        found = {path for path in self.paths if self.paths[path] != "new"}
        for path in self.paths:
            while path != "/":
                path = os.path.dirname(path)
                found.add(path)
        return {path for path in found if path in self.snap.entries}

    def _remove(self, path):
        entry = self.snap.entries.get(path, {})
        if "around" in entry or (self.snap.scope.kind(path) == "path" and tree.at(path)["type"] == "folder"):
            if not tree.remove_empty(path):
                raise tree.Unsafe("it holds what somebody else put there")
            return
        tree.remove(path)

    def _put(self, path, entry):
        kept, kind = "sha256" in entry, self.snap.scope.kind(path)
        if entry["type"] == "absent":
            return
        whole = kept if entry["type"] == "file" else kind == "tree" or (kind == "path" and entry["type"] == "link")
        if whole:
            tree.put(path, entry, lambda: self.snap.content(entry))
        else:
            tree.put_attributes(path, entry)

    def attempt(self, path, work):
        """Do something to a path; what goes wrong is noted."""
        try:
            work()
        except FileNotFoundError:
            if path in self.snap.entries and self.snap.entries[path]["type"] != "absent":
                self.tell("%s: it is gone" % path)
        except tree.Unsafe as error:
            self.tell("%s: %s" % (path, error))
        except OSError as error:
            self.tell("%s: %s" % (path, error.strerror))

    def step(self, name, work, otherwise):
        """Do one part of the work; whatever it dies of must not keep the others from being done."""
        try:
            return work()
        except Exception as error:
            self.tell("%s: %s: %s" % (name, type(error).__name__, error))
            return otherwise

    def tell(self, problem):
        """Note a problem, once."""
        if problem not in self.problems:
            self.problems.append(problem)


def look_around(snap):
    """What differs from the snapshot before anything is put back; written down, so that a revert that is killed and
    started again knows what the first one found."""
    kept, run = snap.kept, snap.run
    earlier = store.read_json(kept.file(run, "found.json"))
    now = snap.now()
    paths = different(snap.entries, now, snap.scope)
    found = {
        "paths": {**paths, **(earlier["paths"] if earlier else {})},
        "units": earlier["units"] if earlier else units.Asked(snap.scope.units).answer(),
    }
    if earlier is None or set(found["paths"]) != set(earlier["paths"]):
        store.write_json(kept.file(run, "found.json"), found)
    return found, paths


def early(snap):
    """In the middle of a boot, before network, sshd, packet filter and web servers: the files, nothing else."""
    found, paths = look_around(snap)
    work = Work(snap, paths)
    work.files()
    work.step("units", lambda: units.settle_early(snap.manifest["units"], found["units"], found["paths"]), None)
    return work.problems


def everything(snap):
    """Bring the host back to the snapshot. What was done, in words and counts, for the outcome."""
    manifest = snap.manifest
    _free_reserve(snap)
    found, paths = look_around(snap)
    work = Work(snap, paths)
    work.files()
    work.step("way in", lambda: _way_in(manifest, found, work), None)
    problems = work.problems
    done = work.step("packages", lambda: packages.bring_back(manifest["packages"], problems), {})
    if done.get("purged") or done.get("reinstalled"):
        work.paths = {**found["paths"], **_kept_apart(snap, done)}
        work.files()
    rules = work.step("packet filter", lambda: live.put_ruleset(manifest["ruleset"], problems), [])
    sysctls = work.step("kernel settings", lambda: live.put_sysctls(manifest["sysctls"], problems), [])
    asked = manifest["units"], found["units"], found["paths"], snap.scope.units, problems
    acts = work.step("units", lambda: units.bring_back(*asked), [])
    data = work.step("database", lambda: database.bring_back(manifest["database"], problems), False)
    work.step("package records", lambda: _package_records(snap, done, work), None)
    work.paths = _kept_apart(snap, done)
    if work.paths:
        work.files()
    _times(snap)
    for path, word in sorted(_kept_apart(snap, done).items())[:LISTED]:
        work.tell("%s: still differs (%s)" % (path, word))
    os.sync()
    return {
        "files": sorted(path for path, word in found["paths"].items() if word != "new")[:LISTED],
        "removed": sorted(path for path, word in found["paths"].items() if word == "new")[:LISTED],
        "count": len(found["paths"]),
        "sysctls": sysctls,
        "ruleset": rules,
        "units": acts,
        "database": data,
        "packages": done,
        "problems": work.problems[:LISTED],
    }


def _kept_apart(snap, done):
    """What differs now, but for new files of packages that stay upgraded."""
    paths = different(snap.entries, snap.now(), snap.scope)
    staying = packages.files_of(done.get("staying", {}))
    return {path: word for path, word in paths.items() if not (word == "new" and path in staying)}


def _way_in(manifest, found, work):
    """sshd and the packet filter first: whatever hangs later, somebody can get in."""
    live.put_ruleset(manifest["ruleset"], work.problems)
    for name in ("ssh.socket", "ssh.service", "sshd.service"):
        was = manifest["units"].get(name)
        if was and was["ActiveState"] == "active":
            if any(path.startswith(units.SYSTEMD) for path in found["paths"]):
                commands.said_no(["systemctl", "daemon-reload"])
            commands.said_no(["systemctl", "reset-failed", name])
            commands.said_no(["systemctl", "start", name])
            if name == "ssh.socket" or not any(path.startswith("/etc/ssh/") for path in found["paths"]):
                continue
            if commands.said_no(["sshd", "-t"]) is None:
                commands.said_no(["systemctl", "reload", name])


def _free_reserve(snap):
    try:
        os.unlink(snap.kept.file(snap.run, "reserve"))
    except FileNotFoundError:
        return


def _package_records(snap, done, work, remove=True):
    """dpkg's own records to the byte, when the packages are exactly those of before; where upgrades stay, those of the
    records that do not tell of them. ``remove``: also what came below /usr besides packages."""
    manifest = snap.manifest
    if not manifest["dpkg"]:
        return
    staying = done.get("staying", {})
    now = packages.Asked().answer()
    if {name: now.get(name) for name in now if name not in staying} != {
        name: state for name, state in manifest["packages"].items() if name not in staying
    }:
        work.tell("the packages are not exactly those of before")
        return
    wanted, present = manifest["dpkg"], packages.database_entries(tree.digest)
    for path, entry in sorted(wanted.items()):
        other = present.get(path, tree.ABSENT)
        same_bytes = entry["type"] == other["type"] and entry.get("sha256") == other.get("sha256")
        if entry["type"] != "folder" and tree.differs(entry, other) and (same_bytes or not staying):
            work.attempt(path, lambda path=path, entry=entry: tree.put(path, entry, lambda: snap.content(entry)))
    for path in sorted(set(present) - set(wanted), reverse=True) if not staying else ():
        work.attempt(path, lambda path=path: tree.remove(path))
    for path in sorted(wanted, reverse=True):
        if wanted[path]["type"] == "folder":
            tree.put_time(path, wanted[path])
    if remove:
        packages.remove_strays(manifest["skeleton"], staying, work.problems)
    packages.put_times(manifest["skeleton"])


def _times(snap):
    for path in sorted(snap.entries, reverse=True):
        entry = snap.entries[path]
        if entry["type"] == "folder" and "names" in entry and snap.scope.kind(path) != "data":
            tree.put_time(path, entry)


# --- after a confirmed run -------------------------------------------------------------------------


def after(snap):
    """What the run left behind, for drift and rollback: only what differs from the snapshot."""
    manifest = snap.manifest
    asked = [
        units.Asked(snap.scope.units),
        live.AskedRuleset(),
        packages.Asked(),
        database.Asked() if manifest["database"] else None,
    ]
    now = snap.now()
    paths = different(snap.entries, now, snap.scope)
    unit_states = asked[0].answer()
    ruleset = asked[1].answer()
    data = asked[3].answer() if asked[3] else None
    installed, upgraded, removed = packages.compare(manifest["packages"], asked[2].answer())
    values = live.sysctls_now(manifest["sysctls"])
    before = manifest["units"]
    return {
        "snapshot": snap.digest,
        "entries": {path: now.get(path, tree.ABSENT) for path in paths},
        "paths": paths,
        "sysctls": {key: value for key, value in values.items() if value != manifest["sysctls"][key]},
        "tables": ruleset["tables"],
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


def _state(unit):
    return unit["ActiveState"], unit["UnitFileState"], unit["InvocationID"]


def drift(snap, left):
    """What differs now from how the confirmed run left it: ``[{path, what}]``, live settings by name."""
    wanted = {**snap.entries, **left["entries"]}
    paths = different(wanted, snap.now(), snap.scope)
    expected = {**snap.manifest["sysctls"], **left["sysctls"]}
    values = live.sysctls_now(expected)
    tables = live.AskedRuleset().answer()["tables"]
    return {
        "paths": [{"path": path, "what": word} for path, word in sorted(paths.items())][:LISTED],
        "count": len(paths),
        "sysctls": sorted(key.replace("/", ".") for key in values if values[key] != expected[key]),
        "tables": sorted(name for name in {*tables, *left["tables"]} if tables.get(name) != left["tables"].get(name)),
    }


def chosen(snap, left, only, now):
    """``(paths to put back, [(path, reason)] left alone)`` of what the run changed."""
    paths, skipped = {}, []
    for path, word in sorted(left["paths"].items()):
        if only is not None and not any(
            path == one.rstrip("/") or (one.endswith("/") and path.startswith(one)) for one in only
        ):
            continue
        present, then = now.get(path, dict(tree.ABSENT)), left["entries"][path]
        before = snap.entries.get(path, tree.ABSENT)
        folder = then["type"] == "folder" and present["type"] == "folder"
        besides = ("mtime",) if folder else ()
        if not tree.differs(before, present) and before["type"] != "absent":
            continue
        if before["type"] == "absent" and present["type"] == "absent":
            continue
        if tree.differs(then, present, besides):
            skipped.append((path, "changed since the run"))
        else:
            paths[path] = word
    new_now = [path for path in now if path not in snap.entries and path not in left["entries"]]
    for path in [path for path, word in paths.items() if word == "new"]:
        inside = [one for one in new_now if one.startswith(path + "/")]
        if inside:
            del paths[path]
            skipped.append((path, "holds what came since the run"))
    return paths, skipped


def roll_back(snap, left, only, check):
    """Undo what a confirmed run changed, as far as nobody changed it since. ``only``: paths and other touches."""
    manifest = snap.manifest
    scope = None if only is None else snapshot.Scope(only, [])
    now = snap.now()
    paths, skipped = chosen(snap, left, None if only is None else [one for one in only if one.startswith("/")], now)
    back = _brought_back(snap, paths)
    work = Work(snap, paths)
    values = live.sysctls_now(left["sysctls"])
    keys = set(left["sysctls"]) if scope is None else set(live.sysctls(scope.sysctls)) & set(left["sysctls"])
    sysctls = {key: manifest["sysctls"][key] for key in keys if values.get(key) == left["sysctls"][key]}
    skipped += [("sysctl " + key.replace("/", "."), "changed since the run") for key in sorted(keys - set(sysctls))]
    rules, present = [], live.AskedRuleset().answer()
    if scope is None or any("nft" in one for one in only):
        _, names = live.ruleset_change(manifest["ruleset"], {**present, "tables": left["tables"]})
        rules = [name for name in names if present["tables"].get(name) == left["tables"].get(name)]
        skipped += [("nft " + name, "changed since the run") for name in names if name not in rules]
    chosen_packages = {
        kind: [one for one in left["packages"][kind] if scope is None or one.partition(":")[0] in scope.packages]
        for kind in ("installed", "removed")
    }
    data = manifest["database"] if scope is None or scope.databases else None
    if data is not None:
        data = _database_unchanged(data, left, skipped)
    answer = {
        "files": sorted(path for path, word in paths.items() if word != "new")[:LISTED],
        "removed": sorted(path for path, word in paths.items() if word == "new")[:LISTED],
        "count": len(paths),
        "left": [{"path": path, "reason": reason} for path, reason in skipped][:LISTED],
        "brings_back": back,
        "sysctls": sorted(sysctls),
        "ruleset": rules,
        "database": data is not None,
        "packages": chosen_packages,
        "problems": work.problems,
    }
    if check:
        return answer
    found = units.Asked(snap.scope.units).answer()
    work.files()
    live.put_ruleset(manifest["ruleset"], work.problems, rules)
    if chosen_packages["installed"] or chosen_packages["removed"]:
        answer["packages"] = packages.bring_back(manifest["packages"], work.problems, chosen_packages)
        since = different({**snap.entries, **left["entries"]}, now, snap.scope)
        work.paths = {**paths, **_of_package_work(snap, since)}
        work.files()
    else:
        answer["packages"] = {
            "staying": {name: "%s -> %s" % tuple(pair) for name, pair in left["packages"]["upgraded"].items()}
        }
    live.put_sysctls(sysctls, work.problems)
    touched = snap.scope.units if scope is None else scope.units
    was = {name: manifest["units"][name] for name in _unit_names(snap, left, found, skipped)}
    wanted = None if scope is None else scope.units
    answer["units"] = units.bring_back(was, left["units"], paths, touched, work.problems, wanted)
    if data is not None:
        database.bring_back(data, work.problems)
    if scope is None:
        work.step("package records", lambda: _package_records(snap, answer["packages"], work, remove=False), None)
    _times(snap)
    os.sync()
    answer["problems"] = work.problems[:LISTED]
    return answer


def _of_package_work(snap, since):
    """What purging packages changed in the records of its tools, but for what somebody changed since the run."""
    trees = (*snapshot.PACKAGE_OWN_TREES, *(one + "/" for one in snapshot.PACKAGE_CACHES))
    paths = different(snap.entries, snap.now(), snap.scope)
    return {path: word for path, word in paths.items() if (path + "/").startswith(trees) and path not in since}


def _unit_names(snap, left, found, skipped):
    """Units to bring back: those that nobody started or stopped since."""
    names = []
    for name in snap.manifest["units"]:
        then = left["units"].get(name, snap.manifest["units"][name])
        if units.active(found.get(name)) == units.active(then):
            names.append(name)
        elif name in left["units"]:
            skipped.append(("unit " + name, "started or stopped since the run"))
    return names


def _database_unchanged(before, left, skipped):
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
    skipped += [("MariaDB's %s" % name, "changed since the run") for name in left["variables"] if name not in kept]
    return {**before, "variables": kept}


def _brought_back(snap, paths):
    found = []
    for path, word in sorted(paths.items()):
        entry = snap.entries.get(path, tree.ABSENT)
        if word == "new" or "sha256" not in entry:
            continue
        present = {}
        if tree.at(path, _reader(present))["type"] in ("file", "absent"):
            earlier = b"".join(snap.content(entry))
            found += accounts.brought_back(path, earlier, present.get("content", b""))
    return found[:LISTED]


def _reader(into):
    def keep(chunks):
        into["content"] = b"".join(chunks)
        return {}

    return keep


def outcome(state, cause, began, done):
    """What is recorded of a way back."""
    return {"state": state, "cause": cause, "began": began, "ended": time.time(), **done}
