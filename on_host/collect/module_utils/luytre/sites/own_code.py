"""The code of an application that its CMS tells how to find: what web accounts can write of it, and what differs from
what was installed; and PHP among its uploads.
"""

import hashlib
import os

from ansible.module_utils.luytre.sites import webroot, websites
from ansible.module_utils.luytre_shared.applications.layouts import search_version
from ansible.module_utils.luytre_shared.files import ownership, safe_open
from ansible.module_utils.luytre_shared.os.area_reader import describe_file_mode, read_text, stat_file_below

MAX_ENTRIES = 100_000
WALK_SECONDS = 5.0
"""Of the processor's time, for one walk."""
MAX_SHOWN = 30
DPKG_INFO = "/var/lib/dpkg/info"
DAY = 86_400


def compare_instance_with_release(cms, path, version, web, reader):
    """Return the facts of one application that walks of its files tell."""
    uploads, uploads_cut = find_php_files_in_uploads(cms, path, reader)
    return {
        "uploads_php": uploads,
        "uploads_cut_short": uploads_cut,
        "core": check_own_code(cms, path, version, web, reader),
    }


def find_php_files_in_uploads(cms, path, reader):
    """Return PHP files in the upload folder, those that act on input first, and whether looking for them ended early.

    ``shut``: root's alone.
    """
    folder = cms.layout.uploads[0].rstrip("/")
    try:
        inner = safe_open.open_below(path, folder, safe_open.DIRECTORY)
    except OSError:
        return [], False
    scripts = []
    try:
        walk = webroot.WebrootWalk(inner, reader.make_walk_time_budget(WALK_SECONDS, 2), MAX_ENTRIES)
        for entry in walk:
            if webroot.is_php_script(entry):
                mode = describe_file_mode(os.path.join(path, folder, entry.path), entry.status)
                shut = ownership.find_untrusted_changer_of_file(entry.status, ownership.PRIVATE) is None
                scripts.append({**mode, "shut": shut, "acts_on_input": webroot.is_entry_acting_on_visitor_input(entry)})
                scripts.sort(key=lambda script: not script["acts_on_input"])
                del scripts[MAX_SHOWN:]
        return scripts, walk.cut_short
    finally:
        os.close(inner)


def check_own_code(cms, path, version, web, reader):
    """Return an application's own code: how much of it the web accounts can write, and what is not as installed."""
    version_status = stat_file_below(path, cms.own_code.version_file)
    newest = version_status.st_mtime + DAY if version_status else None
    sums = read_md5_sums_of_debian_package(cms, version)
    files, writable, examples, newer, mismatches = 0, 0, [], [], []
    cut = []
    for entry, relative in iter_entries_of_own_code(cms.own_code, path, reader, cut):
        if entry.is_dir or entry.is_file:
            files += 1
            if web.can_write_file(entry.status, entry.acl_writers):
                writable += 1
                if len(examples) < MAX_SHOWN:
                    examples.append(relative)
        is_php = entry.is_file and websites.PHP.search(entry.name)
        if is_php and newest and entry.status.st_mtime > newest:
            newer.append(relative)
        if is_php and sums is not None and relative not in cms.own_code.not_code:
            digest = hashlib.md5(entry.read_start_of_file(4_000_000)).hexdigest()  # noqa: S324  what dpkg records, not a secret
            if sums.get(relative) != digest:
                mismatches.append(relative)
    return {
        "files": files,
        "cut_short": bool(cut),
        "writable": writable,
        "writable_examples": examples,
        "newer": sorted(newer)[:MAX_SHOWN],
        "checksums": "debian" if sums is not None else None,
        "differing": sorted(mismatches)[:MAX_SHOWN],
    }


def iter_entries_of_own_code(own_code, path, reader, cut):
    """Yield ``(entry, path relative to the instance)`` of its own code.

    It is its folder, the PHP files there, and the folders of its code. What could not be looked at is added to ``cut``.
    """
    try:
        here = safe_open.open_path(path, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
    except OSError:
        cut.append(".")
        return
    effort = reader.make_walk_time_budget(WALK_SECONDS, 2)
    try:
        status = os.fstat(here)
        yield webroot.WebrootEntry(here, status, ".", ".", status), "."
        with os.scandir(here) as names:
            top = sorted(entry.name for entry in names if entry.name.endswith(".php") or entry.name in own_code.folders)
        for name in top:
            try:
                name_status = os.stat(name, dir_fd=here, follow_symlinks=False)
            except OSError:
                continue
            entry = webroot.WebrootEntry(here, status, name, name, name_status)
            if not is_own_code(own_code, entry):
                continue
            yield entry, name
            if entry.is_dir:
                inner = safe_open.open_folder_in_open_folder(here, name)
                try:
                    walk = webroot.WebrootWalk(inner, effort, MAX_ENTRIES)
                    for below in walk:
                        yield below, name + "/" + below.path
                    if walk.cut_short:
                        cut.append(name)
                finally:
                    os.close(inner)
    except OSError:
        cut.append(".")
    finally:
        os.close(here)


def is_own_code(own_code, entry):
    """Return whether an entry is of an application's own code, which lies at the document root."""
    first, _, rest = entry.path.partition("/")
    if first in own_code.folders:
        return entry.is_dir or entry.is_file
    return not rest and entry.is_file and first.endswith(".php") and first not in own_code.not_code


def read_md5_sums_of_debian_package(cms, version):
    """Return MD5 sums of Debian's own package of the same version, by path, when that is on the host."""
    own_code = cms.own_code
    text = read_text(os.path.join(DPKG_INFO, own_code.debian_package + ".md5sums"))
    if text is None or version is None or read_version_of_debian_package(cms) != version:
        return None
    prefix = own_code.debian_folder.lstrip("/") + "/"
    pairs = (line.split(None, 1) for line in text.splitlines() if "  " in line)
    return {path[len(prefix) :]: digest for digest, path in pairs if path.startswith(prefix)}


def read_version_of_debian_package(cms):
    """Return the version that the code in the package's folder has."""
    for file, pattern in cms.layout.versions:
        version = search_version(pattern, read_text(os.path.join(cms.own_code.debian_folder, file), 200_000) or "")
        if version:
            return version
    return None
