"""What ``php-fpm`` believes and writes when root asks it for its settings: it loads extensions, makes and
opens logs.
"""

import os
import re

from ansible.module_utils.luytre_shared.os import trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import read_text

QUIET = ("opcache.preload", "opcache.error_log", "ffi.preload", "error_log")
"""Settings that have PHP run or write a file of its ini's choice before it answers."""
WITHOUT = [word for name in QUIET for word in ("-d", name + "=")]
"""Arguments that take them out; none of them is among the facts."""
_ASSIGNMENT = re.compile(r"(?m)^[ \t]*([\w.]+)[ \t]*=[ \t]*[\"']?([^\"'\s;][^\"'\n;]*)")
_LOAD_SETTINGS = ("extension", "zend_extension", "extension_dir")
_LOG_SETTINGS = ("error_log", "access.log", "slowlog")


def list_fpm_test_paths(fpm):
    """Return ``(read, written)`` of a ``php_daemons.Fpm``: paths that it acts on, and that it may write."""
    inis = [path for pattern in fpm.inis for path in trusted_inputs.list_matches_and_searched_folders(pattern)]
    pools = trusted_inputs.list_file_with_its_includes(
        fpm.main, lambda text: list_fpm_include_patterns(text, fpm.prefix)
    )
    extensions = trusted_inputs.list_matches_and_searched_folders(
        "/usr/lib/php/20*/*.so", fpm.prefix + "/lib/php/extensions/*/*.so"
    )
    read = [trusted_inputs.OPENSSL, *extensions, *inis, *pools]
    write_paths = []
    for path in inis:
        load_paths, logs = list_php_ini_paths(_read_text_or_empty(path))
        read += load_paths
        write_paths += logs
    for path in pools:
        write_paths += list_fpm_log_files(_read_text_or_empty(path), fpm.prefix)
    return read, write_paths


def list_fpm_include_patterns(text, prefix="/usr"):
    """Return the patterns that a file of FPM's own configuration includes."""
    return [
        os.path.join(prefix, pattern)
        for pattern in re.findall(r"(?m)^[ \t]*include[ \t]*=[ \t]*[\"']?([^\"'\s;]+)", text)
    ]


def list_php_ini_paths(text):
    """Return ``(loaded, logs)``, absolute paths.

    An ini has PHP load the former, and has an extension write to the latter.
    """
    load_paths, logs = [], []
    for name, value in _ASSIGNMENT.findall(text):
        value = value.strip()
        if name in QUIET or not value.startswith("/"):
            continue
        if name in _LOAD_SETTINGS:
            load_paths += (
                trusted_inputs.list_matches_and_searched_folders(value + "/*.so")
                if name == "extension_dir"
                else [value]
            )
        elif re.search(r"(?:^|[._])log(?:file|_file|_path|_dir)?$", name):
            logs.append(value)
    return load_paths, logs


def list_fpm_log_files(text, prefix="/usr"):
    """Return the files that FPM's own test opens for writing, each pool's name in its place."""
    paths, pool = [], ""
    for line in text.splitlines():
        heading = re.match(r"\s*\[([^\]]+)\]", line)
        if heading:
            pool = heading.group(1)
        setting = _ASSIGNMENT.match(line)
        if setting and setting.group(1) in _LOG_SETTINGS:
            value = setting.group(2).strip().replace("$pool", pool)
            if value != "syslog":
                own = "/var" if setting.group(1) == "error_log" else prefix
                paths.append(os.path.join(own if prefix == "/usr" else prefix + "/var", value))
    return paths


def _read_text_or_empty(path):
    return (read_text(path) or "") if os.path.isfile(path) else ""
