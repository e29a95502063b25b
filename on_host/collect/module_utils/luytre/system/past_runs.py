"""Earlier runs on this host, by what the guard keeps of them: one that is still open, and how the last ones ended."""

import json
import os
import re

from ansible.module_utils.luytre_shared.os.area_reader import read_text

HOME = "/var/lib/luytre/guard"
RUN = re.compile(r"\A[0-9A-Za-z][0-9A-Za-z-]{0,63}\Z")
MAX_RUNS = 5
MAX_ENTRIES = 200
MAX_STATE = 4_000_000


def collect_area_facts(reader, home=HOME):
    mark = os.path.join(home, "armed.json")
    armed_run = _read_json_object(mark) if os.path.lexists(mark) else None
    run = _get_valid_run_name((armed_run or {}).get("run"))
    return {
        "armed": {
            "run": run,
            "deadline": _get_epoch_second(armed_run.get("deadline")),
            "timer": RUN.match(run) is not None and _is_rollback_timer_running(reader, run),
        }
        if armed_run is not None
        else None,
        "runs": [_describe_run(home, name) for name in _list_newest_runs(home)],
    }


def _list_newest_runs(home):
    """Return the names of the last runs, newest first."""
    try:
        names = [name for name in os.listdir(home)[:MAX_ENTRIES] if RUN.match(name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    dated_names = []
    for name in names:
        path = os.path.join(home, name, "state.json")
        if os.path.isfile(path):
            dated_names.append((os.stat(path).st_mtime_ns, name))
    return [name for _, name in sorted(dated_names, reverse=True)[:MAX_RUNS]]


def _describe_run(home, name):
    state = _read_json_object(os.path.join(home, name, "state.json"))
    return {
        "run": name,
        "state": str(state.get("state", "?"))[:20],
        "cause": str(state.get("cause") or "")[:20],
        "ended": _get_epoch_second(state.get("ended")),
    }


def _read_json_object(path):
    try:
        document = json.loads(read_text(path, MAX_STATE) or "")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _get_valid_run_name(value):
    return value if isinstance(value, str) and RUN.match(value) else "?"


def _get_epoch_second(value):
    """Return an epoch second as a whole number; 0 for anything else."""
    sound = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 2**40
    return int(value) if sound else 0


def _is_rollback_timer_running(reader, run):
    """Return whether the host is about to bring itself back, or is doing it."""
    units = ["luytre-revert-%s.%s" % (run, kind) for kind in ("timer", "service")]
    states = reader.run(["systemctl", "is-active", *units], ok=None).split()
    return bool({"active", "activating", "deactivating"} & set(states))
