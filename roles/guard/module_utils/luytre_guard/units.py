"""systemd's units: how they were, and how they get there again once files are back."""

import fnmatch
import re

from . import commands

WORDS = ("Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "InvocationID", "FragmentPath", "Type")
KINDS = ("*.service", "*.socket", "*.timer", "*.path")
NAME = re.compile(r"\A[A-Za-z0-9:_.@\\-]+\.(service|socket|timer|path|mount|target)\Z")
OWN = ("luytre-guard", "luytre-revert", "luytre-rollback")
SYSTEMD = ("/etc/systemd/", "/etc/init.d/", "/etc/fstab", "/etc/default/")
DAEMONS = (
    ("/etc/ssh/", ("ssh.service", "sshd.service"), "reload", [["sshd", "-t"]]),
    ("/etc/nginx/", ("nginx.service",), "reload", [["nginx", "-t", "-q"]]),
    ("/etc/apache2/", ("apache2.service",), "reload", [["apache2ctl", "configtest"]]),
    ("/etc/php/", ("php*-fpm.service",), "reload", []),
    ("/etc/php/", ("apache2.service",), "reload", [["apache2ctl", "configtest"]]),
    ("/etc/systemd/journald.conf", ("systemd-journald.service",), "restart", []),
    ("/etc/systemd/timesyncd.conf", ("systemd-timesyncd.service",), "restart", []),
    ("/etc/systemd/resolved.conf", ("systemd-resolved.service",), "restart", []),
    ("/etc/chrony/", ("chrony.service",), "restart", []),
    ("/etc/rsyslog", ("rsyslog.service",), "restart", []),
    ("/etc/postfix/", ("postfix*.service",), "reload", [["postfix", "check"]]),
    ("/etc/exim4/", ("exim4.service",), "restart", []),
    ("/etc/fail2ban/", ("fail2ban.service",), "reload", []),
    ("/etc/vsftpd", ("vsftpd.service",), "restart", []),
)
"""Where a daemon's configuration lies, what to do with the daemon when it is back, and its own test before that."""
WHEN_RESTARTED = (("/etc/mysql/", ("mariadb.service",)), ("/etc/redis/", ("redis*.service",)))
"""Daemons that read their configuration only at the start: restarted when the run restarted them, else left alone."""


class Asked:
    """Asking for all units, under way."""

    def __init__(self, named):
        self._named = [name for name in named if NAME.match(name)]
        self._all = _show(KINDS)
        self._own = _show(self._named) if self._named else None

    def answer(self):
        """Name to what is known of it."""
        found = _parsed(self._all.output())
        for asked, unit in zip(self._named, _blocks(self._own.output()) if self._own else []):
            found.setdefault(unit["Id"] or asked, unit)
        return found


def _show(names):
    return commands.Started(["systemctl", "show", "--no-pager", "--property=" + ",".join(WORDS), "--", *names])


def _blocks(output):
    text = output.decode("utf-8", "replace")
    blocks = (block.splitlines() for block in text.split("\n\n") if block.strip())
    return [{**dict.fromkeys(WORDS, ""), **dict(line.partition("=")[::2] for line in block)} for block in blocks]


def _parsed(output):
    return {unit["Id"]: unit for unit in _blocks(output) if unit["Id"] and not unit["Id"].startswith(OWN)}


def active(unit):
    """Whether it runs, or is about to."""
    return unit is not None and unit["ActiveState"] in ("active", "reloading", "activating", "refreshing")


def _lasting(unit):
    """Whether it is a unit that stays active, and not made up for one occasion."""
    return not unit["FragmentPath"].startswith("/run/systemd/transient/") and unit["LoadState"] == "loaded"


def changes(before, found, now, touched):
    """``(to start, to stop)``: units that ran before and do not now, and the other way round.

    Stopped are only those that a fix names, or whose enablement the run changed: timers start others all the time.
    """
    start, stop = [], []
    for name, was in sorted(before.items()):
        present = now.get(name)
        if was["ActiveState"] == "active" and _lasting(was) and not active(present):
            if not (was["Type"] == "oneshot" and was["SubState"] != "exited"):
                start.append(name)
        elif not active(was) and active(present):
            asked = name in touched or (name in found and found[name]["UnitFileState"] != was["UnitFileState"])
            if asked and _lasting(present):
                stop.append(name)
    for name, present in sorted(now.items()):
        if name not in before and active(present) and _lasting(present) and name in touched:
            stop.append(name)
    return start, stop


def to_reload(before, found, changed_paths, touched):
    """``[(unit, verb, tests)]`` for daemons whose configuration has been put back."""
    wanted = {}
    for prefix, patterns, verb, tests in DAEMONS:
        if any(path.startswith(prefix) for path in changed_paths):
            for name in found:
                if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns) and active(before.get(name)):
                    kept = wanted.get(name, (verb, []))
                    wanted[name] = ("restart" if "restart" in (verb, kept[0]) else verb, kept[1] + tests)
    for name, unit in found.items():
        was = before.get(name)
        if was is None or not active(was) or was["InvocationID"] == unit["InvocationID"]:
            continue
        configured = any(
            any(path.startswith(prefix) for path in changed_paths)
            and any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
            for prefix, patterns in WHEN_RESTARTED
        )
        drop_in = "/etc/systemd/system/%s" % name
        if configured or any(path.startswith(drop_in) for path in changed_paths):
            wanted[name] = ("restart", [])
    return [(name, verb, tests) for name, (verb, tests) in sorted(wanted.items())]


def bring_back(before, found, changed_paths, touched, problems, tell, entries, only=None):
    """Daemons on their old configuration, units running or not as they were. What was done, as words.

    What failed goes to ``problems``. A daemon's own test is not run on a configuration that others than root can
    change, by the snapshot's ``entries``: it may load what that names. With ``only`` no other units are started or
    stopped.
    """
    done = []
    if any(path.startswith(SYSTEMD) for path in changed_paths):
        _do(["daemon-reload"], problems)
    now = Asked(touched).answer()
    start, stop = changes(before, found, now, touched)
    if only is not None:
        start, stop = ([name for name in names if name in only] for names in (start, stop))
    for name in stop:
        done.append("stop " + name)
        _do(["stop", name], problems)
    for name, verb, tests in to_reload(before, found, changed_paths, touched):
        if name in start or not active(now.get(name)):
            continue
        shaped = _shaped(name, entries)
        if shaped and tests:
            tell("the configuration of %s was not tested, since others than root can change %s" % (name, shaped))
            tests = []
        said = next((said for said in map(commands.said_no, tests) if said), None)
        if said:
            problems.append("%s was not %sed: %s" % (name, verb, said))
            continue
        done.append("%s %s" % (verb, name))
        _do([verb, name], problems)
    for name in start:
        done.append("start " + name)
        _do(["reset-failed", name], [])
        _do(["start", name], problems)
    return done


def _shaped(name, entries):
    """A path in a daemon's configuration that others than root can change, or None."""
    prefixes = tuple(
        prefix for prefix, patterns, _, _ in DAEMONS if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    )
    return next(
        (
            path
            for path, entry in sorted(entries.items())
            if path.startswith(prefixes)
            and entry["type"] in ("file", "folder")
            and (entry["uid"] or entry["mode"] & 0o022)
        ),
        None,
    )


def settle_early(before, found, changed_paths):
    """In the middle of a boot: have the jobs of units follow the files that are back, without waiting for any."""
    if any(path.startswith(SYSTEMD) for path in changed_paths):
        _do(["daemon-reload"], [])
        for name, was in before.items():
            present = found.get(name)
            if was["ActiveState"] == "active" and _lasting(was) and was["Type"] != "oneshot":
                if present is None or present["UnitFileState"] != was["UnitFileState"]:
                    _do(["--no-block", "start", name], [])
            elif not active(was) and present and present["UnitFileState"] != was["UnitFileState"]:
                _do(["--no-block", "stop", name], [])


def _do(arguments, problems):
    try:
        commands.run(["systemctl", *arguments], 90)
    except commands.Failed as error:
        problems.append(str(error))
