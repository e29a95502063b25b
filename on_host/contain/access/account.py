"""Locks an account of this host and ends its sessions, and opens it again.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. The password no longer counts and the account has expired, so
that keys let nobody in either and its jobs do not start. Nothing of it is deleted. It is undone by this host itself
within ``auto_revert.TRIAL_SECONDS``, also when it starts anew meanwhile, unless it is confirmed by a connection that
was made while it was in force: then it lasts until it is released.

Only the very password that was locked counts again after a release: of what somebody has changed since, nothing, and
never an empty one, by which anybody would come in.

Without an argument it undoes what is not confirmed: so the unit calls it.
"""

import hashlib
import os
import pwd

from ansible.module_utils.luytre_shared.files import immutable
from ansible.module_utils.luytre_shared.incidents import action_runner, auto_revert, keys
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os import accounts

HOME = "/var/lib/luytre/accounts"
UNIT = "luytre-contain-accounts.service"
USERMOD, CHAGE = "/usr/sbin/usermod", "/usr/bin/chage"
EXPIRY_DAY = "1"
"""The second day of 1970: of the first, programs take 0 for never."""
LOCK = "!"
FILES = ("/etc", "/etc/shadow", "/etc/shadow-", "/etc/passwd")
"""What the programs replace, and read."""


def lock_account_on_trial(request, _connection):
    """Lock an account, on trial, and end its sessions; what is confirmed already stays so. Raises ActionRefusal."""
    name = request["what"]
    entry = get_account_that_may_be_locked(request)
    with TRIALS.record.hold_lock():
        record = TRIALS.record.find_record_before_action_starts(request)
        if record is None:
            record = {
                "id": request["id"],
                "what": name,
                "account": name,
                "uid": entry.pw_uid,
                **capture_account_state(name),
            }
        if not record.get("confirmed"):
            TRIALS.record_trial_and_start_undo_unit(request["id"], record, __loader__)
        try:
            with immutable.lift_immutable_flags_of_paths(*FILES):
                for words in build_account_lock_commands(record):
                    action_runner.run_program(words)
            if not accounts.is_uid_shared_with_other_account(name):
                accounts.kill_all_sessions_of_accounts(entry.pw_uid)
            return describe_locked_account(request["id"])
        except Exception:
            TRIALS.undo_action_and_delete_its_record(request["id"])
            raise


def capture_account_state(name):
    """Return what of an account is to come back; of what another action of this means has changed, what that
    one found.
    """
    line = accounts.read_shadow(name)
    is_unlocked = not line[0].startswith(LOCK)
    state = {
        "locked": is_unlocked,
        "password": digest_password_field(line[0]) if is_unlocked else None,
        "expires": line[6],
    }
    for other in TRIALS.record.read_all_records_by_action_id().values():
        if other["account"] == name and line[6] == EXPIRY_DAY:
            state["expires"] = other["expires"]
    return state


def digest_password_field(field):
    """Return the SHA-256 of a password's field in hex.

    It tells whether that is the same, and is worth nothing to whoever reads it.
    """
    return hashlib.sha256(field.encode("utf-8", "surrogateescape")).hexdigest()


def is_field_locked_by_record(field, record):
    """Return whether a password's field is the one that was there, locked, and nothing else."""
    return (
        bool(record["locked"])
        and field.startswith(LOCK)
        and digest_password_field(field[len(LOCK) :]) == record.get("password")
    )


def build_account_lock_commands(record):
    """Return the programs that lock it, by their words."""
    lock = [[USERMOD, "--lock", record["account"]]] if record["locked"] else []
    return [*lock, [CHAGE, "--expiredate", EXPIRY_DAY, record["account"]]]


def get_account_that_may_be_locked(request):
    """Return the account. Raises ActionRefusal for what is none, and for one without which nobody would come in."""
    name = request["what"]
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise ActionRefusal("no_account", name)
    if accounts.read_shadow(name) is None:
        raise ActionRefusal("no_shadow", name)
    if name in (request["automation"], os.environ.get("SUDO_USER")):
        raise ActionRefusal("automation", name)
    if name == pwd.getpwuid(0).pw_name:
        raise ActionRefusal("keeper", name)
    administrators = accounts.list_accounts_that_may_become_root(request["admins"])
    others = administrators - {name, request["automation"], os.environ.get("SUDO_USER")}
    if name in administrators and not any(
        accounts.can_log_in(other, keys.list_fingerprints(other)) for other in others
    ):
        raise ActionRefusal("last_admin", name)
    return entry


def plan_account_lock(request, _connection):
    """Return what ``contain`` and ``confirm`` would do now; nothing is done."""
    entry = get_account_that_may_be_locked(request)
    line = accounts.read_shadow(request["what"])
    record = {"account": request["what"], "locked": not line[0].startswith(LOCK)}
    session_pids = (
        []
        if accounts.is_uid_shared_with_other_account(request["what"])
        else accounts.list_session_pids_of_uid_but_own(entry.pw_uid)
    )
    kill_steps = ["SIGKILL %d" % pid for pid in session_pids[: action_runner.MAX_SHOWN]]
    return {
        "state": "planned",
        "would": [
            *TRIALS.list_planned_steps_of_trial_start(),
            *(" ".join(words) for words in build_account_lock_commands(record)),
            *kill_steps,
            *TRIALS.list_planned_steps_of_confirmation(),
        ],
    }


def restore_account(record):
    """Have the account as it was, but for what somebody has changed since; it may be gone.

    Return why its password stays locked, "" where it does not.

    Raises ActionRefusal when what is to come back does not.
    """
    name, line = record["account"], accounts.read_shadow(record["account"])
    if line is None or hand_over_lock_to_other_action(record, line):
        return ""
    comes_back = is_field_locked_by_record(line[0], record) and line[0] != LOCK
    with immutable.lift_immutable_flags_of_paths(*FILES):
        if comes_back:
            action_runner.run_program([USERMOD, "--unlock", name])
        if line[6] == EXPIRY_DAY:
            action_runner.run_program([CHAGE, "--expiredate", record["expires"] or "-1", name])
    now = accounts.read_shadow(name)
    if (comes_back and digest_password_field(now[0]) != record["password"]) or (
        line[6] == EXPIRY_DAY and now[6] != record["expires"]
    ):
        raise ActionRefusal("not_undone", name)
    if comes_back or not record["locked"] or not line[0].startswith(LOCK):
        return ""
    return "no_password" if is_field_locked_by_record(line[0], record) else "other_password"


def hand_over_lock_to_other_action(record, shadow_fields):
    """Return whether another action has the same account locked: then it undoes, in the end, what this one did."""
    for name, other in TRIALS.record.read_all_records_by_action_id().items():
        if name != record["id"] and other["account"] == record["account"]:
            if is_field_locked_by_record(shadow_fields[0], record):
                other = dict(other, locked=True, password=record["password"])
            TRIALS.record.save_record_of_action(name, other)
            return True
    return False


def describe_locked_account(name):
    """Return an account as it is now. Raises ActionRefusal for one that is not locked."""
    record = TRIALS.record.read_all_records_by_action_id()[name]
    line = accounts.read_shadow(record["account"])
    if line is not None and (not line[0].startswith(LOCK) or line[6] != EXPIRY_DAY):
        raise ActionRefusal("not_locked", record["account"])
    answer = {"state": "confirmed" if record["confirmed"] else "on_trial", "why": "", "about": ""}
    if accounts.is_uid_shared_with_other_account(record["account"]):
        return dict(answer, why="shared_number", about=str(record["uid"]))
    pids = accounts.list_pids_of_uid_but_own(record["uid"])
    return dict(answer, why="runs_on", about=" ".join(map(str, pids[: action_runner.MAX_SHOWN]))) if pids else answer


TRIALS = auto_revert.ContainmentTrials(HOME, UNIT, restore_account, describe_locked_account)


def main(arguments):
    """Answer what is asked; without a question, undo what is not confirmed."""
    TRIALS.answer_question_or_watch_trials(arguments, plan_account_lock, lock_account_on_trial)
