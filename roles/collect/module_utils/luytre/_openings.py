"""What is in a web root, or in PHP-FPM's pools, that no visitor is meant to reach: URIs to ask a virtual host for."""

import glob
import os
import re
import stat

from ansible.module_utils.luytre import _applications, _inert_php
from ansible.module_utils.luytre._reading import open_below, read_below, read_text

STATUS_PAGES = ("server-status", "server-info")
"""Handlers of Apache that tell about every visitor, or about the whole configuration."""
TOOL = re.compile(r"(?:php_?my_?admin|pma|mysql_?admin|adminer|phppgadmin)[\w.-]*$", re.IGNORECASE)
ADMINER = re.compile(rb"\badminer\b", re.IGNORECASE)
ADMINER_SIZE = range(150_000, 2_000_000)
"""Bytes of a copy: it is one file, whatever its name."""
INFORMER = re.compile(rb"<\?(?:php)?\s[^<]{0,400}\bphpinfo\s{0,9}\(", re.IGNORECASE)
MAX_INFORMER = 1_000
POOLS = ("/etc/php/*/fpm/pool.d/*.conf", "/etc/php-fpm.d/*.conf")
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}\Z")
MAX_NAMES = 300
MAX_LOOKED = 40
SERVED_AS_CODE = re.compile(r"\.(?:php\d?|phtml|pht|phar|inc)\Z|^index\.html?\Z", re.IGNORECASE)


def status_paths():
    """Where PHP-FPM's pools answer with their status, by their configuration."""
    found = set()
    for pattern in POOLS:
        for path in sorted(glob.glob(pattern))[:200]:
            found.update(re.findall(r"(?m)^\s*pm\.status_path\s*=\s*[\"']?(/[\w./-]{1,100})", read_text(path) or ""))
    return sorted(found)


def tools(root):
    """URIs of programs that administer databases, in a web root and in its folders."""
    found = []
    for relative in ("", *_folders(root)):
        for name in _names(root, relative):
            path = (relative + "/" + name).lstrip("/")
            if TOOL.match(name) and not relative and _is(root, path + "/index.php", stat.S_ISREG):
                found.append("/" + path + "/index.php")
            elif name.lower().endswith(".php") and (TOOL.match(name) or _is_adminer(root, path)):
                found.append("/" + path)
    return found[:MAX_LOOKED]


def _is_adminer(root, path):
    return ADMINER.search(_beginning(root, path, ADMINER_SIZE) or b"") is not None


def _beginning(root, path, sizes):
    """The first bytes of a regular file of such a size, no link followed, or None."""
    try:
        handle = open_below(root, path)
    except OSError:
        return None
    try:
        status = os.fstat(handle)
        return os.read(handle, 2_000) if stat.S_ISREG(status.st_mode) and status.st_size in sizes else None
    finally:
        os.close(handle)


def private_files(root):
    """URIs of one file each for what the applications in a root, and in its folders, never mean to be given away.

    PHP is left out, for it is run and not given, but where a layout names the file itself.
    """
    found = []
    for relative in ("", *_folders(root)):
        kind = _kind(root, relative)
        for wanted in kind.private if kind else ():
            path = os.path.join(relative, wanted)
            path = _first_file(root, path.rstrip("/"), 2) if wanted.endswith("/") else path
            if path and _is(root, path, stat.S_ISREG) and "/" + path not in found:
                found.append("/" + path)
    return found[:MAX_LOOKED]


def tells_all(root, uri):
    """Whether PHP, asked to run a file, gives its words away: it holds no code that ends first."""
    text = read_below(root, uri.lstrip("/"), 4_000)
    return text is not None and not _inert_php.ends_at_once(text)


def informers(root):
    """URIs of scripts that show all of PHP's settings, at the top of a web root and of its folders."""
    found = []
    for relative in ("", *_folders(root)):
        for name in _names(root, relative):
            path = (relative + "/" + name).lstrip("/")
            if name.lower().endswith(".php") and INFORMER.search(_beginning(root, path, range(1, MAX_INFORMER)) or b""):
                found.append("/" + path)
    return found[:MAX_LOOKED]


def _kind(root, relative):
    try:
        folder = open_below(root, relative, os.O_RDONLY | os.O_DIRECTORY) if relative else os.open(root, os.O_DIRECTORY)
    except OSError:
        return None
    try:
        return _applications.layout_of(folder, set(os.listdir(folder)[: _applications.MAX_NAMES]))
    except OSError:
        return None
    finally:
        os.close(folder)


def _folders(root):
    return [name for name in _names(root, "") if _is(root, name, stat.S_ISDIR)][:MAX_LOOKED]


def _names(root, relative):
    """Plain names in a folder below a root, in order."""
    try:
        folder = open_below(root, relative, os.O_RDONLY | os.O_DIRECTORY) if relative else os.open(root, os.O_DIRECTORY)
    except OSError:
        return []
    try:
        return sorted(name for name in os.listdir(folder) if PLAIN_NAME.match(name))[:MAX_NAMES]
    except OSError:
        return []
    finally:
        os.close(folder)


def _is(root, path, test):
    """What a path leads to, as a web server would find it; nothing of it is read."""
    try:
        return test(os.stat(os.path.join(root, path)).st_mode)
    except OSError:
        return False


def _first_file(root, relative, depth):
    """The first file in a folder, or in its folders, that would be given as it is; None when there is none."""
    names = _names(root, relative)
    for name in names:
        path = relative + "/" + name
        if not SERVED_AS_CODE.search(name) and _is(root, path, stat.S_ISREG):
            return path
    if depth:
        for name in names[:MAX_LOOKED]:
            if _is(root, relative + "/" + name, stat.S_ISDIR):
                found = _first_file(root, relative + "/" + name, depth - 1)
                if found:
                    return found
    return None
