"""What is at stake when root runs a program: the files that it believes, with all that they include."""

import glob
import os
import re

from ansible.module_utils.luytre._reading import Unreadable, read_text

OPENSSL = "/etc/ssl/openssl.cnf"
"""By which OpenSSL, in whatever program, loads its providers."""
MAX_FILES = 2_000


def folders(pattern):
    """The folders in which a pattern looks, so that a new file in one of them would be found; a plain path is itself."""
    found = set()
    while glob.has_magic(pattern):
        pattern = os.path.dirname(pattern)
        found.update(glob.glob(pattern) if glob.has_magic(pattern) else [pattern])
    return found or {pattern}


def tree(path, includes):
    """A file, the files that it includes, and the folders in which it looks for them.

    ``includes(text)`` gives the absolute patterns that a text includes.
    """
    found, waiting = {}, [path]
    while waiting and len(found) < MAX_FILES:
        one = waiting.pop()
        if one in found:
            continue
        found[one] = None
        if os.path.isdir(one):
            continue
        for pattern in includes(_text(one)):
            waiting += sorted(glob.glob(pattern))
            found.update(dict.fromkeys(folders(pattern)))
    if waiting:
        raise Unreadable("%s includes more than %d files" % (path, MAX_FILES))
    return list(found)


def every(*patterns):
    """What is there by some patterns, and the folders in which they look."""
    return [path for pattern in patterns for path in [*folders(pattern), *sorted(glob.glob(pattern))]]


def _text(path):
    try:
        return read_text(path) or ""
    except Unreadable:
        return ""


# --- what some programs include -----------------------------------------------------------------------------


def of_nft(text):
    return [os.path.join("/etc", path) for path in re.findall(r"(?m)^[ \t]*include[ \t]+[\"']([^\"'\n]+)", text)]


def of_apt(text):
    return [path for path in re.findall(r"(?m)^[ \t]*#include[ \t]+\"([^\"\n]+)", text) if path.startswith("/")]


def of_sudoers(text):
    named = re.findall(r"(?m)^[ \t]*[#@](include|includedir)[ \t]+(\"[^\"\n]+\"|\S+)", text)
    paths = [(kind, os.path.join("/etc", path.strip('"'))) for kind, path in named]
    return [path + "/*" if kind == "includedir" else path for kind, path in paths]


def of_mariadb(text):
    named = re.findall(r"(?m)^[ \t]*!(include|includedir)[ \t]+(\S[^\n]*?)[ \t]*$", text)
    plugins = re.findall(r"(?m)^[ \t]*plugin[-_]dir[ \t]*=[ \t]*[\"']?(/[^\"'\n]*?)[\"' \t]*$", text)
    return [path + "/*.cnf" if kind == "includedir" else path for kind, path in named if path.startswith("/")] + plugins
