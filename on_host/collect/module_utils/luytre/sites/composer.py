"""Composer's locks: which packages of PHP a site was given, read as data."""

import json
import os
import re

from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre_shared.os.area_reader import list_names_below, read_text_below

LOCK = "composer.lock"
MAX_LOCK = 6_000_000
MAX_LOCKS = 30
MAX_PACKAGES = 2_000
MAX_FOLDERS = 200
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}\Z")
_VERSION = re.compile(r"[A-Za-z0-9+._#/@~-]{1,100}\Z")


def find_composer_locks(declarations):
    """Return ``{path, packages}`` of the locks in and around each declared root.

    They lie in the root, in the folder above it, and in those directly below it.

    ``packages`` are ``{name, version}`` of each; None for a lock that is none, or larger than any.
    """
    locks_by_path = {}
    for root in websites.list_declared_document_roots(declarations):
        above = os.path.dirname(root)
        for folder in ("", *list_names_below(root, ".", MAX_FOLDERS)):
            _add_composer_lock(locks_by_path, root, folder)
        if above not in (*websites.HOLDING_SITES, "/", "/home", "/srv", "/var"):
            _add_composer_lock(locks_by_path, above, "")
    return list(locks_by_path.values())


def _add_composer_lock(locks_by_path, root, folder):
    path = os.path.join(root, folder) if folder else root
    if path in locks_by_path or len(locks_by_path) >= MAX_LOCKS:
        return
    text = read_text_below(root, os.path.join(folder, LOCK), MAX_LOCK)
    if text is not None:
        locks_by_path[path] = {"path": path, "packages": parse_composer_lock_packages(text)}


def parse_composer_lock_packages(text):
    """Return what a lock names; None where it is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    entries = document.get("packages") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return None
    pairs = [(each.get("name"), each.get("version")) for each in entries if isinstance(each, dict)]
    return [
        {"name": name.lower(), "version": version}
        for name, version in pairs[:MAX_PACKAGES]
        if isinstance(name, str) and isinstance(version, str) and _NAME.match(name) and _VERSION.match(version)
    ]
