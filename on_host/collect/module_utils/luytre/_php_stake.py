"""What ``php-fpm`` believes and writes when root asks it for its settings: it loads extensions, makes and opens logs."""

import os
import re

from ansible.module_utils.luytre import _stake
from ansible.module_utils.luytre._reading import read_text

QUIET = ("opcache.preload", "opcache.error_log", "ffi.preload", "error_log")
"""Settings that have PHP run or write a file of its ini's choice before it answers."""
WITHOUT = [word for name in QUIET for word in ("-d", name + "=")]
"""Arguments that take them out; none of them is among the facts."""
_SETTING = re.compile(r"(?m)^[ \t]*([\w.]+)[ \t]*=[ \t]*[\"']?([^\"'\s;][^\"'\n;]*)")
_LOADED = ("extension", "zend_extension", "extension_dir")
_WRITTEN = ("error_log", "access.log", "slowlog")


def at_stake(fpm):
    """``(read, written)`` of a ``_php_daemons.Fpm``: paths that it acts on, and that it may write."""
    inis = [path for pattern in fpm.inis for path in _stake.every(pattern)]
    pools = _stake.tree(fpm.main, lambda text: of_fpm(text, fpm.prefix))
    extensions = _stake.every("/usr/lib/php/20*/*.so", fpm.prefix + "/lib/php/extensions/*/*.so")
    read = [_stake.OPENSSL, *extensions, *inis, *pools]
    written = []
    for path in inis:
        loaded, logs = of_ini(_text(path))
        read += loaded
        written += logs
    for path in pools:
        written += fpm_logs(_text(path), fpm.prefix)
    return read, written


def of_fpm(text, prefix="/usr"):
    """The patterns that a file of FPM's own configuration includes."""
    return [os.path.join(prefix, one) for one in re.findall(r"(?m)^[ \t]*include[ \t]*=[ \t]*[\"']?([^\"'\s;]+)", text)]


def of_ini(text):
    """``(loaded, logs)``: absolute paths that an ini has PHP load, and those that it has an extension write to."""
    loaded, logs = [], []
    for name, value in _SETTING.findall(text):
        value = value.strip()
        if name in QUIET or not value.startswith("/"):
            continue
        if name in _LOADED:
            loaded += _stake.every(value + "/*.so") if name == "extension_dir" else [value]
        elif re.search(r"(?:^|[._])log(?:file|_file|_path|_dir)?$", name):
            logs.append(value)
    return loaded, logs


def fpm_logs(text, prefix="/usr"):
    """The files that FPM's own test opens for writing, each pool's name in its place."""
    found, pool = [], ""
    for line in text.splitlines():
        heading = re.match(r"\s*\[([^\]]+)\]", line)
        if heading:
            pool = heading.group(1)
        setting = _SETTING.match(line)
        if setting and setting.group(1) in _WRITTEN:
            value = setting.group(2).strip().replace("$pool", pool)
            if value != "syslog":
                own = "/var" if setting.group(1) == "error_log" else prefix
                found.append(os.path.join(own if prefix == "/usr" else prefix + "/var", value))
    return found


def _text(path):
    return (read_text(path) or "") if os.path.isfile(path) else ""
