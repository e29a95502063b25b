"""The daemons whose configuration a way back may change: where it lies, their own tests, and since when it runs."""

import calendar
import fnmatch
import glob
import os
import re
import time

from ansible.module_utils.luytre_guard.daemons import certificates
from ansible.module_utils.luytre_guard.os import commands
from ansible.module_utils.luytre_shared.files import safe_open

PHP_FPM = re.compile(r"\Aphp([0-9.]+)-fpm\.service\Z")
WITHOUT = [
    word for name in ("opcache.preload", "opcache.error_log", "ffi.preload", "error_log") for word in ("-d", name + "=")
]
"""Arguments that take out of PHP what it would run or write before it answers."""
DAEMONS = (
    ("/etc/ssh/", ("ssh.service", "sshd.service"), "reload", [["sshd", "-t"]]),
    ("/etc/nginx/", ("nginx.service",), "reload", [["nginx", "-t", "-q"]]),
    ("/etc/apache2/", ("apache2.service",), "reload", [["apache2ctl", "configtest"]]),
    ("/etc/php/", ("php*-fpm.service",), "reload", [["php-fpm{version}", *WITHOUT, "-t"]]),
    ("/etc/php/", ("apache2.service",), "reload", [["apache2ctl", "configtest"]]),
    ("/etc/systemd/journald.conf", ("systemd-journald.service",), "restart", []),
    ("/etc/systemd/timesyncd.conf", ("systemd-timesyncd.service",), "restart", []),
    ("/etc/systemd/resolved.conf", ("systemd-resolved.service",), "restart", []),
    ("/etc/chrony/", ("chrony.service",), "restart", []),
    ("/etc/rsyslog", ("rsyslog.service",), "restart", [["rsyslogd", "-N1"]]),
    ("/etc/postfix/", ("postfix*.service",), "reload", [["postfix", "check"]]),
    ("/etc/exim4/", ("exim4.service",), "restart", []),
    ("/etc/fail2ban/", ("fail2ban.service",), "reload", [["fail2ban-client", "-t"]]),
    ("/etc/vsftpd", ("vsftpd.service",), "restart", []),
)
"""Where a daemon's configuration lies, what to do with the daemon when it is back, and its own test before that."""
WHEN_RESTARTED = (
    ("/etc/mysql/", ("mariadb.service",), [["mariadbd", "--user=mysql", "--help", "--verbose"]]),
    ("/etc/redis/", ("redis*.service",), []),
)
"""Daemons that read their configuration only at the start.

Restarted when they were since the snapshot, else left alone.
"""
AT_BOOT = (
    ("/etc/nftables", ("nftables.service",), [["nft", "-c", "-f", "/etc/nftables.conf"]]),
    ("/etc/sudoers", ("sudo",), [["visudo", "-c", "-q", "-f", "/etc/sudoers"]]),
)
"""What reads its files at a boot or whenever it is called, and is told nothing.

Others' tables go when nftables is loaded anew.
"""
READ_BY_TEST = {"/etc/ssh/": tuple("/etc/ssh/" + one for one in ("sshd_config", "ssh_host_", "moduli"))}
"""What a daemon's test reads below the folder of its configuration, where that is not all of it.

People's keys may lie there, too.
"""
PROGRAMS = ("sudo",)
"""Those that are no unit."""
BY_SOCKET = {"ssh.service": "ssh.socket", "sshd.service": "ssh.socket"}
"""Daemons that end when they read their configuration anew, if a socket of systemd's that listens has started them.

They have lost it then. They are restarted instead."""
PID_FILES = {
    "ssh.service": "/run/sshd.pid",
    "sshd.service": "/run/sshd.pid",
    "apache2.service": "/run/apache2/apache2.pid",
    "php*-fpm.service": "/run/php/php{version}-fpm.pid",
}
"""Files of root's that a daemon writes when it has read its configuration, at the start as at each reload."""
BY_WORKERS = {"nginx.service": "/run/nginx.pid"}
"""Daemons that start new workers when they have read their configuration, with the file that holds the number of the
first.
"""
EXTRA_TESTS = {"apache2.service": certificates.find_tls_fault_that_stops_apache}
"""What is looked at besides a daemon's own test, since it would not start with it: ``said() -> why or None``."""
OTHER_SSHD = re.compile(rb"sshd: [^ ]*sshd (?:.* )?-f ?(/[^ ]+) (?:.* )?\[listener\]")
"""The title of a daemon of sshd's that has a configuration file of its own, which may include ours."""
PROMPT_SECONDS = 5
"""In which a daemon has its configuration in force once it was told to."""


def get_config_prefixes_and_tests_of_unit(unit):
    """Return ``(prefixes, tests)`` of a unit's daemon: where its configuration lies, and how it is tested."""
    prefixes, tests = [], []
    for prefix, patterns, own in [(row[0], row[1], row[3]) for row in DAEMONS] + [*WHEN_RESTARTED, *AT_BOOT]:
        if is_unit_matched_by_patterns(unit, patterns):
            prefixes.append(prefix)
            tests += [test for test in fill_in_php_version_in_tests(unit, own) if test not in tests]
    return tuple(prefixes), tests


def find_other_sshds():
    """Return ``[(process, configuration file)]`` of daemons of sshd's beside the host's own."""
    processes, here = [], os.readlink("/proc/self/ns/pid")
    for path in sorted(glob.glob("/proc/[0-9]*")):
        try:
            # Before the title: it lies in the memory of the process, and nobody else's is looked at. Containers have
            # theirs.
            program = os.path.basename(os.readlink(path + "/exe")).split(" ")[0]
            if os.stat(path).st_uid == 0 and program == "sshd" and os.readlink(path + "/ns/pid") == here:
                with open(path + "/cmdline", "rb") as handle:
                    title = OTHER_SSHD.match(handle.read(4096))
                if title:
                    processes.append((int(os.path.basename(path)), os.fsdecode(title.group(1))))
        except OSError:
            continue
    return processes


def is_unit_matched_by_patterns(unit, patterns):
    """Return whether a unit is one that the patterns mean."""
    return any(fnmatch.fnmatchcase(unit, pattern) for pattern in patterns)


def fill_in_php_version_in_tests(unit, tests):
    """Return the tests with the unit's own version in its place."""
    return [[word.replace("{version}", _get_php_version_of_fpm_unit(unit)) for word in test] for test in tests]


def _get_php_version_of_fpm_unit(unit):
    match = PHP_FPM.match(unit)
    return match.group(1) if match else ""


def find_config_error(unit):
    """Return why a unit's daemon would not load its configuration, in its own words, or None when it would."""
    error = next(
        filter(None, map(run_daemon_test_and_return_error_line, get_config_prefixes_and_tests_of_unit(unit)[1])), None
    )
    return error or (EXTRA_TESTS[unit]() if unit in EXTRA_TESTS else None)


def run_daemon_test_and_return_error_line(test):
    """Return the daemon's own line that says why its test did not end well, or None when it did."""
    error = commands.run_program_and_return_error_or_none(test)
    return error if error is None else extract_error(error)


def extract_error(output):
    """Return what a test said, from the first word of a fault on: what comes before are notices.

    Without when and by which process, by which the same fault would be told at each try as another one.
    """
    output = re.sub(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?=\[\w+\])|(?<=\] )\d+#\d+: ", "", output)
    match = re.search(
        r"(?:nginx: )?\[emerg\]|AH\d{5}: (?!Could not reliably)|Syntax error|ERROR:|\[ERROR\]|fatal:", output
    )
    return output[match.start() :] if match else output


# --- since when ------------------------------------------------------------------------------------------


def find_units_that_did_not_reload_since(units, since):
    """Return those running units whose daemon has not read its configuration since a moment.

    The moment is in seconds since 1970.

    They are given some seconds, for a reload is only begun when systemd calls it done.
    """
    until = time.monotonic() + PROMPT_SECONDS
    while True:
        stale_names = [name for name in units if (get_time_unit_last_read_its_config(name) or 0) < since]
        if not stale_names or time.monotonic() > until:
            return stale_names
        time.sleep(0.05)


def get_time_unit_last_read_its_config(unit):
    """Return when a unit's daemon last read its configuration, by what it did itself then.

    In seconds since 1970, or None.
    """
    moments = [_get_start_time_of_newest_worker(unit), _get_time_of_pid_file_of_unit(unit)]
    if not any(moments):
        moments.append(_get_start_or_reload_time_by_systemd(unit))
    return max(filter(None, moments), default=None)


def _get_time_of_pid_file_of_unit(unit):
    path = next((path for pattern, path in PID_FILES.items() if is_unit_matched_by_patterns(unit, (pattern,))), None)
    try:
        return (
            _read_mtime_of_pid_file_of_root(
                path.replace("{version}", _get_php_version_of_fpm_unit(unit)), _get_php_version_of_fpm_unit(unit)
            )
            if path
            else None
        )
    except (OSError, ValueError):
        return None


def _read_mtime_of_pid_file_of_root(path, version):
    """Return when root wrote a daemon's number. /run/php is www-data's, that can lay a link there, or another file of
    root's.
    """
    with open(safe_open.open_path(path), "rb") as handle:
        status = os.fstat(handle.fileno())
        if status.st_uid != 0 or status.st_nlink != 1:
            return None
        number = handle.read(20)
    if version:
        program = os.readlink("/proc/%d/exe" % int(number))
        if os.path.basename(program).replace(" (deleted)", "") != "php-fpm" + version:
            return None
    return status.st_mtime


def _get_start_time_of_newest_worker(unit):
    try:
        with open(BY_WORKERS[unit]) as handle:
            first = int(handle.read(20))
        workers = [_read_parent_pid_and_start_time(path) for path in glob.glob("/proc/[0-9]*/stat")]
        return max((start for parent, start in filter(None, workers) if parent == first), default=None)
    except (KeyError, OSError, ValueError):
        return None


def _read_parent_pid_and_start_time(stat_path):
    try:
        with open(stat_path, "rb") as handle:
            words = handle.read(4096).rpartition(b")")[2].split()
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(words[19]) / os.sysconf("SC_CLK_TCK")
        return int(words[1]), time.time() - age
    except (OSError, IndexError, ValueError):
        return None


def _get_start_or_reload_time_by_systemd(unit):
    words = "--property=ActiveEnterTimestamp,ExecReload"
    try:
        output = commands.run_program_and_return_output(
            ["systemctl", "show", "--timestamp=us+utc", words, "--", unit]
        ).decode("utf-8", "replace")
    except commands.CommandFailure:
        return None
    start_times = re.findall(r"(?m)^ActiveEnterTimestamp=(.+)$", output)
    reload_times = re.findall(r"start_time=\[([^\]]+)\] ; [^}]*code=exited ; status=0", output)
    return max(filter(None, map(_parse_moment, start_times + reload_times)), default=None)


def _parse_moment(text):
    """Return ``Thu 2026-11-26 22:23:50.062806 UTC`` in seconds since 1970, or None when it is not a moment."""
    match = re.match(r"\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)? UTC$", text)
    if match is None:
        return None
    return calendar.timegm(time.strptime(match.group(1), "%Y-%m-%d %H:%M:%S")) + float(match.group(2) or 0)
