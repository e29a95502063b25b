"""Locks an account of this host and ends its sessions, and opens it again: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. The password no longer counts and the account has expired, so that keys let nobody
in either and its jobs do not start. Nothing of it is deleted. It is undone by this host itself within ``undoing.TRIAL`` seconds, also when it starts
anew meanwhile, unless it is confirmed by a connection that was made while it was in force: then it lasts until it is released.

Without an argument it undoes what is not confirmed: so the unit calls it.
"""

import os
import pwd

from ansible.module_utils.luytre_shared import acting, keys, people, undoing
from ansible.module_utils.luytre_shared.acting import Refused

HOME = "/var/lib/luytre/accounts"
UNIT = "luytre-contain-accounts.service"
USERMOD, CHAGE = "/usr/sbin/usermod", "/usr/bin/chage"
EXPIRED = "1"
"""The second day of 1970: of the first, programs take 0 for never."""
LOCK = "!"


def contain(asked, _connection):
    """Lock an account, on trial, and end its sessions; what is confirmed already stays so. Raises Refused."""
    name = asked["what"]
    entry = check(asked)
    with TRIALS.record.held():
        known = TRIALS.record.all().get(asked["id"])
        if known is None:
            line = people.shadow(name)
            locked = not line[0].startswith(LOCK)
            known = {"id": asked["id"], "account": name, "uid": entry.pw_uid, "locked": locked, "expires": line[6]}
        if not known.get("confirmed"):
            TRIALS.begin(asked["id"], known, __loader__)
        try:
            for words in steps(known):
                acting.ran(words)
            if not people.shares_number(name):
                people.sessions_end(entry.pw_uid)
            return seen(asked["id"])
        except Exception:
            TRIALS.end(asked["id"])
            raise


def steps(record):
    """The programs that lock it, by their words."""
    lock = [[USERMOD, "--lock", record["account"]]] if record["locked"] else []
    return [*lock, [CHAGE, "--expiredate", EXPIRED, record["account"]]]


def check(asked):
    """The account. Raises Refused for what is none, and for one without which nobody would come in."""
    name = asked["what"]
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise Refused("no_account", name)
    if people.shadow(name) is None:
        raise Refused("no_account", name)
    if name in (asked["automation"], os.environ.get("SUDO_USER")):
        raise Refused("automation", name)
    if name == pwd.getpwuid(0).pw_name:
        raise Refused("keeper", name)
    administrators = people.administrators(asked["admins"])
    others = administrators - {name, asked["automation"], os.environ.get("SUDO_USER")}
    if name in administrators and not any(people.comes_in(one, keys.of(one)) for one in others):
        raise Refused("last_admin", name)
    return entry


def plan(asked, _connection):
    """What ``contain`` and ``confirm`` would do now; nothing is done."""
    entry = check(asked)
    line = people.shadow(asked["what"])
    record = {"account": asked["what"], "locked": not line[0].startswith(LOCK)}
    left = [] if people.shares_number(asked["what"]) else people.sessions(entry.pw_uid)
    ended = ["SIGKILL %d" % pid for pid in left[: acting.MOST_SHOWN]]
    return {
        "state": "planned",
        "would": [*TRIALS.steps(), *(" ".join(words) for words in steps(record)), *ended, *TRIALS.last_steps()],
    }


def undo(record):
    """Have the account as it was, but for what somebody has changed since; it may be gone. Raises Refused when it does not come back."""
    name, line = record["account"], people.shadow(record["account"])
    if line is None or handed_on(record):
        return
    if record["locked"] and line[0] == LOCK:
        acting.ran([USERMOD, "--password", "", name])  # it had none
    elif record["locked"] and line[0].startswith(LOCK):
        acting.ran([USERMOD, "--unlock", name])
    if line[6] == EXPIRED:
        acting.ran([CHAGE, "--expiredate", record["expires"] or "-1", name])
    now = people.shadow(name)
    if (record["locked"] and now[0].startswith(LOCK)) or (line[6] == EXPIRED and now[6] != record["expires"]):
        raise Refused("not_undone", name)


def handed_on(record):
    """Whether another action has the same account locked: then it undoes, in the end, what this one did."""
    for name, other in TRIALS.record.all().items():
        if name != record["id"] and other["account"] == record["account"]:
            before = {"locked": record["locked"] or other["locked"], "expires": record["expires"]}
            TRIALS.record.keep(name, dict(other, **before))
            return True
    return False


def seen(name):
    """An account as it is now. Raises Refused for one that is not locked."""
    record = TRIALS.record.all()[name]
    line = people.shadow(record["account"])
    if line is not None and (not line[0].startswith(LOCK) or line[6] != EXPIRED):
        raise Refused("not_locked", record["account"])
    answer = {"state": "confirmed" if record["confirmed"] else "on_trial", "why": "", "about": ""}
    if people.shares_number(record["account"]):
        return dict(answer, why="shared_number", about=str(record["uid"]))
    left = people.of_account(record["uid"])
    return dict(answer, why="runs_on", about=" ".join(map(str, left[: acting.MOST_SHOWN]))) if left else answer


TRIALS = undoing.Trials(HOME, UNIT, undo, seen)


def main(arguments):
    """Answer what is asked; without a question, undo what is not confirmed."""
    TRIALS.main(arguments, plan, contain)
