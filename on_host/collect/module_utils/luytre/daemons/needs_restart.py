"""Daemons that run what they read before their files were changed, or programs and libraries that were replaced since:
not what an administrator believes to be in force.

When a daemon read its files is seen by what it did then: nginx starts new workers, Apache, PHP-FPM and sshd write their
number anew. MariaDB reads them at its start alone; what was changed while it runs is in force, so its values are
compared.
"""

import glob
import os
import re
import time

from ansible.module_utils.luytre_shared.databases import mariadb_client
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import NotRun, UnreadableFact, read_text

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
"""Unit, the file with the number of its first process, and its configuration.

A folder counts where links are switched in it.
"""
OPTION_FILES = ("/etc/mysql/*.cnf", "/etc/mysql/conf.d/*.cnf", "/etc/mysql/mariadb.conf.d/*.cnf")
DELETED_CODE = re.compile(r"(?m)^\S+ ..x\S+ .* (/(?:usr|lib|lib64)/[^\n]+) \(deleted\)$")
"""A line of a process's map about code of the system's that lies there no more: an upgrade put another in its place."""
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def find_stale_daemons(reader):
    """Return ``{unit, file, changed, loaded}`` of each running daemon older than a file of its configuration."""
    daemons = []
    for unit, number, patterns in [*DAEMONS, *_iter_php_fpm_units()]:
        when, newest = get_time_daemon_read_config(unit, number), find_latest_config_change(patterns, reader.trust)
        if when and newest and newest[0] > when + SLACK:
            daemons.append({"unit": unit, "file": newest[1], "changed": int(newest[0]), "loaded": int(when)})
        daemons += _list_daemon_if_code_replaced(unit, _get_first_process_of_daemon(unit, number))
    return daemons + _list_mariadb_if_stale(reader)


def _iter_php_fpm_units():
    for folder in sorted(glob.glob("/etc/php/*/fpm")):
        version = folder.split("/")[3]
        patterns = [folder + part for part in ("/*.conf", "/php.ini", "/conf.d/*.ini", "/pool.d/*.conf")]
        yield "php%s-fpm.service" % version, "/run/php/php%s-fpm.pid" % version, patterns


def find_latest_config_change(patterns, trust):
    """Return ``(when, file)`` of the newest change, of what root alone can change; None when there is nothing.

    The earlier of a file's two times: an owner or mode that changed says nothing new to a daemon, and no time lies
    ahead.
    """
    changes = []
    for path in sorted(path for pattern in patterns for path in glob.glob(pattern))[:MAX_FILES]:
        try:
            status = os.stat(path)
        except OSError:
            continue
        changes.append((min(status.st_mtime, status.st_ctime), path))
    return next(
        (change for change in sorted(changes, reverse=True) if trust.describe_first_changer_on_path(change[1]) is None),
        None,
    )


def get_time_daemon_read_config(unit, pid_file):
    """Return when a daemon last read its files, in seconds since 1970, or None when it does not run."""
    first = _get_first_process_of_daemon(unit, pid_file)
    if first is None:
        return None
    return _get_start_of_newest_worker(first[0]) if unit == "nginx.service" else first[1]


def _get_first_process_of_daemon(unit, pid_file):
    """Return ``(pid, when)`` of a daemon's first process and of the writing of its number.

    None when it does not run.
    """
    try:
        with open(safe_open.open_path(pid_file), "rb") as handle:
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
    except (OSError, UnreadableFact, ValueError):
        return None


def _list_daemon_if_code_replaced(unit, first_process):
    """Return the daemon as stale, where its first process runs code that was replaced; ``first_process`` as
    ``_get_first_process_of_daemon`` gives it.
    """
    path = find_replaced_file_of_process(first_process[0]) if first_process else None
    born = _get_process_parent_and_start("/proc/%d/stat" % first_process[0]) if path else None
    if born is None:
        return []
    try:
        changed_at = os.lstat(path).st_ctime
    except OSError:
        changed_at = born[1]
    return [{"unit": unit, "file": path, "changed": int(changed_at), "loaded": int(born[1])}]


def find_replaced_file_of_process(pid, proc="/proc"):
    """Return the first file of code below the system's folders that a process runs and that was replaced, or None."""
    return min(list_replaced_files_of_process(pid, proc), default=None)


def list_replaced_files_of_process(pid, proc="/proc"):
    """Return all such files."""
    try:
        maps = read_text("%s/%d/maps" % (proc, pid)) or ""
    except UnreadableFact:
        return set()
    return set(DELETED_CODE.findall(maps)) if "(deleted)" in maps else set()


def _get_start_of_newest_worker(first_pid):
    starts = (
        start
        for parent, start in filter(None, map(_get_process_parent_and_start, glob.glob("/proc/[0-9]*/stat")))
        if parent == first_pid
    )
    return max(starts, default=None)


def _get_process_parent_and_start(path):
    """Return ``(parent, start)`` of a process, or None when it is gone."""
    try:
        words = (read_text(path, 4096) or "").rpartition(")")[2].split()
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(words[19]) / os.sysconf("SC_CLK_TCK")
        return int(words[1]), time.time() - age
    except (IndexError, ValueError, UnreadableFact):
        return None


# --- MariaDB --------------------------------------------------------------------------------------------


def _list_mariadb_if_stale(reader):
    servers, newest = (
        mariadb_client.list_mariadb_server_processes(reader),
        find_latest_config_change(OPTION_FILES, reader.trust),
    )
    born = _get_process_parent_and_start("/proc/%d/stat" % servers[0].pid) if servers else None
    old = _list_daemon_if_code_replaced(servers[0].unit or "mariadb.service", (servers[0].pid, None)) if servers else []
    client, printer = mariadb_client.find_mariadb_client(reader), reader.find_program("my_print_defaults")
    if not (born and newest and client and printer) or newest[0] <= born[1] + SLACK:
        return old
    try:
        option_lines = reader.run(
            [printer, "--mysqld"], at_stake=mariadb_client.list_client_option_files()
        ).splitlines()
        query = "SELECT LOWER(VARIABLE_NAME), VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES;"
        live_values = {
            row[0]: row[1] or "" for row in mariadb_client.query_mariadb_rows(reader, client, query) if len(row) == 2
        }
    except (NotRun, UnreadableFact):
        return old
    if not find_mariadb_options_not_in_force(option_lines, live_values):
        return old
    unit = servers[0].unit or "mariadb.service"
    return [*old, {"unit": unit, "file": newest[1], "changed": int(newest[0]), "loaded": int(born[1])}]


def find_mariadb_options_not_in_force(option_lines, live_values):
    """Name of settings that the option files give another value than the one that is in force."""
    option_values = {}
    for option in option_lines:
        name, equals, value = option.strip().lstrip("-").partition("=")
        if equals:
            option_values[name.replace("-", "_").lower()] = value
    return sorted(
        name
        for name in option_values
        if name in live_values
        and _normalize_option_value(option_values[name]) != _normalize_option_value(live_values[name])
    )


def _normalize_option_value(value):
    """Return a value in one form: sizes as numbers, switches as 0 and 1, folders without the slash at the end."""
    text = value.strip().strip("\"'")
    size = re.match(r"(\d{1,18})([KMGT]?)$", text.upper())
    if size:
        return str(int(size.group(1)) * UNITS.get(size.group(2), 1))
    switch = {"ON": "1", "TRUE": "1", "YES": "1", "OFF": "0", "FALSE": "0", "NO": "0"}
    return switch.get(text.upper(), text.rstrip("/"))
