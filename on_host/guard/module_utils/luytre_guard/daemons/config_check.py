"""Root's files put back only as far as the daemons concerned would load the result."""

import base64
import contextlib
import hashlib
import time

from ansible.module_utils.luytre_guard.daemons import daemons, units
from ansible.module_utils.luytre_guard.files import file_writer, store, tree
from ansible.module_utils.luytre_guard.os import commands

MAX_NAMED_FILES = 20
"""Files of others' that a daemon may name before it is given up."""
SECONDS = 60
"""For finding out which of a daemon's files may be put back all the same."""
MAX_BYTES, MAX_ALL_BYTES = 1024 * 1024, 8 * 1024 * 1024
"""Of files whose bytes are noted as they were, those of the daemons first.

Configurations are smaller, and a disk may be nearly full.
"""


class ConfigTrial:
    """Of one way back.

    How root's files were before the first of them went back is noted in a file, and with it what is left as it was: so
    whoever goes on after a power cut knows both."""

    def __init__(self, work, unit_states, place):
        self._work, self._place = work, place
        record = store.read_json(place)
        self._noted = record or {"paths": {}, "left": {}}
        self.left = self._noted["left"]
        self._judges = _find_units_that_test_restored_files(work, unit_states)
        if self._judges:
            noted_paths = self._noted["paths"]
            theirs = tuple(
                prefix for name in self._judges for prefix in daemons.get_config_prefixes_and_tests_of_unit(name)[0]
            )
            paths = sorted(
                set(work.select_paths_of_root()) - set(noted_paths),
                key=lambda path: (not path.startswith(theirs), path),
            )
            self._noted["paths"] = {**_record_present_entries_and_content(work, paths), **noted_paths}
        if record != self._noted:
            with contextlib.suppress(OSError):
                store.write_json(place, self._noted)

    def take_back_files_that_daemons_refuse(self, restored_paths, last=False):
        """Give back how it was what a daemon would otherwise not load.

        ``{path: why}`` of what stays so, which is taken off the work's paths.

        ``restored_paths``: what has been put back, each with its word. Each daemon's own test says it: if it refuses
        what the files say now, its own are given back how they were, and, where that is not enough, those that it
        names. Of these each is then put back that it loads so, one after the other. With ``last``, all are put back
        where the daemon refuses one state as well as the other.
        """
        earlier_entries = {
            path: _decode_recorded_entry_and_content(noted_entry)
            for path, noted_entry in self._noted["paths"].items()
            if path in restored_paths
        }
        for name in self._judges:
            error = daemons.find_config_error(name)
            if error is not None:
                self._take_back_files_daemon_refuses(name, error, earlier_entries, restored_paths, last)
        with contextlib.suppress(OSError):
            store.write_json(self._place, self._noted)
        self._work.paths = {path: word for path, word in self._work.paths.items() if path not in self.left}
        return self.left

    def _take_back_files_daemon_refuses(self, name, error, earlier_entries, words, last):
        work, reasons = self._work, self.left
        why = "%s would not load it: %s" % (name.partition(".")[0], error)
        own = {
            path
            for path in earlier_entries
            if path not in reasons and path.startswith(daemons.get_config_prefixes_and_tests_of_unit(name)[0])
        }
        given_back = set()
        for _ in range(MAX_NAMED_FILES):
            _put_files_into_earlier_state(work, {path: earlier_entries[path] for path in own})
            given_back |= own
            error = daemons.find_config_error(name)
            own = {
                path
                for path in earlier_entries
                if path not in reasons and path not in given_back and error and path in error
            }
            if not own:
                break
        if error is None:
            given_back -= _put_back_each_file_that_daemon_loads(
                work, name, {path: earlier_entries[path] for path in given_back}, words
            )
        elif last:
            work.put_back_paths({path: words[path] for path in given_back})
            given_back = set()
        reasons.update(dict.fromkeys(given_back, why))


def put_back_files_that_daemons_load(work, unit_states, record_path):
    """Put back what ``work`` is to, but for what a daemon would then not load: that stays as it is. ``{path: why}``.

    ``unit_states`` are the units as they are, ``record_path`` is where the trial is noted.
    """
    trial = ConfigTrial(work, unit_states, record_path)
    work.paths = {path: word for path, word in work.paths.items() if path not in trial.left}
    work.put_back_files_of_root()
    return trial.take_back_files_that_daemons_refuse(dict(work.paths))


def find_config_errors_at_next_start(paths, unit_states, entries):
    """Yield why daemons whose files have been put back would not load them at their next start: a sentence each."""
    for name in _find_units_configured_by_paths(paths, unit_states, entries):
        error = daemons.find_config_error(name)
        if error is not None:
            yield "%s would not load its configuration at its next start: %s" % (name.partition(".")[0], error)


def _put_back_each_file_that_daemon_loads(work, unit, earlier_entries, differences):
    """Return those of the paths that a daemon loads as they are to be, while the others stay.

    What others may name goes last: what the run made, and of folders the outer ones."""
    until, restored_paths = time.monotonic() + SECONDS, set()
    folders = {path for path, (entry, _) in earlier_entries.items() if entry["type"] == "folder"}

    def get_order(path):
        return path in folders, differences[path] == "new", -path.count("/") if path in folders else 0, path

    for path in sorted(earlier_entries, key=get_order):
        if time.monotonic() > until or any(
            other.startswith(path + "/") for other in set(earlier_entries) - restored_paths
        ):
            continue
        work.put_back_paths({path: differences[path]})
        if daemons.find_config_error(unit) is None:
            restored_paths.add(path)
        else:
            _put_files_into_earlier_state(work, {path: earlier_entries[path]})
    return restored_paths


def _find_units_that_test_restored_files(work, unit_states):
    """Return units whose daemons are asked about the files that are to be put back."""
    return _find_units_configured_by_paths(work.paths, unit_states, work.snap.entries)


def _find_units_configured_by_paths(paths, unit_states, entries):
    """Return units that run, or start at a boot, and whose daemons have their configuration there.

    And programs that are no unit.
    """
    names = []
    for name in (*sorted(unit_states), *daemons.PROGRAMS):
        prefixes, tests = daemons.get_config_prefixes_and_tests_of_unit(name)
        if (
            tests
            and _is_unit_running_or_started_at_boot(name, unit_states)
            and _had_daemon_configuration_in_snapshot(prefixes, entries)
            and any(path.startswith(prefixes) for path in paths)
        ):
            if (
                all(commands.find_program(test[0]) for test in tests)
                and units.find_daemon_config_changeable_by_others(name, entries) is None
            ):
                names.append(name)
    return names


def _had_daemon_configuration_in_snapshot(prefixes, entries):
    """Return whether a daemon had a configuration in the snapshot.

    One that came with the run goes with it, and loads nothing then.
    """
    return any(path.startswith(prefixes) and entry["type"] != "absent" for path, entry in entries.items())


def _is_unit_running_or_started_at_boot(unit, unit_states):
    """Return whether what reads the files runs, starts at a boot, is started by a socket, or whenever it is called."""
    if unit in daemons.PROGRAMS or units.is_active(unit_states.get(daemons.BY_SOCKET.get(unit))):
        return True
    return units.is_active(unit_states[unit]) or unit_states[unit]["UnitFileState"] == "enabled"


def _record_present_entries_and_content(work, paths):
    """Return how root's paths are that the work is to change: ``{path: [entry, bytes as base64]}``, none of what is too
    large.
    """
    entries, bytes_left = {}, MAX_ALL_BYTES
    for path in paths:
        content = []

        def keep(chunks, _status, content=content):
            content.extend(chunks)
            return {"sha256": hashlib.sha256(b"".join(content)).hexdigest()}

        with contextlib.suppress(OSError, tree.UnsafeTarget):
            entry = tree.read_entry_of_path(path)
            size = entry.get("size", 0)
            if size <= min(MAX_BYTES, bytes_left):
                entry, bytes_left = tree.read_entry_of_path(path, keep), bytes_left - size
                entries[path] = [entry, base64.b64encode(b"".join(content)).decode("ascii")]
    return entries


def _decode_recorded_entry_and_content(record):
    entry, content = record
    return entry, [base64.b64decode(content)]


def _put_files_into_earlier_state(work, earlier_entries):
    for path, (entry, _) in sorted(earlier_entries.items(), reverse=True):
        if entry["type"] == "absent":
            work.attempt_change_of_path_and_note_failure(
                path, lambda path=path: file_writer.remove_path_recursively(path)
            )
    for path, (entry, content) in sorted(earlier_entries.items()):
        if entry["type"] != "absent":
            work.attempt_change_of_path_and_note_failure(
                path,
                lambda path=path, entry=entry, chunks=content: file_writer.put_path_into_state_of_entry(
                    path, entry, lambda: chunks
                ),
            )
