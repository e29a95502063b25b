"""Folders, as URIs, that visitors or applications fill, where PHP must never run."""

import os
import re

from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre_shared.applications.known_layouts import LAYOUTS


def _build_php_never_pattern():
    anywhere = "|".join(websites.AT_ANY_DEPTH)
    layouts = [folder.rstrip("/") for layout in LAYOUTS for folder in layout.uploads]
    wildcards = [folder.replace("*", "[^/]+") for folder in layouts if "*" in folder]
    plain = [
        folder
        for folder in layouts
        if "*" not in folder and not set(websites.AT_ANY_DEPTH).intersection(folder.split("/"))
    ]
    top = dict.fromkeys([*(name for name in websites.UPLOADS if name not in websites.AT_ANY_DEPTH), *plain])
    return r"(?:/(?:%s)/|^/(?:%s)/|/(?:%s)/)" % (anywhere, "|".join(top), "|".join(wildcards))


FILLED_URI = _build_php_never_pattern()
"""A pattern of the folders, as URIs, in which no server runs PHP once it is hardened."""
PHP_NEVER = FILLED_URI + r".*" + websites.PHP_NAME + r"(?:/|$)"
"""The same of the files there. Roles write it into the servers' configuration."""
_FILLED_URI = re.compile(FILLED_URI, re.IGNORECASE)
_RUN = re.compile(websites.PHP_NAME + r"(?:/|$)", re.IGNORECASE)
UPLOAD_URIS = tuple(
    dict.fromkeys(
        "/%sx.php" % folder.replace("*", "default")
        for folder in (
            *(name + "/" for name in (*websites.UPLOADS, *websites.CACHES)),
            *(folder for layout in LAYOUTS for folder in layout.uploads),
        )
    )
)
"""URIs by which a virtual host is asked whether it would run PHP that somebody put there."""


def is_uri_where_php_must_not_run(uri):
    """Return whether a URI is one that PHP_NEVER is about, in time that grows with its length alone."""
    folder = _FILLED_URI.search(uri)
    return folder is not None and _RUN.search(uri, folder.end() - 1) is not None


def find_upload_uris_that_run_php(runs_php, root=None):
    """Return the upload folders, each as a URI in it, whose PHP a virtual host would run: ``runs_php(uri)`` asks it.

    Those that only another application has are asked for where something of that name lies in the ``root``.
    """
    return [uri for uri in UPLOAD_URIS if _can_folder_of_uri_exist(uri, root) and runs_php(uri)]


def _can_folder_of_uri_exist(uri, root):
    top = uri.split("/")[1]
    return root is None or top in websites.UPLOADS or top in websites.CACHES or os.path.isdir(os.path.join(root, top))
