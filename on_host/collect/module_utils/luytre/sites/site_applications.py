"""Which applications lie below the web roots, told by files of their own; no link is followed, no code is run."""

import collections
import itertools
import os
import stat

from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre_shared.applications import known_layouts
from ansible.module_utils.luytre_shared.applications.layouts import search_version
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import describe_file_mode, list_names_below, read_text_below
from ansible.module_utils.luytre_shared.parsers.round_robin import advance_walks_in_turns

SKIP_FOLDERS = frozenset(
    (
        *("wp-content", "wp-admin", "wp-includes", "node_modules", "vendor", "themes", "assets", "logs"),
        *websites.UPLOADS,
        *websites.CACHES,
    )
)
"""No application is looked for in what another is made of, or where files go."""
MAX_DEPTH = 3
MAX_FOLDERS = 3_000
HOMES_DEPTH = 2
HOMES_SECONDS = 0.5
"""Of the processor's time, for finding out which applications lie in one root, before it is walked."""
SEARCH_SECONDS = 8.0
"""The same of all roots, for what is told of them."""
MAX_NAMES = 20_000
MAX_FOUND = 20
"""Of one root: who fills it with folders that look like applications hides none of another root's."""


class InstalledApplication:
    """One application: its kind, and where it lies below which root."""

    def __init__(self, kind, root, relative):
        self.kind, self.root, self.relative = kind, root, relative
        self.path = os.path.join(root, relative) if relative else root
        self.layout = known_layouts.LAYOUT_BY_KIND[kind]

    def describe_as_fact(self):
        """Return ``auditor.facts.web._cms.Other``."""
        return {
            "kind": self.kind,
            "path": self.path,
            "version": self.read_version(),
            "installers": [
                mode for mode in map(self._read_file_mode, self._list_leftover_installers()) if mode is not None
            ],
        }

    def _list_leftover_installers(self):
        """Return what has to go, by its own name or by that of a folder at the application's top that holds
        its marks.
        """
        marks, own = self.layout.installer_marks, [path.rstrip("/") for path in self.layout.installers]
        top_names = list_names_below(self.root, self.relative, MAX_NAMES) if marks else []
        return own + [name for name in top_names if name not in own and self._has_all_marks_in_folder(name, marks)]

    def _has_all_marks_in_folder(self, name, marks):
        """Return whether a folder at its top has all of these files."""
        return all(_has_regular_file_below(self.root, os.path.join(self.relative, name, mark)) for mark in marks)

    def read_version(self):
        """Return the version as its files say, or None."""
        for file, pattern in self.layout.versions:
            text = read_text_below(self.root, os.path.join(self.relative, file), 200_000)
            version = search_version(pattern, text or "")
            if version:
                return version
        return None

    def _read_file_mode(self, path):
        try:
            handle = safe_open.open_below(self.root, os.path.join(self.relative, path), safe_open.ANYTHING)
        except OSError:
            return None
        try:
            mode = describe_file_mode(os.path.join(self.path, path), os.fstat(handle))
            return None if mode["kind"] == "link" else mode
        finally:
            os.close(handle)


def find_installed_applications(reader):
    """Return ``(applications, roots that were not searched to their end)``, in at most half of the reader's time."""
    return search_roots_for_applications(
        websites.list_application_search_roots(reader.declared), reader.make_walk_time_budget(SEARCH_SECONDS, 2)
    )


def search_roots_for_applications(roots, time_budget, depth=MAX_DEPTH):
    """Return ``(applications, roots that were not searched to their end)`` of given roots, the narrowest first.

    A folder is looked into on behalf of one root only.
    """
    seen_folders = set()
    searches = [
        _ApplicationSearch(root, seen_folders, depth)
        for root in sorted(roots, key=lambda root: (-root.count("/"), root))
    ]
    advance_walks_in_turns(searches, time_budget)
    applications = sorted(
        (each for root_search in searches for each in root_search.found), key=lambda each: (each.root, each.relative)
    )
    return applications, sorted(root_search.root for root_search in searches if root_search.cut_short)


def group_applications_by_root(applications):
    """Return the applications of each root together."""
    roots = {}
    for each in applications:
        roots.setdefault(each.root, []).append(each)
    return list(roots.values())


class _ApplicationSearch:
    """The search of one root, nearest folders first."""

    def __init__(self, root, seen_folders, depth):
        self.root, self._depth = root, depth
        self.found = []
        self._entered = seen_folders
        self._waiting = collections.deque([("", 0)])
        self._folders = 0
        self._stopped = False

    @property
    def cut_short(self):
        return self._stopped or bool(self._waiting)

    def walk_on_within_budget(self, _effort):
        """Look into the next folder; whether there is more."""
        relative, depth = self._waiting.popleft()
        self._folders += 1
        try:
            folder = _open_folder_below_root(self.root, relative)
        except OSError:
            return bool(self._waiting)
        try:
            self._search_folder(folder, relative, depth)
        finally:
            os.close(folder)
        self._stopped = self._folders >= MAX_FOLDERS or len(self.found) >= MAX_FOUND
        return bool(self._waiting) and not self._stopped

    def _search_folder(self, folder, relative, depth):
        status = os.fstat(folder)
        if (status.st_dev, status.st_ino) in self._entered:
            return
        self._entered.add((status.st_dev, status.st_ino))
        names, folders = _list_names_and_subfolders(folder)
        self.found.extend(
            InstalledApplication(layout.kind, self.root, relative) for layout in find_layouts_by_marks(folder, names)
        )
        if depth < self._depth:
            self._waiting.extend((os.path.join(relative, name), depth + 1) for name in folders)


def _open_folder_below_root(root, relative):
    return safe_open.open_below(root, relative, safe_open.DIRECTORY)


def _has_regular_file_below(folder, path):
    """Return whether a regular file is at a path of several parts below an open folder, no part being a link."""
    try:
        handle = safe_open.open_below(folder, path, safe_open.ANYTHING)
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(handle).st_mode)
    finally:
        os.close(handle)


def _list_names_and_subfolders(folder):
    """Return ``(names, folders worth looking into)`` of an open folder."""
    names, folders = set(), []
    try:
        with os.scandir(folder) as entries:
            for entry in itertools.islice(entries, MAX_NAMES):
                names.add(entry.name)
                if (
                    not entry.name.startswith(".")
                    and entry.name not in SKIP_FOLDERS
                    and entry.is_dir(follow_symlinks=False)
                ):
                    folders.append(entry.name)
    except OSError:
        pass
    return names, sorted(folders)[:500]


def find_layouts_by_marks(folder, names):
    """Return the Layouts of the applications whose marks an open folder holds; ``names`` are those in it.

    All of them: whoever puts one's marks beside another hides neither.
    """
    return [
        layout
        for layout in known_layouts.LAYOUTS
        if any(all(mark.split("/", 1)[0] in names for mark in marks) for marks in layout.marks)
        and has_marks_in_folder(folder, layout)
    ]


def has_marks_in_folder(folder, layout):
    """Return whether a folder, open or by its path, holds all files of one set by which an application is told."""
    return any(all(_has_regular_file_below(folder, mark) for mark in marks) for marks in layout.marks)


def list_applications_below(folder, time_budget):
    """Return the applications in an open folder, and in those near its top."""
    applications, _ = search_roots_for_applications(["%s%d" % (safe_open.THROUGH, folder)], time_budget, HOMES_DEPTH)
    return applications


def find_application_folders_below(folder, time_budget):
    """Return ``{path below an open folder: its Layout}`` of the applications there, the folder itself being ``""``.

    Of several in one folder, it is the first by ``known_layouts.LAYOUTS``.
    """
    layouts = {}
    for each in list_applications_below(folder, time_budget):
        layouts.setdefault(each.relative, each.layout)
    return layouts
