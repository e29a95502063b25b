"""What is at stake when root runs a program: the files that it believes, with all that they include."""

import glob
import os
import re

from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

OPENSSL = "/etc/ssl/openssl.cnf"
"""By which OpenSSL, in whatever program, loads its providers."""
MAX_FILES = 2_000


def list_folders_searched_by_pattern(pattern):
    """Return the folders in which a pattern looks, so that a new file in one of them would be found.

    A plain path is itself.
    """
    parents = set()
    while glob.has_magic(pattern):
        pattern = os.path.dirname(pattern)
        parents.update(glob.glob(pattern) if glob.has_magic(pattern) else [pattern])
    return parents or {pattern}


def list_file_with_its_includes(path, list_includes):
    """Return a file, the files that it includes, and the folders in which it looks for them.

    ``list_includes(text)`` gives the absolute patterns that a text includes.
    """
    paths, pending_paths = {}, [path]
    while pending_paths and len(paths) < MAX_FILES:
        current_path = pending_paths.pop()
        if current_path in paths:
            continue
        paths[current_path] = None
        if os.path.isdir(current_path):
            continue
        for pattern in list_includes(_read_text_or_empty(current_path)):
            pending_paths += sorted(glob.glob(pattern))
            paths.update(dict.fromkeys(list_folders_searched_by_pattern(pattern)))
    if pending_paths:
        raise UnreadableFact("%s includes more than %d files" % (path, MAX_FILES))
    return list(paths)


def list_matches_and_searched_folders(*patterns):
    """Return what is there by some patterns, and the folders in which they look."""
    return [
        path
        for pattern in patterns
        for path in [*list_folders_searched_by_pattern(pattern), *sorted(glob.glob(pattern))]
    ]


def _read_text_or_empty(path):
    try:
        return read_text(path) or ""
    except UnreadableFact:
        return ""


# --- what some programs include -----------------------------------------------------------------------------


def list_includes_in_nft_file(text):
    return [os.path.join("/etc", path) for path in re.findall(r"(?m)^[ \t]*include[ \t]+[\"']([^\"'\n]+)", text)]


def list_includes_in_apt_file(text):
    return [path for path in re.findall(r"(?m)^[ \t]*#include[ \t]+\"([^\"\n]+)", text) if path.startswith("/")]


def list_includes_in_sudoers_file(text):
    includes = re.findall(r"(?m)^[ \t]*[#@](include|includedir)[ \t]+(\"[^\"\n]+\"|\S+)", text)
    paths = [(kind, os.path.join("/etc", path.strip('"'))) for kind, path in includes]
    return [path + "/*" if kind == "includedir" else path for kind, path in paths]


def list_includes_in_mariadb_file(text):
    includes = re.findall(r"(?m)^[ \t]*!(include|includedir)[ \t]+(\S[^\n]*?)[ \t]*$", text)
    plugins = re.findall(r"(?m)^[ \t]*plugin[-_]dir[ \t]*=[ \t]*[\"']?(/[^\"'\n]*?)[\"' \t]*$", text)
    return [
        path + "/*.cnf" if kind == "includedir" else path for kind, path in includes if path.startswith("/")
    ] + plugins
