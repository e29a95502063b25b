"""What a run may touch: root's own trees and paths, and, apart from them, the places that lesser users shape."""

import os
from fnmatch import fnmatchcase

from ansible.module_utils.luytre_guard.files import store, tree

KINDS = ("sysctl", "unit", "package", "database")
"""What a touch is about that is not a path: ``KIND:NAME``."""
TABLE_FILE = "/etc/nftables.d/luytre.nft"
"""Who touches it touches the table that it loads."""

PACKAGE_TREES = ("/usr/", "/var/lib/dpkg/", "/var/lib/apt/")
"""What packages bring. Never kept whole: an upgrade stays, what a run installed is purged."""
DATA_TREES = (
    "/var/www/",
    "/var/log/",
    "/var/backups/",
    "/var/lib/mysql/",
    "/var/lib/fail2ban/",
    "/srv/",
    "/home/",
    "/run/",
    "/tmp/",
    "/opt/",
)
"""Where the work of other people and of daemons goes on while a run is open.

Of what lies there, owners and modes are put back, content only of files that fixes edit."""
OWN_TREES = ("/var/backups/luytre/",)
PACKAGE_CACHES = ("/var/cache/apt",)
"""What apt can make anew: what is new there goes, the rest stays as it is."""
PACKAGE_LEFTOVERS = ("/etc/ld.so.cache~",)
"""What a tool of theirs leaves where the disk runs full."""
PACKAGE_FILES = ("/var/lib/apt/extended_states", "/var/cache/ldconfig/aux-cache")
PACKAGE_OWN_TREES = (
    "/var/cache/debconf/",
    "/var/lib/ucf/",
    "/var/lib/pam/",
    "/var/lib/systemd/deb-systemd-helper-enabled/",
)


class UntrustedPlace:
    """A place that the same lesser users shape, named after where it lies.

    ``trees``: path to kind; ``paths``: single ones.
    """

    def __init__(self, name, trees=(), paths=()):
        self.name, self.trees, self.paths = name, dict(trees), set(paths)


class SnapshotScope:
    """The scope of a snapshot.

    It has ``trees`` with everything in them and ``paths`` that root alone can change; ``places``, by name. Kinds of
    trees: ``tree``, kept whole; ``data``, see DATA_TREES; ``cache``, as data, but what is new goes.
    """

    def __init__(self, touches, roots):
        self.trees, self.paths, self.places = {"/etc"}, set(), {}
        self.sysctls, self.units, self.packages, self.databases = [], [], [], []
        self._starts = None
        self.roots = sorted({_resolve_touched_path(root.rstrip("/"), True)[0] for root in roots})
        names_by_kind = {
            "sysctl": self.sysctls,
            "unit": self.units,
            "package": self.packages,
            "database": self.databases,
        }
        data = {}
        for touch in sorted(set(touches)):
            kind, name = parse_touch(touch)
            if kind == "path":
                self._add_touched_path(name, data)
            elif kind in KINDS:
                names_by_kind[kind].append(name)
            else:
                self._add_touched_tree(name, "data" if kind == "modes" else "tree", data)
        web = any(touch in ("/var/www/", "/srv/") for touch in touches)
        data.update({root: "data" for root in self.roots if web or find_nearest_start_at_or_above_path(root, data)})
        if self.packages or any(touch in PACKAGE_TREES for touch in touches):
            self.packages.append("")
            self.trees |= {folder.rstrip("/") for folder in PACKAGE_OWN_TREES}
            self.paths |= set(PACKAGE_FILES)
            data.update(dict.fromkeys(PACKAGE_CACHES, "cache"))
        self.trees = {
            folder
            for folder in self.trees
            if not find_nearest_start_at_or_above_path(os.path.dirname(folder), self.trees)
        }
        for path, kind in data.items():
            is_covered = find_nearest_start_at_or_above_path(os.path.dirname(path), data) and path not in self.roots
            if not is_covered and not find_nearest_start_at_or_above_path(path, self.trees):
                self.add_tree_of_untrusted_place(path, kind)

    @classmethod
    def from_document(cls, document):
        """Return the scope that a snapshot was taken with."""
        scope = cls([], [])
        for word in ("trees", "paths"):
            setattr(scope, word, set(document[word]))
        for word in ("sysctls", "units", "packages", "databases", "roots"):
            setattr(scope, word, list(document[word]))
        scope.places = {name: UntrustedPlace(name, *rest) for name, rest in document["places"].items()}
        return scope

    def to_document(self):
        """Return what ``from_document`` needs."""
        return {
            **{word: sorted(getattr(self, word)) for word in ("trees", "paths")},
            **{word: getattr(self, word) for word in ("sysctls", "units", "packages", "databases", "roots")},
            "places": {name: [place.trees, sorted(place.paths)] for name, place in self.places.items()},
        }

    def _add_touched_path(self, touch, data_kinds):
        if touch in PACKAGE_TREES:
            return
        path, is_exposed = _resolve_touched_path(touch.rstrip("/") or "/", touch.startswith(DATA_TREES))
        inside = path + "/"
        if not touch.endswith("/"):
            if is_exposed or inside.startswith(DATA_TREES):
                self._find_or_add_untrusted_place_of_path(path).paths.add(path)
            else:
                self.paths.add(path)
        elif inside.startswith(DATA_TREES) and not inside.startswith(OWN_TREES):
            data_kinds[path] = "data"
        else:
            self._add_touched_tree(path, "tree", data_kinds)

    def _add_touched_tree(self, path, kind, data_kinds):
        path, is_exposed = _resolve_touched_path(path.rstrip("/"), kind == "data" or path.startswith(DATA_TREES))
        if kind == "tree" and not is_exposed:
            self.trees.add(path)
        else:
            data_kinds[path] = kind

    def add_tree_of_untrusted_place(self, path, kind):
        """Have a tree taken apart from root's."""
        self._find_or_add_untrusted_place_of_path(path).trees[path] = kind
        self._starts = None

    def _find_or_add_untrusted_place_of_path(self, path):
        root = find_nearest_start_at_or_above_path(path, self.roots)
        name = root or "/".join(path.split("/")[:3])
        return self.places.setdefault(name, UntrustedPlace(name))

    def get_trees_with_their_kind(self):
        """Return every tree with its kind."""
        if self._starts is None:
            self._starts = dict.fromkeys(self.trees, "tree")
            for place in self.places.values():
                self._starts.update(place.trees)
        return self._starts

    def get_kind_of_path(self, path):
        """Return how a path is taken: ``tree``, ``data``, ``cache`` or, by itself, ``path``."""
        return self.get_trees_with_their_kind().get(
            find_nearest_start_at_or_above_path(path, self.get_trees_with_their_kind()), "path"
        )

    def is_new_path_to_be_removed(self, path):
        """Return whether what is new at the path goes."""
        return self.get_kind_of_path(path) in ("tree", "cache")

    def get_places_by_tree_or_path(self):
        """Return every tree and path with the place that it belongs to, or None where it is root's."""
        places_by_start = {start: place for place in self.places.values() for start in (*place.trees, *place.paths)}
        places_by_start.update(dict.fromkeys((*self.trees, *self.paths)))
        return places_by_start


def parse_touch(touch):
    """Return ``(kind, name)`` of a touch: ``path``, ``modes``, ``tree`` with a path, or one of KINDS."""
    kind, _, name = touch.partition(":")
    if touch.startswith("/"):
        return "path", touch
    if (kind in ("modes", "tree") and name.startswith("/")) or (kind in KINDS and name):
        return kind, name
    raise store.GuardRefusal("%r is not something that a fix can touch" % touch)


def is_change_covered_by_touch(touch, changed_item):
    """Return whether the touch means what changed: a path, ``nft:TABLE``, or ``KIND:NAME``, for ``sysctl:`` by pattern.

    The controller's reading is ``auditor.hardening.change_scope``; ``tests/unit/data/touches.yml`` is the truth table
    of both.
    """
    kind, name = parse_touch(touch)
    if kind in KINDS:
        return fnmatchcase(changed_item, touch) if kind == "sysctl" else changed_item == touch
    plain_path, below = name.rstrip("/"), name.endswith("/") or kind == "tree"
    if changed_item == (plain_path or "/") or (below and changed_item.startswith(plain_path + "/")):
        return True
    return name == TABLE_FILE and changed_item.startswith("nft:")


def find_nearest_start_at_or_above_path(path, starts):
    """Return the one of ``starts`` that is the path or the last one above it, or None."""
    while path not in starts and path != "/":
        path = os.path.dirname(path)
    return path if path in starts else None


def _resolve_touched_path(path, is_untrusted=False):
    """Resolve the path; ``is_untrusted``: it is one that lesser users shape.

    What is wrong with such a path is met, and noted, in its place.
    """
    try:
        return tree.resolve_path_through_links_of_root(path)
    except (tree.UnsafeTarget, OSError) as error:
        if is_untrusted and tree.split_path(path):
            return path, True
        raise store.GuardRefusal(str(error))
