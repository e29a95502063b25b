"""Locks an account of this host and ends its sessions, and opens it again: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. The password no longer counts and the account has expired, so that keys let nobody
in either and its jobs do not start. Nothing of it is deleted. It is undone by this host itself within ``undoing.TRIAL`` seconds, also when it starts
anew meanwhile, unless it is confirmed by a connection that was made while it was in force: then it lasts until it is released.

Only the very password that was locked counts again after a release: of what somebody has changed since, nothing, and never an empty one, by which
anybody would come in.

Without an argument it undoes what is not confirmed: so the unit calls it.
"""

import hashlib
import os
import pwd

from ansible.module_utils.luytre_shared import acting, immutable, keys, people, undoing
from ansible.module_utils.luytre_shared.acting import Refused

HOME = "/var/lib/luytre/accounts"
UNIT = "luytre-contain-accounts.service"
USERMOD, CHAGE = "/usr/sbin/usermod", "/usr/bin/chage"
EXPIRED = "1"
"""The second day of 1970: of the first, programs take 0 for never."""
LOCK = "!"
FILES = ("/etc", "/etc/shadow", "/etc/shadow-", "/etc/passwd")
"""What the programs replace, and read."""


def contain(asked, _connection):
    """Lock an account, on trial, and end its sessions; what is confirmed already stays so. Raises Refused."""
    name = asked["what"]
    entry = check(asked)
    with TRIALS.record.held():
        known = TRIALS.record.begun(asked)
        if known is None:
            known = {"id": asked["id"], "what": name, "account": name, "uid": entry.pw_uid, **before(name)}
        if not known.get("confirmed"):
            TRIALS.begin(asked["id"], known, __loader__)
        try:
            with immutable.lifted_at(*FILES):
                for words in steps(known):
                    acting.ran(words)
            if not people.shares_number(name):
                people.sessions_end(entry.pw_uid)
            return seen(asked["id"])
        except Exception:
            TRIALS.end(asked["id"])
            raise


def before(name):
    """Return what of an account is to come back; of what another action of this means has changed, what that one found."""
    line = people.shadow(name)
    locked = not line[0].startswith(LOCK)
    found = {"locked": locked, "password": digest(line[0]) if locked else None, "expires": line[6]}
    for other in TRIALS.record.all().values():
        if other["account"] == name and line[6] == EXPIRED:
            found["expires"] = other["expires"]
    return found


def digest(field):
    """Return the SHA-256 of a password's field in hex: it tells whether that is the same, and is worth nothing to whoever reads it."""
    return hashlib.sha256(field.encode("utf-8", "surrogateescape")).hexdigest()


def is_ours(field, record):
    """Return whether a password's field is the one that was there, locked, and nothing else."""
    return bool(record["locked"]) and field.startswith(LOCK) and digest(field[len(LOCK) :]) == record.get("password")


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
        raise Refused("no_shadow", name)
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
    """Have the account as it was, but for what somebody has changed since; it may be gone. Return why its password stays locked, "" where it does not.

    Raises Refused when what is to come back does not.
    """
    name, line = record["account"], people.shadow(record["account"])
    if line is None or handed_on(record, line):
        return ""
    comes_back = is_ours(line[0], record) and line[0] != LOCK
    with immutable.lifted_at(*FILES):
        if comes_back:
            acting.ran([USERMOD, "--unlock", name])
        if line[6] == EXPIRED:
            acting.ran([CHAGE, "--expiredate", record["expires"] or "-1", name])
    now = people.shadow(name)
    if (comes_back and digest(now[0]) != record["password"]) or (line[6] == EXPIRED and now[6] != record["expires"]):
        raise Refused("not_undone", name)
    if comes_back or not record["locked"] or not line[0].startswith(LOCK):
        return ""
    return "no_password" if is_ours(line[0], record) else "other_password"


def handed_on(record, line):
    """Return whether another action has the same account locked: then it undoes, in the end, what this one did."""
    for name, other in TRIALS.record.all().items():
        if name != record["id"] and other["account"] == record["account"]:
            if is_ours(line[0], record):
                other = dict(other, locked=True, password=record["password"])
            TRIALS.record.keep(name, other)
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
