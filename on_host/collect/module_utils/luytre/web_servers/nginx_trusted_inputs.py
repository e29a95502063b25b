"""What ``nginx -t`` believes and writes when root runs it: it loads modules, opens logs, makes and gives away
folders.
"""

import os
import re

from ansible.module_utils.luytre_shared.os.trusted_inputs import OPENSSL, list_folders_searched_by_pattern

PREFIX = "/usr/share/nginx"
"""Where Debian's nginx finds modules and logs that are written without a folder."""

BUILT_IN = ("/var/log/nginx/error.log", "/run/nginx.pid", "/var/lib/nginx/body", "/var/cache/nginx/client_temp")
"""What nginx writes where its configuration says nothing, as Debian and nginx's own packages build it."""

RUN = re.compile(
    r"^load_module$|^(?:js|perl|lua|ssl|passenger|modsecurity)_|_(?:file|module|modules|path|require|engine)$"
)
NOT_AT_TEST = re.compile(
    r"^auth_basic_user_file$|^ssl_(?!engine)|_store$|_cookie_path$|_pass$|^(?:internal|open_file)_|_temp_file$"
)
"""Directives whose words are code to nginx, or lead to it; and those whose files only serve visitors or are
only read.
"""
WRITE_DIRECTIVES = re.compile(r"_temp_path$|_cache_path$|^(?:error_log|access_log|pid|lock_file)$")


BUILT_IN_PREFIX = ("logs/error.log", "logs/nginx.pid", "logs/access.log", "client_body_temp")
"""The same below the prefix of one that was built with no more than that."""


def list_nginx_test_paths(config, prefix=PREFIX):
    """Return ``(read, written)``: absolute paths that ``nginx -t`` acts on, and those that it may make or write to."""
    folder = os.path.dirname(config.top.file)
    built_in = BUILT_IN if prefix == PREFIX else [os.path.join(prefix, path) for path in BUILT_IN_PREFIX]
    read, write_paths = set(config.texts) | {OPENSSL, folder}, set(built_in)
    for pattern, _directive in config.globs:
        read.update(list_folders_searched_by_pattern(pattern))
    for directive in _iter_directives_at_all_depths(config.top):
        if WRITE_DIRECTIVES.search(directive.name):
            write_paths.update(_iter_searched_paths(directive.args[:1], prefix, prefix))
        elif RUN.search(directive.name) and not NOT_AT_TEST.search(directive.name):
            words = [word for argument in directive.args for word in re.split(r"[;\s]", argument)]
            read.update(_iter_searched_paths(words, prefix if directive.name == "load_module" else folder, prefix))
    return sorted(read), sorted(write_paths)


def _iter_searched_paths(path_arguments, folder, prefix):
    for word in path_arguments:
        if "$" not in word and ("/" in word or folder == prefix) and not re.match(r"[a-z]+:|(?:off|stderr)$", word):
            yield from list_folders_searched_by_pattern(os.path.normpath(os.path.join(folder, word)))


def _iter_directives_at_all_depths(block):
    for directive in block.block or ():
        yield directive
        yield from _iter_directives_at_all_depths(directive)
