"""Composer's locks: which packages of PHP a site was given, read as data."""

import json
import os
import re

from ansible.module_utils.luytre import _websites
from ansible.module_utils.luytre._reading import names_below, read_below

LOCK = "composer.lock"
MAX_LOCK = 6_000_000
MAX_LOCKS = 30
MAX_PACKAGES = 2_000
MAX_FOLDERS = 200
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}\Z")
_VERSION = re.compile(r"[A-Za-z0-9+._#/@~-]{1,100}\Z")


def locks(declared):
    """``{path, packages}`` of the locks in each declared root, in the folder above it, and in those directly below it.

    ``packages`` are ``{name, version}``; None for a lock that is none, or larger than any.
    """
    found = {}
    for root in _websites.declared_roots(declared):
        above = os.path.dirname(root)
        for folder in ("", *names_below(root, ".", MAX_FOLDERS)):
            _look(found, root, folder)
        if above not in (*_websites.HOLDING_SITES, "/", "/home", "/srv", "/var"):
            _look(found, above, "")
    return list(found.values())


def _look(found, root, folder):
    path = os.path.join(root, folder) if folder else root
    if path in found or len(found) >= MAX_LOCKS:
        return
    text = read_below(root, os.path.join(folder, LOCK), MAX_LOCK)
    if text is not None:
        found[path] = {"path": path, "packages": packages(text)}


def packages(text):
    """What a lock names; None where it is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    listed = told.get("packages") if isinstance(told, dict) else None
    if not isinstance(listed, list):
        return None
    named = [(each.get("name"), each.get("version")) for each in listed if isinstance(each, dict)]
    return [
        {"name": name.lower(), "version": version}
        for name, version in named[:MAX_PACKAGES]
        if isinstance(name, str) and isinstance(version, str) and _NAME.match(name) and _VERSION.match(version)
    ]
