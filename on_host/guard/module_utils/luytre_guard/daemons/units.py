"""systemd's units: how they were, and how they get there again once files are back."""

import collections
import contextlib
import os
import re
import signal
import time
from functools import partial

from ansible.module_utils.luytre_guard.daemons import daemons
from ansible.module_utils.luytre_guard.files import tree
from ansible.module_utils.luytre_guard.os import commands, kernel_audit
from ansible.module_utils.luytre_shared.os import ports

WORDS = ("Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "InvocationID", "FragmentPath", "Type")
KINDS = ("*.service", "*.socket", "*.timer", "*.path")
NAME = re.compile(r"\A[A-Za-z0-9:_.@\\-]+\.(service|socket|timer|path|mount|target)\Z")
OWN = ("luytre-guard", "luytre-revert", "luytre-rollback", "luytre-contain")
"""Those of ways back, and of what an incident contains: they come and go with that."""
SSHD = "/etc/ssh/"
SYSTEMD = ("/etc/systemd/", "/etc/init.d/", "/etc/fstab", "/etc/default/")


class SystemdUnitsQuery:
    """Asking for all units, under way."""

    def __init__(self, names):
        self._named = [name for name in names if NAME.match(name)]
        self._all = _start_systemctl_show_of_units(KINDS)
        self._own = _start_systemctl_show_of_units(self._named) if self._named else None

    def answer(self):
        """Name to what is known of it."""
        states = _parse_units_by_id_without_own(self._all.wait_for_output())
        for name, unit in zip(
            self._named, _parse_systemctl_show_output(self._own.wait_for_output()) if self._own else []
        ):
            states.setdefault(unit["Id"] or name, unit)
        return states


def _start_systemctl_show_of_units(units):
    return commands.RunningCommand(["systemctl", "show", "--no-pager", "--property=" + ",".join(WORDS), "--", *units])


def _parse_systemctl_show_output(output):
    text = output.decode("utf-8", "replace")
    blocks = (block.splitlines() for block in text.split("\n\n") if block.strip())
    return [{**dict.fromkeys(WORDS, ""), **dict(line.partition("=")[::2] for line in block)} for block in blocks]


def _parse_units_by_id_without_own(output):
    return {
        unit["Id"]: unit
        for unit in _parse_systemctl_show_output(output)
        if unit["Id"] and not unit["Id"].startswith(OWN)
    }


def is_active(unit):
    """Return whether it runs, or is about to."""
    return unit is not None and unit["ActiveState"] in ("active", "reloading", "activating", "refreshing")


def _is_unit_loaded_from_permanent_file(unit):
    """Return whether it is a unit that stays active, and not made up for one occasion."""
    return _has_unit_file(unit) and unit["LoadState"] == "loaded"


def _has_unit_file(unit):
    """Return whether a file made it a unit, which may be gone by now: it stays active without."""
    return not unit["FragmentPath"].startswith("/run/systemd/transient/")


def find_units_to_start_and_to_stop(before, initial_units, now, touched_names):
    """Return ``(to start, to stop)``: units that ran before and do not now, and the other way round.

    Stopped are only those that a fix names, or whose enablement the run changed: timers start others all the time.
    """
    start, stop = [], []
    for name, was in sorted(before.items()):
        present = now.get(name)
        if was["ActiveState"] == "active" and _is_unit_loaded_from_permanent_file(was) and not is_active(present):
            if not (was["Type"] == "oneshot" and was["SubState"] != "exited"):
                start.append(name)
        elif not is_active(was) and is_active(present):
            was_requested = name in touched_names or (
                name in initial_units and initial_units[name]["UnitFileState"] != was["UnitFileState"]
            )
            if was_requested and _has_unit_file(present):
                stop.append(name)
    for name, present in sorted(now.items()):
        if name not in before and is_active(present) and _has_unit_file(present) and name in touched_names:
            stop.append(name)
    return start, stop


def find_failed_units_of_removed_packages(now, touched_names):
    """Return units that went with their package and could not end well, for what ends them was gone before.

    Nothing of them is left.
    """
    units = {name: now.get(name) for name in touched_names}
    return sorted(
        name
        for name, unit in units.items()
        if unit is not None and unit["LoadState"] == "not-found" and unit["ActiveState"] == "failed"
    )


def find_reloads_needed_by_changed_paths(before, initial_units, changed_paths):
    """Return ``[(unit, verb)]`` for daemons whose configuration has been put back.

    ``initial_units`` are the units as they were just before that: who was started since ``before`` may have read what
    was changed.
    """
    verbs = {}
    for prefix, patterns, verb, _tests in daemons.DAEMONS:
        if any(path.startswith(prefix) for path in changed_paths):
            for name in initial_units:
                if (
                    daemons.is_unit_matched_by_patterns(name, patterns)
                    and is_active(before.get(name))
                    and verbs.get(name) != "restart"
                ):
                    verbs[name] = choose_verb_to_load_changed_config(name, verb, initial_units)
    for name, unit in initial_units.items():
        was = before.get(name)
        if was is None or not is_active(was) or was["InvocationID"] == unit["InvocationID"]:
            continue
        has_configuration = any(
            any(path.startswith(prefix) for path in changed_paths)
            and daemons.is_unit_matched_by_patterns(name, patterns)
            for prefix, patterns, _ in daemons.WHEN_RESTARTED
        )
        drop_in = "/etc/systemd/system/%s" % name
        if has_configuration or any(path.startswith(drop_in) for path in changed_paths):
            verbs[name] = "restart"
    return sorted(verbs.items())


def choose_verb_to_load_changed_config(unit, verb, unit_states):
    """Return what a unit is told so that its daemon has its files in force. ``unit_states``: the units as they are."""
    return "restart" if is_active(unit_states.get(daemons.BY_SOCKET.get(unit))) else verb


def _find_config_error_if_testable(name, entries, tell):
    """Return what a daemon's own test finds wrong; it is not run on what others than root can change."""
    exposed_path = find_daemon_config_changeable_by_others(name, entries)
    if not exposed_path:
        return daemons.find_config_error(name)
    if daemons.get_config_prefixes_and_tests_of_unit(name)[1]:
        tell("the configuration of %s was not tested, since others than root can change %s" % (name, exposed_path))
    return None


UnitsToRestore = collections.namedtuple(
    "UnitsToRestore", ("before", "initial_units", "touched_names", "allowed_units"), defaults=(None,)
)
"""The units that are to run or not as they were ``before``, how they were when the rollback began, and those touched.

With ``allowed_units`` no others are started or stopped.
"""


def restore_units_and_reload_daemons(units, changed_paths, problems, tell, entries):
    """Return daemons on their old configuration, units running or not as they were. What was done, as words.

    What failed goes to ``problems``, and so does a daemon that does not run what is in its files afterwards. A daemon's
    own test is not run on a configuration that others than root can change, by the snapshot's ``entries``: it may load
    what that names.
    """
    before, initial_units, touched_names, allowed_units = units
    actions, reloaded_names = [], []
    since = time.time()
    if any(path.startswith(SYSTEMD) for path in changed_paths):
        _run_systemctl_and_note_error(["daemon-reload"], problems)
    now = SystemdUnitsQuery(touched_names).answer()
    for name in find_failed_units_of_removed_packages(now, touched_names):
        _run_systemctl_and_note_error(["reset-failed", name], [])
    start, stop = find_units_to_start_and_to_stop(before, initial_units, now, touched_names)
    if allowed_units is not None:
        start, stop = ([name for name in names if name in allowed_units] for names in (start, stop))
    for name in stop:
        actions.append("stop " + name)
        _run_systemctl_and_note_error(["stop", name], problems)
    reloads = find_reloads_needed_by_changed_paths(before, initial_units, changed_paths)
    was_recording = any(name == kernel_audit.JOURNALD for name, _verb in reloads) and kernel_audit.is_on()
    for name, verb in reloads:
        if name in start or not is_active(now.get(name)):
            continue
        error = _find_config_error_if_testable(name, entries, tell)
        if error:
            problems.append("%s was not %sed, so it goes on with what it had read: %s" % (name, verb, error))
            continue
        actions.append("%s %s" % (verb, name))
        error = ports.run_reload_with_ports_of_unit_reserved(
            name, partial(_run_systemctl_and_return_error, [verb, name])
        )
        if error is None:
            reloaded_names.append(name)
        else:
            problems.append(error)
    if any(path.startswith(SSHD) for path in changed_paths):
        actions += _reload_additional_sshd_processes(entries, problems)
    for name in start:
        actions.append("start " + name)
        _run_systemctl_and_note_error(["reset-failed", name], [])
        _run_systemctl_and_note_error(["start", name], problems)
    actions += kernel_audit.load_rules_after_change(changed_paths, problems)
    actions += kernel_audit.restore(was_recording, problems)
    for name in daemons.find_units_that_did_not_reload_since(reloaded_names, since):
        problems.append("%s still runs what it had read before its files were put back" % name)
    return actions


def start_units_that_ended_meanwhile(units, problems):
    """Start what ended while the rest was brought back; what does not run even then goes to ``problems``. As words."""
    ended_names = _find_units_that_ended_meanwhile(units)
    for name in ended_names:
        _run_systemctl_and_note_error(["reset-failed", name], [])
        _run_systemctl_and_note_error(["start", name], problems)
    for name in _find_units_that_ended_meanwhile(units) if ended_names else ():
        problems.append("%s ran before, and does not run now" % name)
    return ["start " + name for name in ended_names]


def _find_units_that_ended_meanwhile(units):
    now = SystemdUnitsQuery(units.touched_names).answer()
    start, _ = find_units_to_start_and_to_stop(units.before, units.initial_units, now, units.touched_names)
    return [name for name in start if units.allowed_units is None or name in units.allowed_units]


def _reload_additional_sshd_processes(entries, problems):
    """Have daemons of sshd's with files of their own read them anew: these may include what was put back."""
    actions = []
    for process, config in daemons.find_other_sshds():
        entry = entries.get(config, tree.ABSENT)
        own = entry["type"] == "file" and not tree.is_entry_changeable_by_others_than_root(entry)
        error = (
            commands.run_program_and_return_error_or_none(["sshd", "-t", "-f", config])
            if own
            else "others than root may be able to change it"
        )
        if error:
            problems.append("the sshd with %s goes on with what it had read: %s" % (config, error))
        else:
            with ports.reserve_ports_of_root_process(partial(str, process)), contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGHUP)
            actions.append("reload sshd with " + config)
    return actions


def find_daemon_config_changeable_by_others(unit, entries):
    """Return a path in a daemon's configuration that others than root can change, and that its own test
    reads; or None.
    """
    prefixes = tuple(
        test_prefix
        for prefix in daemons.get_config_prefixes_and_tests_of_unit(unit)[0]
        for test_prefix in daemons.READ_BY_TEST.get(prefix, (prefix,))
    )
    return next(
        (
            path
            for path, entry in sorted(entries.items())
            if path.startswith(prefixes)
            and entry["type"] in ("file", "folder")
            and tree.is_entry_changeable_by_others_than_root(entry)
        ),
        None,
    )


def restore_unit_jobs_early_in_boot(before, initial_units, changed_paths):
    """Have the jobs of units follow the files that are back in the middle of a boot, without waiting for any."""
    if any(path.startswith(SYSTEMD) for path in changed_paths):
        _run_systemctl_and_note_error(["daemon-reload"], [])
        for name, was in before.items():
            present = initial_units.get(name)
            if was["ActiveState"] == "active" and _is_unit_loaded_from_permanent_file(was) and was["Type"] != "oneshot":
                if present is None or present["UnitFileState"] != was["UnitFileState"]:
                    _run_systemctl_and_note_error(["--no-block", "start", name], [])
            elif not is_active(was) and present and present["UnitFileState"] != was["UnitFileState"]:
                _run_systemctl_and_note_error(["--no-block", "stop", name], [])


def _run_systemctl_and_note_error(arguments, problems):
    """Return whether systemd did it."""
    error = _run_systemctl_and_return_error(arguments)
    problems += [] if error is None else [error]
    return error is None


def _run_systemctl_and_return_error(arguments):
    return commands.run_program_and_return_error_or_none(["systemctl", *arguments], 90)
