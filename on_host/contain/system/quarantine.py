"""Takes files out of their place on this host and puts them back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. A file is renamed into a folder of root's, so that it stays
the very thing that it was, whoever owns it and whatever hangs on it. On another file system that folder lies there;
from it the file is copied with all that, and read again, and where its owner keeps it from being copied, by its size,
by what hangs on it or by writing on, it stays. Whoever can write the folder where it lies may swap names at any moment:
the way is gone by descriptors and no link is followed, what was taken is compared with what was looked at, and nothing
that has come in its place is ever written over.
"""

import contextlib
import errno
import json
import os
import secrets
import signal
import stat
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ansible.module_utils.luytre_shared.files import immutable, safe_open
from ansible.module_utils.luytre_shared.incidents import action_runner, quarantine_store, safe_move
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

ROOTS = ("/var/www", "/srv", "/tmp", "/var/tmp", "/dev/shm")
"""Besides the document roots that are declared. Elsewhere lies what the host, and the way into it, live by."""
FILE_NAME = "file"
MAX_HANDLES = 200_000
SECONDS = 25


STORE = quarantine_store.QuarantineStore("/var/lib/luytre/quarantine")


def quarantine_file_once(request):
    """Take a file out of its place; once, however often it is asked for."""
    name = request["id"]
    with STORE.hold_lock(), contextlib.ExitStack() as open_ones:
        record = STORE.find_record_before_action_starts(request)
        if record is not None and open_folder_holding_quarantined_file(name, record, open_ones) is not None:
            record_digest_and_copy_quarantined_file(name, record, open_ones)
            return describe_quarantined_file_where_it_is_now(name)
        root = find_root_allowing_quarantine_of_path(request)
        place, last = open_original_folder_of_file({"path": request["what"], "root": root}, open_ones)
        there, reading = open_regular_file_in_folder(place, last, request["what"], open_ones)
        status = os.fstat(there)
        record = {
            "what": request["what"],
            "path": request["what"],
            "root": root,
            "sha256": None,
            "file": [status.st_dev, status.st_ino],
            "aside": ".luytre-" + secrets.token_hex(8),
        }
        STORE.save_record_of_action(name, record)
        try:
            with immutable.lift_immutable_flags_of_descriptors(place, reading):
                move_to_quarantine(name, place, last, record, open_ones)
                record_digest_and_copy_quarantined_file(name, record, open_ones)
        except BaseException:
            if open_folder_holding_quarantined_file(name, record, open_ones) is None:
                STORE.delete_record_of_action(name)
            raise
        return describe_quarantined_file_where_it_is_now(name)


def move_to_quarantine(action_id, folder_of_file, file_name, record, open_ones):
    """Have the file in a folder of root's alone on the file system that it is on. Raises ActionRefusal, OSError."""
    folder = safe_move.close_descriptor_when_stack_ends(
        open_ones, os.open(STORE.get_folder_of_action(action_id), safe_open.FOLDER)
    )
    try:
        safe_move.move_file_into_own_folder(folder_of_file, file_name, record, folder, FILE_NAME)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        safe_move.set_file_apart_on_its_own_filesystem(
            folder_of_file,
            file_name,
            record,
            FILE_NAME,
            lambda: STORE.save_record_of_action(action_id, record),
            open_ones,
        )


def record_digest_and_copy_quarantined_file(action_id, record, open_ones):
    """Have on record what a taken file holds, and a copy of it here where it lies on another file system and lets
    itself be copied.
    """
    folder = open_folder_holding_quarantined_file(action_id, record, open_ones)
    reading = open_regular_file_in_folder(folder, FILE_NAME, record["path"], open_ones)[1]
    if record["sha256"] is None:
        record["sha256"] = safe_move.compute_digest(reading)
        STORE.save_record_of_action(action_id, record)
    away = safe_move.open_folder_of_file_set_apart(record, open_ones)
    if away is None or safe_move.identify_file_by_device_and_inode(away, FILE_NAME) is None:
        return
    own = safe_move.close_descriptor_when_stack_ends(
        open_ones, os.open(STORE.get_folder_of_action(action_id), safe_open.FOLDER)
    )
    with contextlib.suppress(FileNotFoundError):
        os.unlink(record["aside"], dir_fd=own)
    try:
        if not STORE.has_item_kept_for_action(action_id, FILE_NAME):
            safe_move.copy_file(reading, own, record["aside"], record["sha256"])
            os.rename(record["aside"], FILE_NAME, src_dir_fd=own, dst_dir_fd=own)
    except (OSError, ActionRefusal):  # whoever owns it sees to that: it stays where it is
        return
    safe_move.remove_file_set_apart_and_its_folder(record, away, FILE_NAME, open_ones)


def open_folder_holding_quarantined_file(action_id, record, open_ones):
    """Return the open folder in which the file is kept; None when it is in none."""
    if STORE.has_item_kept_for_action(action_id, FILE_NAME):
        return safe_move.close_descriptor_when_stack_ends(
            open_ones, os.open(STORE.get_folder_of_action(action_id), safe_open.FOLDER)
        )
    away = safe_move.open_folder_of_file_set_apart(record, open_ones)
    return None if away is None or safe_move.identify_file_by_device_and_inode(away, FILE_NAME) is None else away


def find_root_allowing_quarantine_of_path(request):
    """Return the root below which the path lies that is asked for, or which it is.

    Raises ActionRefusal for one where nothing is taken.
    """
    path = os.fsdecode(unquote_to_bytes(request["what"]))
    roots = [root.rstrip("/") for root in (*ROOTS, *request["roots"]) if root.strip("/")]
    matches = [root for root in roots if path == root or path.startswith(root + "/")]
    if not matches:
        raise ActionRefusal("elsewhere", request["what"])
    return max(matches, key=len)


def open_original_folder_of_file(record, open_ones):
    """Return ``(open folder, name)`` of a file's place. Raises ActionRefusal."""
    return safe_move.open_parent_folder_without_links(
        os.fsdecode(unquote_to_bytes(record["path"])), open_ones, record.get("root", "")
    )


def open_regular_file_in_folder(folder, file_name, path, open_ones):
    """Return ``(held, for reading)``: the file of that name in an open folder.

    Raises ActionRefusal for what is no regular file.

    While its owner's process has a lease on a file, nobody opens it without waiting for that: None, for reading.
    """
    there = safe_move.close_descriptor_when_stack_ends(
        open_ones, safe_open.open_name_in_open_folder(folder, file_name, safe_open.ANYTHING)
    )
    if not stat.S_ISREG(os.fstat(there).st_mode):
        raise ActionRefusal("no_file", path)
    try:
        return there, safe_move.close_descriptor_when_stack_ends(open_ones, safe_open.reopen(there))
    except BlockingIOError:
        return there, None


def plan_quarantine_of_file(request):
    """Return what ``quarantine_file_once`` would do now; nothing is written."""
    with contextlib.ExitStack() as open_ones:
        place, last = open_original_folder_of_file(
            {"path": request["what"], "root": find_root_allowing_quarantine_of_path(request)}, open_ones
        )
        there, reading = open_regular_file_in_folder(place, last, request["what"], open_ones)
        sha256, stored_path = (
            safe_move.compute_digest(reading),
            os.path.join(STORE.get_folder_of_action(request["id"]), FILE_NAME),
        )
        same = os.fstat(there).st_dev == STORE.get_device_of_store()
        top = safe_open.get_real_path_of_descriptor(
            safe_move.list_parent_folders_on_same_filesystem(place, open_ones)[0]
        )
        apart = os.path.join(top, safe_move.APART + "...", FILE_NAME)
        far = [["rename", request["what"], apart], ["copy_away", apart, stored_path]]
        return {
            "state": "planned",
            "sha256": sha256,
            "would": [["rename", request["what"], stored_path]] if same else far,
        }


def put_quarantined_file_back(request):
    """Put a file back where it was, in place of nothing."""
    name = request["id"]
    with STORE.hold_lock(), contextlib.ExitStack() as open_ones:
        record = STORE.find_record_of_requested_action(request)
        if record is None:
            return action_runner.NONE_KEPT
        folder = open_folder_holding_quarantined_file(name, record, open_ones)
        if folder is None and record.get("apart"):
            STORE.delete_record_of_action(name)
            return {"state": "none", "why": "kept_gone", "about": describe_quarantine_path_on_own_filesystem(record)}
        handles = []
        if folder is not None:
            place, last = open_original_folder_of_file(record, open_ones)
            handles = [place, open_regular_file_in_folder(folder, FILE_NAME, record["path"], open_ones)[1]]
        with immutable.lift_immutable_flags_of_descriptors(*handles):
            if folder is not None:
                safe_move.put_kept_file_back_if_name_is_free(folder, FILE_NAME, place, last, record, open_ones)
            away = safe_move.open_folder_of_file_set_apart(record, open_ones)
            if away is not None and safe_move.identify_file_by_device_and_inode(away, FILE_NAME) is not None:
                safe_move.remove_file_set_apart_and_its_folder(record, away, FILE_NAME, open_ones)
            STORE.delete_record_of_action(name)
        return {"state": "none"}


def report_state_of_quarantined_file(request):
    """Return what there is of a file that was taken."""
    if STORE.read_record_of_action(request["id"]) is None:
        return {"state": "none"}
    return describe_quarantined_file_where_it_is_now(request["id"])


def describe_quarantined_file_where_it_is_now(action_id):
    """Return a file as it was taken, looked at where it is now; and what of it is still about."""
    record = STORE.read_record_of_action(action_id)
    with contextlib.ExitStack() as open_ones:
        own, answer = (
            open_folder_holding_quarantined_file(action_id, record, open_ones),
            {"state": "confirmed", "sha256": None, "why": ""},
        )
        if own is not None:
            there, reading = open_regular_file_in_folder(own, FILE_NAME, record["path"], open_ones)
            status, answer["sha256"] = os.fstat(there), safe_move.compute_digest(reading)
        try:
            place, last = open_original_folder_of_file(record, open_ones)
            os.lstat(last, dir_fd=place)
            return dict(answer, why="back_again", about=record["path"])
        except (FileNotFoundError, NotADirectoryError, ActionRefusal):
            pass
        if own is None:
            return dict(answer, why="kept_gone", about=describe_quarantine_path_on_own_filesystem(record))
        if answer["sha256"] is not None and record["sha256"] not in (None, answer["sha256"]):
            return dict(answer, why="changed")
        if status.st_nlink > 1:
            return dict(answer, why="other_names", about=str(status.st_nlink - 1))
        holders = find_processes_holding_file_open(status)
        if holders:
            return dict(answer, why="held_open", about=" ".join(holders))
        return (
            answer
            if STORE.has_item_kept_for_action(action_id, FILE_NAME)
            else dict(answer, why="kept_there", about=describe_quarantine_path_on_own_filesystem(record))
        )


def describe_quarantine_path_on_own_filesystem(record):
    """Return where a file is kept on its own file system, as one line."""
    return quote_from_bytes(os.fsencode(record.get("apart") or ""), safe="/")[: action_runner.MAX_REASON]


def find_processes_holding_file_open(file_status):
    """Return processes, by their numbers, that have the file open, but for this one."""
    pids, count = [], 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            for handle in os.listdir("/proc/%s/fd" % pid) if int(pid) != os.getpid() else ():
                count += 1
                with contextlib.suppress(OSError):
                    other = os.stat("/proc/%s/fd/%s" % (pid, handle))
                    if (other.st_dev, other.st_ino) == (file_status.st_dev, file_status.st_ino):
                        pids.append(pid)
        if count > MAX_HANDLES:
            break
    return sorted(set(pids), key=int)[:20]


ACTIONS = {
    "plan": plan_quarantine_of_file,
    "contain": quarantine_file_once,
    "release": put_quarantined_file_back,
    "look": report_state_of_quarantined_file,
}


def raise_refusal_when_time_is_over(_number, _frame):
    raise ActionRefusal("late", "")


def main(arguments):
    """Answer what is asked."""
    signal.signal(signal.SIGALRM, raise_refusal_when_time_is_over)
    signal.alarm(SECONDS)
    try:
        print(json.dumps(answer_quarantine_question(json.loads(arguments[1]))))
    finally:
        signal.alarm(0)


def is_file_of_action_in_quarantine(action_id):
    """Return whether the file of an action is in a folder of root's."""
    record = STORE.read_record_of_action(action_id)
    with contextlib.ExitStack() as open_ones:
        return record is not None and open_folder_holding_quarantined_file(action_id, record, open_ones) is not None


def answer_quarantine_question(question):
    """Return what is said to a question, whatever the system refuses."""
    try:
        return ACTIONS[question["do"]](question)
    except ActionRefusal as refusal:
        # A file that takes long to be looked at may be in its folder by then.
        late = refusal.args[0] == "late" and is_file_of_action_in_quarantine(question["id"])
        state = "unknown" if late else "refused"
        return {"state": state, "why": refusal.args[0], "about": str(refusal.args[1])[:200]}
    except FileNotFoundError:
        return {"state": "refused", "why": "no_file", "about": ""}
    except OSError as error:
        return {"state": "refused", "why": "fault", "about": str(error.strerror)[:200]}
