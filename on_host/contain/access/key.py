"""Takes an SSH key's lines out of force on this host, and puts them back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. Wherever a line of an authorized_keys lets the key in, it
becomes a comment in its place, which the account's owner sees; nothing else of the file changes. A file that may let it
in and cannot be read to its end, or not be changed, as it is too large, is reached by links of its owner's or has
another name, gets another name beside it: it is its account's alone that lets nobody in then. The sessions of the
accounts that it let in end, but for those of the account that asks. It is undone by this host itself within
``auto_revert.TRIAL_SECONDS``, also when it starts anew meanwhile, unless it is confirmed by a connection that was made
while it was in force: then it lasts until it is released.

Without an argument it undoes what is not confirmed: so the unit calls it.
"""

import contextlib
import os
import pwd
import re
import secrets
import time

from ansible.module_utils.luytre_shared.files import immutable, safe_open
from ansible.module_utils.luytre_shared.incidents import action_runner, auto_revert, keys, lines, safe_move
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os import accounts as people

HOME = "/var/lib/luytre/keys"
UNIT = "luytre-contain-keys.service"
JOURNALCTL = "/usr/bin/journalctl"
RECENT = "-15min"
MAX_LINES = 1_000
LOOKING_SECONDS = 6
"""For all files of keys: much less than the time of an answer."""
ASIDE = ".luytre-contained-"
"""How the other name begins that a file gets beside it."""


def disable_ssh_key_on_trial_and_end_sessions(request, connection):
    """Take a key out of force, on trial, and end the sessions of those that it let in.

    What is confirmed already stays so. Raises ActionRefusal.
    """
    matches, aside = find_lines_and_files_to_disable_key(request, connection)
    with TRIALS.record.hold_lock():
        record = TRIALS.record.find_record_before_action_starts(request)
        if record is None:
            line_records = [[account, path, lines.compute_digest(line)] for account, path, line in matches]
            record = {
                "what": request["what"],
                "mark": lines.make_comment_mark_of_action(request["id"]),
                "lines": line_records,
                "key": request["what"],
                "aside": [],
            }
        if not record.get("confirmed"):
            TRIALS.record_trial_and_start_undo_unit(request["id"], record, __loader__)
        try:
            for account, path in sorted({(account, path) for account, path, _ in matches} | aside):
                if (account, path) in aside or not try_to_comment_out_key_in_file(account, path, record):
                    rename_key_file_out_of_use(request["id"], account, path)
            end_sessions_of_other_accounts_with_key(request, {account for account, *_ in (*matches, *aside)})
            return describe_state_of_contained_ssh_key(request["id"])
        except Exception:
            TRIALS.undo_action_and_delete_its_record(request["id"])
            raise


def try_to_comment_out_key_in_file(account, key_file, record):
    """Return whether the lines of a file are comments now.

    Whoever owns it may keep it from being changed at any moment.
    """
    try:
        rewrite_each_line_of_key_file(
            account, key_file, lambda line: comment_out_line_if_of_contained_key(line, record)
        )
    except (ActionRefusal, OSError):
        return False
    return True


def rename_key_file_out_of_use(action_id, account, key_file):
    """Have what a path of an account leads by under another name beside it, if it is the account's.

    What stays is seen afterwards. The record comes first.
    """
    with contextlib.ExitStack() as open_ones, contextlib.suppress(ActionRefusal, OSError):
        place, last = safe_move.open_folder_deciding_where_path_leads(key_file, open_ones)
        own = pwd.getpwnam(account).pw_uid
        if os.fstat(place).st_uid != own and os.lstat(last, dir_fd=place).st_uid != own:
            return
        moved_file = {
            "path": key_file,
            "folder": safe_open.get_real_path_of_descriptor(place),
            "name": last,
            "file": safe_move.identify_file_by_device_and_inode(place, last),
        }
        moved_file["aside"] = ASIDE + secrets.token_hex(8)
        record = TRIALS.record.read_all_records_by_action_id()[action_id]
        TRIALS.record.save_record_of_action(action_id, dict(record, aside=[*record.get("aside", []), moved_file]))
        with immutable.lift_immutable_flags_of_descriptors(
            place, *open_file_in_folder_if_readable(place, last, open_ones)
        ):
            os.rename(last, moved_file["aside"], src_dir_fd=place, dst_dir_fd=place)
        if safe_move.identify_file_by_device_and_inode(place, moved_file["aside"]) != moved_file["file"]:
            safe_move.move_file_back_unless_name_is_taken(place, moved_file["aside"], place, last)


def comment_out_line_if_of_contained_key(line, record):
    """Return a line as it is while the key is contained."""
    return (
        record["mark"].encode("ascii") + line
        if keys.get_fingerprint_of_authorized_keys_line(line) == record["key"]
        else line
    )


def restore_commented_out_key_line(line, record):
    """Return a line as it was, if it is one of those that were taken out of force."""
    return lines.uncomment_line_if_known_by_digest(line, record["mark"], {digest for _, _, digest in record["lines"]})


def find_lines_and_files_to_disable_key(request, connection):
    """Return what taking the key away concerns.

    It is ``(account, path, line)`` of each line that lets the key in, and ``(account, path)`` of each file that has to
    leave its place. Raises ActionRefusal where there is none, and where nobody would come in.
    """
    key = request["what"]
    matches, unread = find_authorized_keys_lines_of_key(key)
    if not matches and not unread and request["id"] not in set(TRIALS.record.read_all_records_by_action_id()):
        raise ActionRefusal("no_key", key)
    if len(matches) > MAX_LINES:
        raise ActionRefusal("too_much", str(MAX_LINES))
    ours = {request["automation"], os.environ.get("SUDO_USER")} - {None, ""}
    if key == find_key_this_connection_logged_in_by(connection) or any(
        set(keys.list_fingerprints(account)) == {key} for account in ours
    ):
        raise ActionRefusal("our_key", key)
    aside = {
        *unread,
        *((account, path) for account, path, _ in matches if not can_change_key_file_in_place(account, path)),
    }
    own = sorted(path for account, path in aside if account in ours)
    if own:
        raise ActionRefusal("unsafe", " ".join(own))
    administrators = people.list_accounts_that_may_become_root(request["admins"]) - ours
    holders = {account for account, *_ in (*matches, *aside)}
    if administrators & holders and not any(
        _can_log_in_without_key(administrator, key, {path for _, path in aside}) for administrator in administrators
    ):
        raise ActionRefusal("last_admin", " ".join(sorted(administrators & holders)))
    return matches, aside


def _can_log_in_without_key(account, key, aside):
    """Return whether an account has another way in, or another key in files that stay."""
    return people.can_log_in(account, [other for other in keys.list_fingerprints(account, aside) if other != key])


def find_authorized_keys_lines_of_key(key_fingerprint):
    """Return ``(account, path, line)`` of each line that lets a key in.

    With them comes ``{(account, path): why}`` of each file that nobody reads to its end.

    The smallest come first: those for which there is no time are of whoever makes theirs as large as they may be.
    """
    matches, unread, ends = [], {}, time.monotonic() + LOOKING_SECONDS
    for account, path in sorted(
        set(keys.iter_authorized_keys_files_of_accounts(keys.list_authorized_keys_patterns_of_sshd())),
        key=lambda entry: (get_file_size_or_zero(entry[1]), entry),
    ):
        if time.monotonic() > ends and get_file_size_or_zero(path):
            unread[account, path] = "there is no time"
            continue
        try:
            matches += [
                (account, path, line)
                for line in lines.split_lines_keeping_line_ends(keys.read_content(path))
                if keys.get_fingerprint_of_authorized_keys_line(line) == key_fingerprint
            ]
        except safe_open.Unsafe as unsafe:
            unread[account, path] = unsafe.strerror
    return matches, unread


def get_file_size_or_zero(path):
    """Return bytes of a file, 0 where there is none."""
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return 0


def can_change_key_file_in_place(account, key_file):
    """Return whether lines of a file can be changed in their place."""
    try:
        lines.check_file_lines_can_be_rewritten(key_file, list_uids_allowed_to_own_key_file(account), keys.MAX_FILE)
    except (ActionRefusal, OSError):
        return False
    return True


def list_uids_allowed_to_own_key_file(account):
    """Return whose its files may be, by their numbers."""
    return (0, pwd.getpwnam(account).pw_uid)


def find_key_this_connection_logged_in_by(connection):
    """Return the fingerprint of the key that this connection came in by, as sshd says in the journal.

    None where it does not.
    """
    if len(connection) != 4:
        raise ActionRefusal("no_connection", "")
    words = [
        "-o",
        "cat",
        "--since",
        RECENT,
        "-t",
        "sshd",
        "-t",
        "sshd-session",
        "_UID=0",
    ]  # anybody writes what they like
    pattern = r"(?m)^Accepted publickey for \S+ from %s port %s ssh2: \S+ (SHA256:\S+)"
    output = action_runner.run_program([JOURNALCTL, *words]) or ""
    fingerprints = re.findall(pattern % (re.escape(connection[0]), re.escape(connection[1])), output)
    return fingerprints[-1] if fingerprints else None


def end_sessions_of_other_accounts_with_key(request, accounts):
    """End what the accounts have open that it let in, but for the account's that asks, and what no number tells from
    others'.
    """
    others = sorted(accounts - {request["automation"], os.environ.get("SUDO_USER")})
    people.kill_all_sessions_of_accounts(
        *(pwd.getpwnam(account).pw_uid for account in others if not people.is_uid_shared_with_other_account(account))
    )


def rewrite_each_line_of_key_file(account, key_file, change_line):
    """Have each line of a file as ``change_line`` says.

    Raises ActionRefusal for a file that is not the account's or root's alone, or is reached by links.
    """
    lines.rewrite_lines(key_file, list_uids_allowed_to_own_key_file(account), keys.MAX_FILE, change_line)


def plan_disabling_of_ssh_key(request, connection):
    """Return what ``contain`` and ``confirm`` would do now; nothing is done."""
    matches, aside = find_lines_and_files_to_disable_key(request, connection)
    begins = lines.make_comment_mark_of_action(request["id"])
    steps = [["beside", path, ASIDE] for _, path in sorted(aside)]
    steps += [
        ["comment_key", path, begins, request["what"]] for account, path, _ in matches if (account, path) not in aside
    ]
    return {
        "state": "planned",
        "would": [
            *TRIALS.list_planned_steps_of_trial_start(),
            *steps[: action_runner.MAX_SHOWN],
            *TRIALS.list_planned_steps_of_confirmation(),
        ],
    }


def restore_key_lines_and_moved_key_files(record):
    """Have each line as it was that is as it was left, and each file in its place; files and accounts may be gone.

    Raises ActionRefusal for what cannot be reached.
    """
    failed_paths = [
        moved_file["path"] for moved_file in record.get("aside", []) if not put_moved_key_file_back(moved_file)
    ]
    for account, path in sorted({(account, path) for account, path, _ in record["lines"]}):
        try:
            if any(
                restore_commented_out_key_line(line, record) != line
                for line in lines.split_lines_keeping_line_ends(keys.read_content(path))
            ):
                rewrite_each_line_of_key_file(account, path, lambda line: restore_commented_out_key_line(line, record))
        except KeyError:  # the account is gone, and lets nobody in
            continue
        except (ActionRefusal, OSError):
            failed_paths.append(path)
    if failed_paths:
        raise ActionRefusal("unsafe", " ".join(failed_paths))


def put_moved_key_file_back(moved_file):
    """Have what was put aside under its name again, in place of nothing. Whether it is, or is gone."""
    with contextlib.ExitStack() as open_ones:
        try:
            place = safe_move.close_descriptor_when_stack_ends(
                open_ones, safe_open.open_path(moved_file["folder"], safe_open.DIRECTORY)
            )
        except OSError:
            return True
        if is_key_file_under_its_aside_name(place, moved_file):
            with immutable.lift_immutable_flags_of_descriptors(
                place, *open_file_in_folder_if_readable(place, moved_file["aside"], open_ones)
            ):
                safe_move.move_file_back_unless_name_is_taken(place, moved_file["aside"], place, moved_file["name"])
        return not is_key_file_under_its_aside_name(place, moved_file)


def is_key_file_under_its_aside_name(folder, moved_file):
    """Return whether the very thing is under its other name in an open folder."""
    return safe_move.identify_file_by_device_and_inode(folder, moved_file["aside"]) == moved_file["file"]


def open_file_in_folder_if_readable(folder, name, open_ones):
    """Return a descriptor of the file of that name, if it is one that can be opened."""
    with contextlib.suppress(OSError):
        return [safe_move.close_descriptor_when_stack_ends(open_ones, safe_open.open_name_in_open_folder(folder, name))]
    return []


def list_key_files_now_moved_aside(record):
    """Return the paths of files that are beside their place now."""
    paths = []
    for moved_file in record.get("aside", []):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
            place = safe_move.close_descriptor_when_stack_ends(
                open_ones, safe_open.open_path(moved_file["folder"], safe_open.DIRECTORY)
            )
            if is_key_file_under_its_aside_name(place, moved_file):
                paths.append(moved_file["path"])
    return paths


def describe_state_of_contained_ssh_key(action_id):
    """Return a key as it is now.

    What an account has put in force again, or keeps from being read, is told, and lets nothing else be undone.
    """
    record = TRIALS.record.read_all_records_by_action_id()[action_id]
    matches, unread = find_authorized_keys_lines_of_key(record["key"])
    answer = {"state": "confirmed" if record["confirmed"] else "on_trial"}
    active_files = sorted({(account, path) for account, path, _ in matches})
    if active_files or unread:
        why, files = ("key_again", active_files) if active_files else ("unread_files", sorted(unread))
        about = " ".join("%s %s" % file for file in files)[: action_runner.MAX_REASON]
        return {"state": "unknown" if record["confirmed"] else "on_trial", "why": why, "about": about}
    aside = list_key_files_now_moved_aside(record)
    about = " ".join(sorted({*aside, *(path for _, path, _ in record["lines"])}))[: action_runner.MAX_REASON]
    return dict(answer, why="files_aside" if aside else "in_files", about=about)


TRIALS = auto_revert.ContainmentTrials(
    HOME, UNIT, restore_key_lines_and_moved_key_files, describe_state_of_contained_ssh_key
)


def main(arguments):
    """Answer what is asked; without a question, undo what is not confirmed."""
    TRIALS.answer_question_or_watch_trials(
        arguments, plan_disabling_of_ssh_key, disable_ssh_key_on_trial_and_end_sessions
    )
