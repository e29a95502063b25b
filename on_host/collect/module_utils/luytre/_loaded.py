"""Daemons that run what they read before their files were changed, or programs and libraries that were replaced since:
not what an administrator believes to be in force.

When a daemon read its files is seen by what it did then: nginx starts new workers, Apache, PHP-FPM and sshd write their
number anew. MariaDB reads them at its start alone; what was changed while it runs is in force, so its values are compared.
"""

import glob
import os
import re
import time

from ansible.module_utils.luytre import mariadb
from ansible.module_utils.luytre._reading import NotRun, Unreadable, read_text
from ansible.module_utils.luytre_shared import safe_open

SLACK = 2.0
"""Seconds by which a file may be newer: starts are known to the hundredth, and whoever writes reloads at once."""
MAX_FILES = 5_000
PHP_FPM = re.compile(r"php([0-9.]+)-fpm\.service$")
NGINX, APACHE = "/etc/nginx/", "/etc/apache2/"
DAEMONS = (
    (
        "nginx.service",
        "/run/nginx.pid",
        [NGINX + part for part in ("*.conf", "conf.d/*.conf", "snippets/*.conf", "sites-enabled", "sites-enabled/*")],
    ),
    (
        "apache2.service",
        "/run/apache2/apache2.pid",
        [APACHE + "*.conf", APACHE + "envvars"]
        + [APACHE + kind + part for kind in ("conf", "mods", "sites") for part in ("-enabled", "-enabled/*")],
    ),
    ("ssh.service", "/run/sshd.pid", ["/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*.conf"]),
)
"""Unit, the file with the number of its first process, and its configuration; a folder counts where links are switched in it."""
OPTION_FILES = ("/etc/mysql/*.cnf", "/etc/mysql/conf.d/*.cnf", "/etc/mysql/mariadb.conf.d/*.cnf")
REPLACED = re.compile(r"(?m)^\S+ ..x\S+ .* (/(?:usr|lib|lib64)/[^\n]+) \(deleted\)$")
"""A line of a process's map about code of the system's that lies there no more: an upgrade put another in its place."""
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def stale(reading):
    """``{unit, file, changed, loaded}`` of each daemon that runs and is older than a file of its configuration."""
    found = []
    for unit, number, patterns in [*DAEMONS, *_pools()]:
        when, newest = loaded(unit, number), latest(patterns, reading.trust)
        if when and newest and newest[0] > when + SLACK:
            found.append({"unit": unit, "file": newest[1], "changed": int(newest[0]), "loaded": int(when)})
        found += _with_old_code(unit, _first(unit, number))
    return found + _stale_mariadb(reading)


def _pools():
    for folder in sorted(glob.glob("/etc/php/*/fpm")):
        version = folder.split("/")[3]
        patterns = [folder + part for part in ("/*.conf", "/php.ini", "/conf.d/*.ini", "/pool.d/*.conf")]
        yield "php%s-fpm.service" % version, "/run/php/php%s-fpm.pid" % version, patterns


def latest(patterns, trust):
    """``(when, file)`` of the newest change, of what root alone can change; None when there is nothing.

    The earlier of a file's two times: an owner or mode that changed says nothing new to a daemon, and no time lies ahead.
    """
    found = []
    for path in sorted(path for pattern in patterns for path in glob.glob(pattern))[:MAX_FILES]:
        try:
            status = os.stat(path)
        except OSError:
            continue
        found.append((min(status.st_mtime, status.st_ctime), path))
    return next((one for one in sorted(found, reverse=True) if trust.loose(one[1]) is None), None)


def loaded(unit, number):
    """When a daemon last read its files, in seconds since 1970, or None when it does not run."""
    first = _first(unit, number)
    if first is None:
        return None
    return _newest_worker(first[0]) if unit == "nginx.service" else first[1]


def _first(unit, number):
    """``(pid, when)`` of a daemon's first process and of the writing of its number; None when it does not run."""
    try:
        with open(safe_open.path(number), "rb") as handle:
            status = os.fstat(handle.fileno())
            # /run/php is www-data's: it can lay a link there, or another file of root's, to make a daemon look younger.
            if status.st_uid != 0 or status.st_nlink != 1:
                return None
            first = int(handle.read(20))
        program = os.path.basename(os.readlink("/proc/%d/exe" % first)).replace(" (deleted)", "")
        version = PHP_FPM.match(unit)
        if version and program != "php-fpm" + version.group(1):
            return None
        return first, status.st_mtime
    except (OSError, Unreadable, ValueError):
        return None


def _with_old_code(unit, first):
    """The daemon as stale, where its first process runs code that was replaced; ``first`` as ``_first`` gives it."""
    path = replaced(first[0]) if first else None
    born = _born("/proc/%d/stat" % first[0]) if path else None
    if born is None:
        return []
    try:
        changed = os.lstat(path).st_ctime
    except OSError:
        changed = born[1]
    return [{"unit": unit, "file": path, "changed": int(changed), "loaded": int(born[1])}]


def replaced(pid, proc="/proc"):
    """The first file of code below the system's folders that a process runs and that was replaced, or None."""
    return min(replaced_files(pid, proc), default=None)


def replaced_files(pid, proc="/proc"):
    """All such files."""
    try:
        maps = read_text("%s/%d/maps" % (proc, pid)) or ""
    except Unreadable:
        return set()
    return set(REPLACED.findall(maps)) if "(deleted)" in maps else set()


def _newest_worker(first):
    starts = (start for parent, start in filter(None, map(_born, glob.glob("/proc/[0-9]*/stat"))) if parent == first)
    return max(starts, default=None)


def _born(path):
    """``(parent, start)`` of a process, or None when it is gone."""
    try:
        words = (read_text(path, 4096) or "").rpartition(")")[2].split()
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(words[19]) / os.sysconf("SC_CLK_TCK")
        return int(words[1]), time.time() - age
    except (IndexError, ValueError, Unreadable):
        return None


# --- MariaDB --------------------------------------------------------------------------------------------


def _stale_mariadb(reading):
    servers, newest = mariadb.servers(reading), latest(OPTION_FILES, reading.trust)
    born = _born("/proc/%d/stat" % servers[0].pid) if servers else None
    old = _with_old_code(servers[0].unit or "mariadb.service", (servers[0].pid, None)) if servers else []
    client, printer = mariadb.client_program(reading), reading.installed("my_print_defaults")
    if not (born and newest and client and printer) or newest[0] <= born[1] + SLACK:
        return old
    try:
        written = reading.run([printer, "--mysqld"], at_stake=mariadb.option_files()).splitlines()
        asked = "SELECT LOWER(VARIABLE_NAME), VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES;"
        running = {row[0]: row[1] or "" for row in mariadb.rows(reading, client, asked) if len(row) == 2}
    except (NotRun, Unreadable):
        return old
    if not differing(written, running):
        return old
    unit = servers[0].unit or "mariadb.service"
    return [*old, {"unit": unit, "file": newest[1], "changed": int(newest[0]), "loaded": int(born[1])}]


def differing(written, running):
    """Names of settings that the option files give another value than the one that is in force."""
    wanted = {}
    for option in written:
        name, equals, value = option.strip().lstrip("-").partition("=")
        if equals:
            wanted[name.replace("-", "_").lower()] = value
    return sorted(name for name in wanted if name in running and _same(wanted[name]) != _same(running[name]))


def _same(value):
    """A value in one form: sizes as numbers, switches as 0 and 1, folders without the slash at the end."""
    text = value.strip().strip("\"'")
    size = re.match(r"(\d{1,18})([KMGT]?)$", text.upper())
    if size:
        return str(int(size.group(1)) * UNITS.get(size.group(2), 1))
    switch = {"ON": "1", "TRUE": "1", "YES": "1", "OFF": "0", "FALSE": "0", "NO": "0"}
    return switch.get(text.upper(), text.rstrip("/"))
