"""Stops a unit of systemd's on this host so that nothing starts it, and brings it back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. Its file in /etc/systemd/system, if it has one there, is set
aside in the same folder under a name that systemd does not read, so that it stays the very thing that it was; a mask is
laid in its place. What enables it stays. As our way in may hang on a unit, it is undone by this host itself within
``undoing.TRIAL`` seconds, also when it starts anew meanwhile, unless it is confirmed by a connection that was made
while it was in force: then it lasts until it is released.

Without an argument it undoes what is not confirmed: so the unit calls it.
"""

import contextlib
import os
import re

from ansible.module_utils.luytre_shared import accounts, action_runner, auto_revert, immutable, systemd_units
from ansible.module_utils.luytre_shared.action_runner import ActionRefusal

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


def contain(request, _connection):
    """Stop a unit for good, on trial; what is confirmed already stays so. Raises Refused."""
    with TRIALS.record.hold_lock():
        record = TRIALS.record.find_before_start(request)
        if record is None:
            now = check(request["what"])
            record = {
                "id": request["id"],
                "what": request["what"],
                "unit": now["Id"],
                "ran": now["ActiveState"] in ACTIVE_STATES,
                "masked": now["LoadState"] != "masked",
                "aside": os.path.lexists(os.path.join(PLACE, now["Id"])) and now["LoadState"] != "masked",
            }
        if not record.get("confirmed"):
            TRIALS.begin(request["id"], record, __loader__)
        try:
            mask(record)
            action_runner.run_program([systemd_units.SYSTEMCTL, "daemon-reload"])
            if (
                action_runner.run_program([systemd_units.SYSTEMCTL, "stop", "--", record["unit"]], seconds=STOP_SECONDS)
                is None
            ):
                action_runner.run_program([systemd_units.SYSTEMCTL, "kill", "--signal=KILL", "--", record["unit"]])
                action_runner.run_program([systemd_units.SYSTEMCTL, "stop", "--", record["unit"]], seconds=STOP_SECONDS)
            return describe_state(request["id"])
        except Exception:
            TRIALS.end(request["id"])
            raise


def mask(record):
    """Have a mask in the place of its file, and the file aside."""
    place, aside = get_paths(record)
    with immutable.lift_flags_at(PLACE, place):
        if record["aside"] and not os.path.lexists(aside):
            os.rename(place, aside)
        if record["masked"]:
            with contextlib.suppress(FileExistsError):
                os.symlink(NOWHERE, place)


def get_paths(record):
    """Return where its file is, and where it is kept."""
    return os.path.join(PLACE, record["unit"]), os.path.join(PLACE, ASIDE + record["unit"])


def check(name):
    """Return what systemd says of a unit. Raises Refused for what is none, or must run."""
    if not NAME.match(name):
        raise ActionRefusal("no_such_unit", name)
    now = query_properties(name)
    if now.get("LoadState", "not-found") == "not-found" or not NAME.match(now.get("Id", "")):
        raise ActionRefusal("no_such_unit", name)
    if now["FragmentPath"].startswith(TRANSIENT):
        raise ActionRefusal("transient", now["Id"])
    if OURS.match(now["Id"]) or is_ours(now["ControlGroup"]):
        raise ActionRefusal("ours", now["Id"])
    if KEEPERS.match(now["Id"]) and is_packaged(now["FragmentPath"]):
        raise ActionRefusal("keeper", now["Id"])
    return now


def query_properties(name):
    """Return some of its properties."""
    output = (
        action_runner.run_program([systemd_units.SYSTEMCTL, "show", "--property=" + ",".join(PROPERTIES), "--", name])
        or ""
    )
    return dict(line.partition("=")[::2] for line in output.splitlines())


def is_ours(group):
    """Return whether this process runs in that control group."""
    if not group:
        return False
    for pid in accounts.list_ancestors()[:-1]:
        with contextlib.suppress(OSError), open("/proc/%d/cgroup" % pid, encoding="utf-8", errors="replace") as file:
            if any(line.rstrip("\n").split(":", 2)[-1] == group for line in file):
                return True
    return False


def is_packaged(path):
    """Return whether a package brought the file: anybody may call a unit of theirs what they like."""
    bare = path[len("/usr") :] if path.startswith("/usr/lib/") else path
    return bool(path) and any(
        action_runner.run_program([DPKG_QUERY, "--search", "--", candidate]) is not None
        for candidate in dict.fromkeys((path, bare, "/usr" + bare))
    )


def plan(request, _connection):
    """Return what ``contain`` and ``confirm`` would do now; nothing is done."""
    now = check(request["what"])
    place, aside = get_paths({"unit": now["Id"]})
    rename_steps = [["rename", place, aside]] if os.path.lexists(place) and now["LoadState"] != "masked" else []
    steps = [["link", place, NOWHERE], "systemctl daemon-reload", "systemctl stop " + now["Id"]]
    return {"state": "planned", "would": [*TRIALS.steps(), *rename_steps, *steps, *TRIALS.last_steps()]}


def undo(record):
    """Have the unit as it was, in place of nothing. Raises Refused when something else has come in its place."""
    if hand_over(record):
        return
    place, aside = get_paths(record)
    with immutable.lift_flags_at(PLACE, aside):
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


def hand_over(record):
    """Return whether another action has the same unit stopped: then it brings back, in the end, what this one
    stopped.
    """
    for name, other in TRIALS.record.all().items():
        if name != record["id"] and other["unit"] == record["unit"]:
            flags = {word: record[word] or other[word] for word in ("ran", "masked", "aside")}
            TRIALS.record.keep(name, dict(other, **flags))
            return True
    return False


def describe_state(name):
    """Return a unit as it is now. Raises Refused for one that runs, or that something may start."""
    record = TRIALS.record.all()[name]
    now = query_properties(record["unit"])
    if now.get("LoadState") != "masked" or now.get("ActiveState") not in STOPPED_STATES:
        raise ActionRefusal("not_stopped", record["unit"])
    return {"state": "confirmed" if record["confirmed"] else "on_trial", "why": "", "about": ""}


TRIALS = auto_revert.Trials(HOME, UNIT, undo, describe_state)


def main(arguments):
    """Answer what is asked; without a question, undo what is not confirmed."""
    TRIALS.main(arguments, plan, contain)
