"""Which of the packages that a run installed are needed by now: what a file still names, or others rest on, stays."""

import os
import re

from . import commands, live, packages, tree

CONFIGURATION = "/etc"
PROGRAMS = ("/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/sbin/", "/usr/local/bin/")
UNITS = ("/lib/systemd/system/", "/usr/lib/systemd/system/")
RELATIONS = [
    "dpkg-query",
    "--show",
    "--showformat=${binary:Package}\t${db:Status-Abbrev}\t${Pre-Depends}, ${Depends}\t${Recommends}\t${Provides}\n",
]
FROM_LISTS = ("apt-cache", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=", "show", "--no-all-versions")
"""apt's lists, without a file being written."""
BY_ANSIBLE = frozenset(("python3-apt",))
"""What Ansible's own module for packages installs first where it is missing, whatever it was asked for."""
INSTALLED_BY_OTHERS = "somebody else installed it meanwhile"
NOT_ALL_KNOWN = 100
"""How apt-cache ends where it does not know one of the names."""
MAKERS = {"f2b-table": "fail2ban"}
"""Table of the packet filter to the package whose daemon makes it, and takes it away when it stops."""
MAX_FILE, MAX_FILES = 512 * 1024, 20_000


def of(names, asked_for, going, theirs, units=()):
    """Those of the packages that stay, each with why, in words.

    ``asked_for``: packages that the run was to install or has upgraded; what came besides them and what they depend on,
    somebody else has installed meanwhile. None where the run was cut off, so that it cannot be told. ``going``: paths that
    are put back in any case, so that what they say now does not count. ``theirs``: paths that others have changed. ``units``: those that others have started or enabled.
    """
    if not names:
        return {}
    relations = commands.run(RELATIONS, 60).decode("utf-8", "replace")
    ours = set(names) if asked_for is None else _ours({*asked_for, *BY_ANSIBLE}, set(names), relations)
    stay = dict.fromkeys(sorted(set(names) - ours), INSTALLED_BY_OTHERS)
    names = {name: packages.files_of([name]) for name in sorted(names)}
    shipped = packages.as_shipped(names, {path for paths in names.values() for path in paths} & set(theirs))
    remaining = _remaining({*going, *(path for paths in names.values() for path in paths)})
    for name, paths in names.items():
        if name in stay:
            continue
        changed = sorted(path for path in (paths & set(theirs)) - shipped if path.startswith(CONFIGURATION + "/"))
        running = sorted({os.path.basename(path) for path in paths if path.startswith(UNITS)} & set(units))
        named = None if changed or running else _named(paths, remaining)
        if changed:
            stay[name] = "%s of it was changed by somebody" % changed[0]
        elif running:
            stay[name] = "%s of it is in use by somebody" % running[0]
        elif named:
            stay[name] = "%s names its %s" % named
    stay = _with_relations(stay, set(names), relations)
    return _with_relations({**stay, **_filtering(names, stay)}, set(names), relations)


def _filtering(names, stay):
    """The packages with ``nft`` that stay for the sake of others' tables, but for those that go with their makers."""
    going = {name.partition(":")[0] for name in names if name not in stay}
    filters = [name for name, paths in names.items() if name not in stay and paths & {"/usr/sbin/nft", "/sbin/nft"}]
    tables = live.others_tables() if filters else []
    tables = [table for table in tables if MAKERS.get(table.rpartition(" ")[2]) not in going]
    return dict.fromkeys(filters, "somebody's packet filter is in force: %s" % ", ".join(tables[:3])) if tables else {}


def without_files_of(stay, paths):
    """What is to be put back, but for files that came with packages that stay."""
    kept = packages.files_of(stay)
    return {path: word for path, word in paths.items() if not (word == "new" and path in kept)}


def words_of(paths):
    """What a file may name of a package: its programs by their path, what others load by its name."""
    found = {}
    for path in paths:
        name = os.path.basename(path)
        if path.startswith(PROGRAMS):
            merged = re.sub(r"\A(/usr)?", "", path)
            found.update({merged.encode(): path, b"/usr" + merged.encode(): path})
        elif name.endswith(".so"):
            found[name.encode()] = path
            if "/php/" in path:
                found[b"extension=" + name[: -len(".so")].encode()] = path
    return found


def first_named(text, words):
    """The first of the words that a configuration names outside of comments, or None."""
    lines = (line for line in text.split(b"\n") if line.startswith(b"#!") or not line.lstrip().startswith((b"#", b";")))
    code = b"\n".join(re.sub(rb"[ \t]*=[ \t]*", b"=", line) for line in lines)
    if not any(word in code for word in words):
        return None
    longest = b"|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    found = re.search(rb"(?<![A-Za-z0-9_.+-])(?:" + longest + rb")(?![A-Za-z0-9_./+-])", code)
    return found.group() if found else None


def _named(paths, remaining):
    words = words_of(paths)
    for path, text in remaining.items() if words else ():
        word = first_named(text, words)
        if word is not None:
            return path, words[word]
    return None


def _remaining(going):
    """The files of the configuration that stay as they are, with their text. Those that others can write count, too."""
    found = {}
    for folder, _, names in os.walk(CONFIGURATION):
        for path in (os.path.join(folder, name) for name in names):
            if path not in going and len(found) < MAX_FILES:
                text = {}
                try:
                    tree.at(path, lambda chunks, status, text=text: _kept(chunks, status, text))
                except (OSError, tree.Unsafe):
                    continue
                if "text" in text:
                    found[path] = text["text"]
    return found


def _kept(chunks, status, text):
    if status.st_size <= MAX_FILE:
        text["text"] = b"".join(chunks)
    return {}


def _ours(asked_for, names, relations):
    """Those that came with what was asked for: where an installation was cut off, by way of some that did not come."""
    looked_up = set()
    while True:
        ours, absent = _with_dependencies(asked_for, names, relations)
        absent -= looked_up
        if ours == names or not absent:
            return ours
        looked_up |= absent
        relations = relations.rstrip("\n") + "\n" + _from_lists(sorted(absent))


def _from_lists(names):
    """Relations of packages as ``RELATIONS`` tells them, by apt's lists."""
    try:
        said = commands.run([*FROM_LISTS, "--", *names], 60, ok=(0, NOT_ALL_KNOWN)).decode("utf-8", "replace")
    except commands.Failed:
        return ""
    lines = []
    for stanza in said.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[:1].isalpha())
        if "Package" in fields:
            depends = "%s, %s" % (fields.get("Pre-Depends", ""), fields.get("Depends", ""))
            others = (fields.get(word, "") for word in ("Recommends", "Provides"))
            lines.append("\t".join((fields["Package"], "un ", depends, *others)))
    return "\n".join(lines)


def _with_dependencies(asked_for, names, said):
    """``(ours, absent)``.

    Those of the packages that are asked for, or that one of these depends on, or recommends, through others; and what is
    not there of all that these depend on, by its plain name.
    """
    depends, recommends, provides = _relations(said, {line.split("\t")[1] for line in said.splitlines()})
    plain = {name.partition(":")[0]: name for name in names}
    known = {name.partition(":")[0]: name for name in depends}
    there = {line.partition("\t")[0].partition(":")[0] for line in said.splitlines() if _is_there(line.split("\t")[1])}
    there |= {one for name, groups in provides.items() for group in groups for one in group}
    serving = {}
    for name in names:
        for one in {name.partition(":")[0], *(one for group in provides.get(name, ()) for one in group)}:
            serving.setdefault(one, []).append(name)
    serving.pop("", None)
    asked_for = {name.partition(":")[0] for name in asked_for}
    found, absent = {plain[name] for name in asked_for if name in plain}, asked_for - there
    seen = {known[name] for name in asked_for if name in known}
    waiting = sorted(seen)
    while waiting:
        one = waiting.pop()
        needs = depends.get(one, [])
        lacking = {name for group in needs if not there & set(group) for name in group} - {""}
        absent |= lacking
        came = {name for group in needs + recommends.get(one, []) for word in group for name in serving.get(word, ())}
        found |= came
        came |= {known[name] for name in lacking if name in known}
        waiting += sorted(came - seen)
        seen |= came
    return found, absent


def _is_there(state):
    return state[1:2] not in ("n", "c")


def _relations(said, states=(packages.INSTALLED,)):
    """``(depends, recommends, provides)`` of packages in these states: name to groups of names of which one is enough."""
    found = {}, {}, {}
    for line in said.splitlines():
        name, state, *relations = line.split("\t")
        if state in states:
            for kind, text in zip(found, relations):
                kind[name] = _groups(text)
    return found


def _with_relations(stay, names, said):
    """Also those that a package which stays, or one of somebody's, depends on; and what one that stays makes use of."""
    depends, recommends, _ = _relations(said)
    plain = {name.partition(":")[0]: name for name in names}
    there = {name.partition(":")[0] for name in depends}
    waiting = [name for name in depends if name not in names] + list(stay)
    while waiting:
        one = waiting.pop()
        for group in depends.get(one, []) + (recommends.get(one, []) if one in stay else []):
            served = [name for name in group if name in there]
            of_run = [plain[name] for name in served if name in plain]
            if of_run and len(of_run) == len(served) and not set(of_run) & set(stay):
                stay[of_run[0]] = "%s depends on it" % one
                waiting.append(of_run[0])
    return stay


def _groups(relations):
    return [[re.split(r"[\s(:]", one.strip())[0] for one in group.split("|")] for group in relations.split(",")]
