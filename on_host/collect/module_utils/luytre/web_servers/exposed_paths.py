"""What is in a web root, or in PHP-FPM's pools, that no visitor is meant to reach: URIs to ask a virtual host for."""

import functools
import glob
import itertools
import os
import re
import stat

from ansible.module_utils.luytre.parsers import inert_php
from ansible.module_utils.luytre.sites import site_applications
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import list_names_below, read_text, read_text_below

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


def list_php_fpm_status_paths():
    """Return where PHP-FPM's pools answer with their status, by their configuration."""
    paths = set()
    for pattern in POOLS:
        for path in sorted(glob.glob(pattern))[:200]:
            paths.update(re.findall(r"(?m)^\s*pm\.status_path\s*=\s*[\"']?(/[\w./-]{1,100})", read_text(path) or ""))
    return sorted(paths)


def find_database_tool_uris(root):
    """Return URIs of programs that administer databases, in a web root and in its folders."""
    uris = []
    for folder in scan_web_root_and_top_folders(root):
        if not folder.path:
            tool_names = [name for name in (*folder.folders, *folder.links) if TOOL.match(name)]
            uris += [
                "/%s/index.php" % name
                for name in tool_names
                if _has_mode_passing_test(root, name + "/index.php", stat.S_ISREG)
            ]
        for name, size in folder.scripts:
            if TOOL.match(name) or (
                size in ADMINER_SIZE and ADMINER.search(_read_file_beginning(root, folder.get_path_of_member(name)))
            ):
                uris.append("/" + folder.get_path_of_member(name))
    return uris[:MAX_LOOKED]


def find_phpinfo_scripts(root):
    """Return URIs of scripts that show all of PHP's settings, at the top of a web root and of its folders."""
    small = [
        folder.get_path_of_member(name)
        for folder in scan_web_root_and_top_folders(root)
        for name, size in folder.scripts
        if 0 < size < MAX_INFORMER
    ]
    return ["/" + path for path in small if INFORMER.search(_read_file_beginning(root, path))][:MAX_LOOKED]


def find_private_file_uris(root):
    """Return URIs of one file each for what applications never mean to be given away.

    The applications are those in a root, and in its folders.

    PHP is left out, for it is run and not given, but where a layout names the file itself.
    """
    uris = []
    for folder in scan_web_root_and_top_folders(root):
        for private_path in folder.list_private_paths():
            path = folder.get_path_of_member(private_path)
            path = _find_first_served_file(root, path.rstrip("/"), 2) if private_path.endswith("/") else path
            if path and _has_mode_passing_test(root, path, stat.S_ISREG) and "/" + path not in uris:
                uris.append("/" + path)
    return uris[:MAX_LOOKED]


def build_private_uri_pattern(root):
    """Return a pattern of the URIs of all that, whether there or not; empty where no application is known."""
    paths = dict.fromkeys(
        folder.get_path_of_member(each)
        for folder in scan_web_root_and_top_folders(root)
        for each in folder.list_private_paths()
    )
    parts = [path.replace(".", "\\.").replace("*", "[^/]+") + ("" if path.endswith("/") else "$") for path in paths]
    return "^/(?:%s)" % "|".join(parts[:MAX_LOOKED]) if parts else ""


def is_source_disclosed_by_php(root, uri):
    """Return whether PHP, asked to run a file, gives its words away: it holds no code that ends first."""
    text = read_text_below(root, uri.lstrip("/"), 4_000)
    return text is not None and not inert_php.is_php_ended_by_first_statement(text)


class WebFolder:
    """A web root, or a folder at its top: ``path`` below the root, plain names of ``folders`` and ``links`` in it,
    ``scripts`` as ``(name, bytes)``, and the ``layouts`` of the applications whose marks it holds."""

    def __init__(self, root, path):
        self.path, self.folders, self.links, self.scripts, self.layouts = path, [], [], [], []
        try:
            handle = safe_open.open_below(root, path, safe_open.DIRECTORY)
        except OSError:
            return
        try:
            with os.scandir(handle) as entries:
                self._fill_from_entries(handle, list(itertools.islice(entries, site_applications.MAX_NAMES)))
        except OSError:
            pass
        finally:
            os.close(handle)

    def _fill_from_entries(self, handle, entries):
        self.layouts = site_applications.find_layouts_by_marks(handle, {entry.name for entry in entries})
        for entry in sorted(entries, key=lambda entry: entry.name):
            if not PLAIN_NAME.match(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                self.folders.append(entry.name)
            elif entry.is_symlink():
                self.links.append(entry.name)
            elif entry.name.lower().endswith(".php") and entry.is_file(follow_symlinks=False):
                self.scripts.append((entry.name, entry.stat(follow_symlinks=False).st_size))

    def list_private_paths(self):
        """Return what no visitor may be given of the applications in it, as their layouts have it."""
        return [path for layout in self.layouts for path in layout.private]

    def get_path_of_member(self, name):
        """Return the path of something in it, below the root."""
        return os.path.join(self.path, name)


@functools.lru_cache(None)
def scan_web_root_and_top_folders(root):
    """Return a web root and the folders at its top, each as a WebFolder; looked at once."""
    top = WebFolder(root, "")
    return [top, *(WebFolder(root, name) for name in top.folders[:MAX_LOOKED])]


def _read_file_beginning(root, path):
    return (read_text_below(root, path, 2_000) or "").encode()


def _list_plain_names_below_root(root, relative):
    """Return plain names in a folder below a root, in order."""
    return [name for name in list_names_below(root, relative, None) if PLAIN_NAME.match(name)][:MAX_NAMES]


def _has_mode_passing_test(root, path, test):
    """Return what a path leads to, as a web server would find it; nothing of it is read."""
    try:
        return test(os.stat(os.path.join(root, path)).st_mode)
    except OSError:
        return False


def _find_first_served_file(root, relative, depth):
    """Return the first file in a folder, or in its folders, that would be given as it is; None when there is none."""
    names = _list_plain_names_below_root(root, relative)
    for name in names:
        path = relative + "/" + name
        if not SERVED_AS_CODE.search(name) and _has_mode_passing_test(root, path, stat.S_ISREG):
            return path
    if depth:
        for name in names[:MAX_LOOKED]:
            if _has_mode_passing_test(root, relative + "/" + name, stat.S_ISDIR):
                nested_file = _find_first_served_file(root, relative + "/" + name, depth - 1)
                if nested_file:
                    return nested_file
    return None
