"""Which of the packages that a run installed are needed by now: what a file still names, or others rest on, stays."""

import os
import re

from ansible.module_utils.luytre_guard.changes import packages
from ansible.module_utils.luytre_guard.files import tree
from ansible.module_utils.luytre_guard.os import commands, runtime_state

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


def find_packages_needed_by_now_with_reason(
    package_names, requested_packages, restored_paths, paths_of_others, units_of_others=()
):
    """Return those of the packages that stay, each with why, in words.

    ``requested_packages``: packages that the run was to install or has upgraded; what came besides them and what they
    depend on, somebody else has installed meanwhile. None where the run was cut off, so that it cannot be told.
    ``restored_paths``: paths that are put back in any case, so that what they say now does not count.
    ``paths_of_others``: paths that others have changed. ``units_of_others``: those that others have started or enabled.
    """
    if not package_names:
        return {}
    relations = commands.run_program_and_return_output(RELATIONS, 60).decode("utf-8", "replace")
    ours = (
        set(package_names)
        if requested_packages is None
        else _find_packages_installed_for_requested({*requested_packages, *BY_ANSIBLE}, set(package_names), relations)
    )
    stay = dict.fromkeys(sorted(set(package_names) - ours), INSTALLED_BY_OTHERS)
    package_names = {name: packages.list_paths_of_packages([name]) for name in sorted(package_names)}
    unmodified_paths = packages.find_paths_as_their_package_brought_them(
        package_names, {path for paths in package_names.values() for path in paths} & set(paths_of_others)
    )
    texts = _read_remaining_config_files(
        {*restored_paths, *(path for paths in package_names.values() for path in paths)}
    )
    for name, paths in package_names.items():
        if name in stay:
            continue
        changed_paths = sorted(
            path for path in (paths & set(paths_of_others)) - unmodified_paths if path.startswith(CONFIGURATION + "/")
        )
        running_units = sorted(
            {os.path.basename(path) for path in paths if path.startswith(UNITS)} & set(units_of_others)
        )
        reference = None if changed_paths or running_units else _find_config_file_naming_package(paths, texts)
        if changed_paths:
            stay[name] = "%s of it was changed by somebody" % changed_paths[0]
        elif running_units:
            stay[name] = "%s of it is in use by somebody" % running_units[0]
        elif reference:
            stay[name] = "%s names its %s" % reference
    stay = _add_packages_staying_ones_depend_on(stay, set(package_names), relations)
    return _add_packages_staying_ones_depend_on(
        {**stay, **_find_nft_packages_needed_by_others(package_names, stay)}, set(package_names), relations
    )


def _find_nft_packages_needed_by_others(names, stay):
    """Return the packages with ``nft`` that stay for the sake of others' tables, but for those that go with their
    makers.
    """
    leaving_names = {name.partition(":")[0] for name in names if name not in stay}
    filters = [name for name, paths in names.items() if name not in stay and paths & {"/usr/sbin/nft", "/sbin/nft"}]
    tables = runtime_state.list_nft_tables_of_others() if filters else []
    tables = [table for table in tables if MAKERS.get(table.rpartition(" ")[2]) not in leaving_names]
    return dict.fromkeys(filters, "somebody's packet filter is in force: %s" % ", ".join(tables[:3])) if tables else {}


def drop_new_files_of_staying_packages(staying_packages, paths):
    """Return what is to be put back, but for files that came with packages that stay."""
    package_paths = packages.list_paths_of_packages(staying_packages)
    return {path: word for path, word in paths.items() if not (word == "new" and path in package_paths)}


def list_words_that_refer_to_package(package_paths):
    """Return what a file may name of a package: its programs by their path, what others load by its name."""
    paths_by_word = {}
    for path in package_paths:
        name = os.path.basename(path)
        if path.startswith(PROGRAMS):
            short_path = re.sub(r"\A(/usr)?", "", path)
            paths_by_word.update({short_path.encode(): path, b"/usr" + short_path.encode(): path})
        elif name.endswith(".so"):
            paths_by_word[name.encode()] = path
            if "/php/" in path:
                paths_by_word[b"extension=" + name[: -len(".so")].encode()] = path
    return paths_by_word


def find_first_word_named_in_config(config_text, words):
    """Return the first of the words that a configuration names outside of comments, or None."""
    lines = (
        line
        for line in config_text.split(b"\n")
        if line.startswith(b"#!") or not line.lstrip().startswith((b"#", b";"))
    )
    code = b"\n".join(re.sub(rb"[ \t]*=[ \t]*", b"=", line) for line in lines)
    if not any(word in code for word in words):
        return None
    longest = b"|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    match = re.search(rb"(?<![A-Za-z0-9_.+-])(?:" + longest + rb")(?![A-Za-z0-9_./+-])", code)
    return match.group() if match else None


def _find_config_file_naming_package(package_paths, config_texts):
    words = list_words_that_refer_to_package(package_paths)
    for path, text in config_texts.items() if words else ():
        word = find_first_word_named_in_config(text, words)
        if word is not None:
            return path, words[word]
    return None


def _read_remaining_config_files(excluded_paths):
    """Return the files of the configuration that stay as they are, with their text.

    Those that others can write count, too.
    """
    texts = {}
    for folder, _, names in os.walk(CONFIGURATION):
        for path in (os.path.join(folder, name) for name in names):
            if path not in excluded_paths and len(texts) < MAX_FILES:
                text = {}
                try:
                    tree.read_entry_of_path(
                        path, lambda chunks, status, text=text: _keep_text_of_small_file(chunks, status, text)
                    )
                except (OSError, tree.UnsafeTarget):
                    continue
                if "text" in text:
                    texts[path] = text["text"]
    return texts


def _keep_text_of_small_file(chunks, status, text):
    if status.st_size <= MAX_FILE:
        text["text"] = b"".join(chunks)
    return {}


def _find_packages_installed_for_requested(requested_packages, package_names, relations):
    """Return those that came with what was asked for.

    Where an installation was cut off, by way of some that did not come.
    """
    looked_up = set()
    while True:
        ours, absent = _add_dependencies_of_requested_packages(requested_packages, package_names, relations)
        absent -= looked_up
        if ours == package_names or not absent:
            return ours
        looked_up |= absent
        relations = relations.rstrip("\n") + "\n" + _query_relations_from_apt_lists(sorted(absent))


def _query_relations_from_apt_lists(package_names):
    """Return relations of packages as ``RELATIONS`` tells them, by apt's lists."""
    try:
        output = commands.run_program_and_return_output(
            [*FROM_LISTS, "--", *package_names], 60, ok=(0, NOT_ALL_KNOWN)
        ).decode("utf-8", "replace")
    except commands.CommandFailure:
        return ""
    lines = []
    for stanza in output.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[:1].isalpha())
        if "Package" in fields:
            depends = "%s, %s" % (fields.get("Pre-Depends", ""), fields.get("Depends", ""))
            others = (fields.get(word, "") for word in ("Recommends", "Provides"))
            lines.append("\t".join((fields["Package"], "un ", depends, *others)))
    return "\n".join(lines)


def _add_dependencies_of_requested_packages(requested_packages, package_names, relations_text):
    """Return ``(ours, absent)``.

    Those of the packages that are asked for, or that one of these depends on, or recommends, through others; and what
    is not there of all that these depend on, by its plain name.
    """
    depends, recommends, provides = _parse_package_relations(
        relations_text, {line.split("\t")[1] for line in relations_text.splitlines()}
    )
    plain = {name.partition(":")[0]: name for name in package_names}
    full_names = {name.partition(":")[0]: name for name in depends}
    there = _list_names_that_are_there(relations_text, provides)
    providers = _map_names_to_packages_that_provide_them(package_names, provides)
    requested_packages = {name.partition(":")[0] for name in requested_packages}
    own_names, absent = {plain[name] for name in requested_packages if name in plain}, requested_packages - there
    seen_names = {full_names[name] for name in requested_packages if name in full_names}
    queue = sorted(seen_names)
    while queue:
        package = queue.pop()
        needs = depends.get(package, [])
        missing_names = {name for group in needs if not there & set(group) for name in group} - {""}
        absent |= missing_names
        came = {
            name for group in needs + recommends.get(package, []) for word in group for name in providers.get(word, ())
        }
        own_names |= came
        came |= {full_names[name] for name in missing_names if name in full_names}
        queue += sorted(came - seen_names)
        seen_names |= came
    return own_names, absent


def _list_names_that_are_there(relations_text, provides):
    """Return the plain names of installed packages, and the names that any package provides."""
    there = {
        line.partition("\t")[0].partition(":")[0]
        for line in relations_text.splitlines()
        if _is_package_installed(line.split("\t")[1])
    }
    return there | {alias for groups in provides.values() for group in groups for alias in group}


def _map_names_to_packages_that_provide_them(package_names, provides):
    """Return plain names, and others that packages provide, to the packages that have them."""
    providers = {}
    for name in package_names:
        for package in {name.partition(":")[0], *(alias for group in provides.get(name, ()) for alias in group)}:
            providers.setdefault(package, []).append(name)
    providers.pop("", None)
    return providers


def _is_package_installed(package_state):
    return package_state[1:2] not in ("n", "c")


def _parse_package_relations(relations_text, package_states=(packages.STATE_INSTALLED,)):
    """Return ``(depends, recommends, provides)`` of packages in these states.

    Each is name to groups of names of which one is enough.
    """
    tables = {}, {}, {}
    for line in relations_text.splitlines():
        name, state, *relations = line.split("\t")
        if state in package_states:
            for kind, text in zip(tables, relations):
                kind[name] = _parse_alternatives_in_relations_field(text)
    return tables


def _add_packages_staying_ones_depend_on(staying_packages, package_names, relations_text):
    """Add those, too, that a package which stays, or one of somebody's, depends on.

    What one that stays makes use of is added as well.
    """
    depends, recommends, _ = _parse_package_relations(relations_text)
    plain = {name.partition(":")[0]: name for name in package_names}
    there = {name.partition(":")[0] for name in depends}
    queue = [name for name in depends if name not in package_names] + list(staying_packages)
    while queue:
        package = queue.pop()
        for group in depends.get(package, []) + (recommends.get(package, []) if package in staying_packages else []):
            available_names = [name for name in group if name in there]
            of_run = [plain[name] for name in available_names if name in plain]
            if of_run and len(of_run) == len(available_names) and not set(of_run) & set(staying_packages):
                staying_packages[of_run[0]] = "%s depends on it" % package
                queue.append(of_run[0])
    return staying_packages


def _parse_alternatives_in_relations_field(relations_field):
    return [
        [re.split(r"[\s(:]", alternative.strip())[0] for alternative in group.split("|")]
        for group in relations_field.split(",")
    ]
