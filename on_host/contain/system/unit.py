"""Stops a unit of systemd's on this host so that nothing starts it, and brings it back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. Its file in /etc/systemd/system, if it has one there, is set
aside in the same folder under a name that systemd does not read, so that it stays the very thing that it was; a mask is
laid in its place. What enables it stays. As our way in may hang on a unit, it is undone by this host itself within
``auto_revert.TRIAL_SECONDS``, also when it starts anew meanwhile, unless it is confirmed by a connection that was made
while it was in force: then it lasts until it is released.

Without an argument it undoes what is not confirmed: so the unit calls it.
"""

import contextlib
import os
import re

from ansible.module_utils.luytre_shared.files import immutable
from ansible.module_utils.luytre_shared.incidents import action_runner, auto_revert, systemd_units
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os import accounts

HOME = "/var/lib/luytre/units"
UNIT = "luytre-contain-units.service"
PLACE = "/etc/systemd/system"
NOWHERE = "/dev/null"
TRANSIENT = "/run/systemd/transient/"
"""Where the files of units are that nobody could bring back once they have stopped."""
NAME = re.compile(r"[A-Za-z0-9:_.\\@-]{1,200}\.(?:service|timer|socket|path)\Z")
ASIDE = ".luytre-contained-"
PROPERTIES = ("Id", "LoadState", "ActiveState", "FragmentPath", "ControlGroup")
ACTIVE_STATES = ("active", "activating", "reloading")
STOPPED_STATES = ("inactive", "failed")
STOP_SECONDS = 8
KEEPERS = re.compile(
    r"(?:sshd?(?:@.*)?|sshd-.*|systemd-.*|dbus.*|networking|NetworkManager.*|ifup@.*|nftables|dhcpcd.*|wpa_supplicant.*"
    r"|(?:serial-|console-|container-)?getty.*|user(?:-runtime-dir)?@.*)\.[a-z]+\Z"
)
OURS = re.compile(r"luytre-(?:guard|contain|firewall)(?:-.*)?\.[a-z]+\Z")
DPKG_QUERY = "/usr/bin/dpkg-query"


def stop_and_mask_unit_on_trial(request, _connection):
    """Stop a unit for good, on trial; what is confirmed already stays so. Raises ActionRefusal."""
    with TRIALS.record.hold_lock():
        record = TRIALS.record.find_record_before_action_starts(request)
        if record is None:
            now = query_unit_that_may_be_stopped(request["what"])
            record = {
                "id": request["id"],
                "what": request["what"],
                "unit": now["Id"],
                "ran": now["ActiveState"] in ACTIVE_STATES,
                "masked": now["LoadState"] != "masked",
                "aside": os.path.lexists(os.path.join(PLACE, now["Id"])) and now["LoadState"] != "masked",
            }
        if not record.get("confirmed"):
            TRIALS.record_trial_and_start_undo_unit(request["id"], record, __loader__)
        try:
            move_unit_file_aside_and_mask_unit(record)
            action_runner.run_program([systemd_units.SYSTEMCTL, "daemon-reload"])
            if (
                action_runner.run_program([systemd_units.SYSTEMCTL, "stop", "--", record["unit"]], seconds=STOP_SECONDS)
                is None
            ):
                action_runner.run_program([systemd_units.SYSTEMCTL, "kill", "--signal=KILL", "--", record["unit"]])
                action_runner.run_program([systemd_units.SYSTEMCTL, "stop", "--", record["unit"]], seconds=STOP_SECONDS)
            return check_that_unit_is_stopped_and_masked(request["id"])
        except Exception:
            TRIALS.undo_action_and_delete_its_record(request["id"])
            raise


def move_unit_file_aside_and_mask_unit(record):
    """Have a mask in the place of its file, and the file aside."""
    place, aside = get_unit_file_path_and_aside_path(record)
    with immutable.lift_immutable_flags_of_paths(PLACE, place):
        if record["aside"] and not os.path.lexists(aside):
            os.rename(place, aside)
        if record["masked"]:
            with contextlib.suppress(FileExistsError):
                os.symlink(NOWHERE, place)


def get_unit_file_path_and_aside_path(record):
    """Return where its file is, and where it is kept."""
    return os.path.join(PLACE, record["unit"]), os.path.join(PLACE, ASIDE + record["unit"])


def query_unit_that_may_be_stopped(unit):
    """Return what systemd says of a unit. Raises ActionRefusal for what is none, or must run."""
    if not NAME.match(unit):
        raise ActionRefusal("no_such_unit", unit)
    now = query_properties(unit)
    if now.get("LoadState", "not-found") == "not-found" or not NAME.match(now.get("Id", "")):
        raise ActionRefusal("no_such_unit", unit)
    if now["FragmentPath"].startswith(TRANSIENT):
        raise ActionRefusal("transient", now["Id"])
    if OURS.match(now["Id"]) or is_this_process_in_control_group(now["ControlGroup"]):
        raise ActionRefusal("ours", now["Id"])
    if KEEPERS.match(now["Id"]) and is_unit_file_of_package(now["FragmentPath"]):
        raise ActionRefusal("keeper", now["Id"])
    return now


def query_properties(unit):
    """Return some of its properties."""
    output = (
        action_runner.run_program([systemd_units.SYSTEMCTL, "show", "--property=" + ",".join(PROPERTIES), "--", unit])
        or ""
    )
    return dict(line.partition("=")[::2] for line in output.splitlines())


def is_this_process_in_control_group(control_group):
    """Return whether this process runs in that control group."""
    if not control_group:
        return False
    for pid in accounts.list_pids_of_this_process_and_ancestors()[:-1]:
        with contextlib.suppress(OSError), open("/proc/%d/cgroup" % pid, encoding="utf-8", errors="replace") as file:
            if any(line.rstrip("\n").split(":", 2)[-1] == control_group for line in file):
                return True
    return False


def is_unit_file_of_package(path):
    """Return whether a package brought the file: anybody may call a unit of theirs what they like."""
    bare = path[len("/usr") :] if path.startswith("/usr/lib/") else path
    return bool(path) and any(
        action_runner.run_program([DPKG_QUERY, "--search", "--", candidate]) is not None
        for candidate in dict.fromkeys((path, bare, "/usr" + bare))
    )


def plan_stopping_and_masking_of_unit(request, _connection):
    """Return what ``contain`` and ``confirm`` would do now; nothing is done."""
    now = query_unit_that_may_be_stopped(request["what"])
    place, aside = get_unit_file_path_and_aside_path({"unit": now["Id"]})
    rename_steps = [["rename", place, aside]] if os.path.lexists(place) and now["LoadState"] != "masked" else []
    steps = [["link", place, NOWHERE], "systemctl daemon-reload", "systemctl stop " + now["Id"]]
    return {
        "state": "planned",
        "would": [
            *TRIALS.list_planned_steps_of_trial_start(),
            *rename_steps,
            *steps,
            *TRIALS.list_planned_steps_of_confirmation(),
        ],
    }


def unmask_and_restart_unit(record):
    """Have the unit as it was, in place of nothing. Raises ActionRefusal when something else has come in its place."""
    if hand_unit_to_other_action_stopping_it(record):
        return
    place, aside = get_unit_file_path_and_aside_path(record)
    with immutable.lift_immutable_flags_of_paths(PLACE, aside):
        if record["masked"] and os.path.islink(place) and os.readlink(place) == NOWHERE:
            os.unlink(place)
        if record["aside"] and os.path.lexists(aside):
            try:
                os.link(aside, place, follow_symlinks=False)
            except FileExistsError:
                if not os.path.samestat(os.lstat(aside), os.lstat(place)):
                    raise ActionRefusal("name_taken", place)
            os.unlink(aside)
    action_runner.run_program([systemd_units.SYSTEMCTL, "daemon-reload"])
    if record["ran"]:
        action_runner.run_program([systemd_units.SYSTEMCTL, "start", "--no-block", "--", record["unit"]])


def hand_unit_to_other_action_stopping_it(record):
    """Return whether another action has the same unit stopped: then it brings back, in the end, what this one
    stopped.
    """
    for name, other in TRIALS.record.read_all_records_by_action_id().items():
        if name != record["id"] and other["unit"] == record["unit"]:
            flags = {word: record[word] or other[word] for word in ("ran", "masked", "aside")}
            TRIALS.record.save_record_of_action(name, dict(other, **flags))
            return True
    return False


def check_that_unit_is_stopped_and_masked(action_id):
    """Return a unit as it is now. Raises ActionRefusal for one that runs, or that something may start."""
    record = TRIALS.record.read_all_records_by_action_id()[action_id]
    now = query_properties(record["unit"])
    if now.get("LoadState") != "masked" or now.get("ActiveState") not in STOPPED_STATES:
        raise ActionRefusal("not_stopped", record["unit"])
    return {"state": "confirmed" if record["confirmed"] else "on_trial", "why": "", "about": ""}


TRIALS = auto_revert.ContainmentTrials(HOME, UNIT, unmask_and_restart_unit, check_that_unit_is_stopped_and_masked)


def main(arguments):
    """Answer what is asked; without a question, undo what is not confirmed."""
    TRIALS.answer_question_or_watch_trials(arguments, plan_stopping_and_masking_of_unit, stop_and_mask_unit_on_trial)
