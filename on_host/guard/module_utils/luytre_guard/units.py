"""systemd's units: how they were, and how they get there again once files are back."""

import contextlib
import os
import re
import signal
import time
from functools import partial

from ansible.module_utils.luytre_shared import ports

from . import commands, daemons, tree

WORDS = ("Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "InvocationID", "FragmentPath", "Type")
KINDS = ("*.service", "*.socket", "*.timer", "*.path")
NAME = re.compile(r"\A[A-Za-z0-9:_.@\\-]+\.(service|socket|timer|path|mount|target)\Z")
OWN = ("luytre-guard", "luytre-revert", "luytre-rollback", "luytre-contain")
"""Those of ways back, and of what an incident contains: they come and go with that."""
SSHD = "/etc/ssh/"
SYSTEMD = ("/etc/systemd/", "/etc/init.d/", "/etc/fstab", "/etc/default/")


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
    return _by_a_file(unit) and unit["LoadState"] == "loaded"


def _by_a_file(unit):
    """Whether a file made it a unit, which may be gone by now: it stays active without."""
    return not unit["FragmentPath"].startswith("/run/systemd/transient/")


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
            if asked and _by_a_file(present):
                stop.append(name)
    for name, present in sorted(now.items()):
        if name not in before and active(present) and _by_a_file(present) and name in touched:
            stop.append(name)
    return start, stop


def without_files(now, touched):
    """Units that went with their package and could not end well, for what ends them was gone before: nothing of them is left."""
    units = {name: now.get(name) for name in touched}
    return sorted(
        name
        for name, unit in units.items()
        if unit is not None and unit["LoadState"] == "not-found" and unit["ActiveState"] == "failed"
    )


def to_reload(before, found, changed_paths):
    """``[(unit, verb)]`` for daemons whose configuration has been put back.

    ``found`` are the units as they were just before that: who was started since ``before`` may have read what was changed.
    """
    wanted = {}
    for prefix, patterns, verb, _tests in daemons.DAEMONS:
        if any(path.startswith(prefix) for path in changed_paths):
            for name in found:
                if daemons.matches(name, patterns) and active(before.get(name)) and wanted.get(name) != "restart":
                    wanted[name] = verb_for(name, verb, found)
    for name, unit in found.items():
        was = before.get(name)
        if was is None or not active(was) or was["InvocationID"] == unit["InvocationID"]:
            continue
        configured = any(
            any(path.startswith(prefix) for path in changed_paths) and daemons.matches(name, patterns)
            for prefix, patterns, _ in daemons.WHEN_RESTARTED
        )
        drop_in = "/etc/systemd/system/%s" % name
        if configured or any(path.startswith(drop_in) for path in changed_paths):
            wanted[name] = "restart"
    return sorted(wanted.items())


def verb_for(name, verb, found):
    """What a unit is told so that its daemon has its files in force. ``found``: the units as they are."""
    return "restart" if active(found.get(daemons.BY_SOCKET.get(name))) else verb


def bring_back(before, found, changed_paths, touched, problems, tell, entries, only=None):
    """Daemons on their old configuration, units running or not as they were. What was done, as words.

    What failed goes to ``problems``, and so does a daemon that does not run what is in its files afterwards. A daemon's
    own test is not run on a configuration that others than root can change, by the snapshot's ``entries``: it may load
    what that names. With ``only`` no other units are started or stopped.
    """
    done, told = [], []
    since = time.time()
    if any(path.startswith(SYSTEMD) for path in changed_paths):
        _do(["daemon-reload"], problems)
    now = Asked(touched).answer()
    for name in without_files(now, touched):
        _do(["reset-failed", name], [])
    start, stop = changes(before, found, now, touched)
    if only is not None:
        start, stop = ([name for name in names if name in only] for names in (start, stop))
    for name in stop:
        done.append("stop " + name)
        _do(["stop", name], problems)
    for name, verb in to_reload(before, found, changed_paths):
        if name in start or not active(now.get(name)):
            continue
        shaped = shaped_by(name, entries)
        if shaped and daemons.of(name)[1]:
            tell("the configuration of %s was not tested, since others than root can change %s" % (name, shaped))
        said = None if shaped else daemons.refusal(name)
        if said:
            problems.append("%s was not %sed, so it goes on with what it had read: %s" % (name, verb, said))
            continue
        done.append("%s %s" % (verb, name))
        said = ports.with_ports_of(name, partial(_said_no, [verb, name]))
        if said is None:
            told.append(name)
        else:
            problems.append(said)
    if any(path.startswith(SSHD) for path in changed_paths):
        done += _read_by_other_sshds(entries, problems)
    for name in start:
        done.append("start " + name)
        _do(["reset-failed", name], [])
        _do(["start", name], problems)
    for name in daemons.behind(told, since):
        problems.append("%s still runs what it had read before its files were put back" % name)
    return done


def start_again(before, found, touched, problems, only=None):
    """Start what ended while the rest was brought back; what does not run even then goes to ``problems``. As words."""
    ended = _ended(before, found, touched, only)
    for name in ended:
        _do(["reset-failed", name], [])
        _do(["start", name], problems)
    for name in _ended(before, found, touched, only) if ended else ():
        problems.append("%s ran before, and does not run now" % name)
    return ["start " + name for name in ended]


def _ended(before, found, touched, only):
    start, _ = changes(before, found, Asked(touched).answer(), touched)
    return [name for name in start if only is None or name in only]


def _read_by_other_sshds(entries, problems):
    """Have daemons of sshd's with files of their own read them anew: these may include what was put back."""
    done = []
    for process, config in daemons.other_sshds():
        entry = entries.get(config, tree.ABSENT)
        own = entry["type"] == "file" and not tree.shaped(entry)
        said = commands.said_no(["sshd", "-t", "-f", config]) if own else "others than root may be able to change it"
        if said:
            problems.append("the sshd with %s goes on with what it had read: %s" % (config, said))
        else:
            with ports.reserve(partial(str, process)), contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGHUP)
            done.append("reload sshd with " + config)
    return done


def shaped_by(name, entries):
    """A path in a daemon's configuration that others than root can change, and that its own test reads; or None."""
    prefixes = tuple(one for prefix in daemons.of(name)[0] for one in daemons.READ_BY_TEST.get(prefix, (prefix,)))
    return next(
        (
            path
            for path, entry in sorted(entries.items())
            if path.startswith(prefixes) and entry["type"] in ("file", "folder") and tree.shaped(entry)
        ),
        None,
    )


def follow_early(before, found, changed_paths):
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
    """Whether systemd did it."""
    said = _said_no(arguments)
    problems += [] if said is None else [said]
    return said is None


def _said_no(arguments):
    return commands.said_no(["systemctl", *arguments], 90)
