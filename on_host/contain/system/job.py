"""Takes a job out of a crontab of this host, and puts it back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. Its line becomes a comment in its place, which the crontab's
owner sees; all other jobs of the crontab go on. Cron reads a crontab again only when its time is another one than the
time that it read it by, in whole seconds: so that moves with every change, and comes back with the line when nobody has
changed the file meanwhile.
"""

import os
import pwd
import re
import time
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.incidents import action_runner, lines
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

HOME = "/var/lib/luytre/jobs"
RECORD = action_runner.ActionRecord(HOME)
TABLE, TABLES, SPOOL = "/etc/crontab", "/etc/cron.d", "/var/spool/cron/crontabs"
WHAT = re.compile(r"(.+):([1-9][0-9]{0,5})(?:@([0-9a-f]{12}))?\Z", re.DOTALL)
MAX_FILE = 8_000_000
SECOND = 1_000_000_000


def comment_out_cron_job_once(request, _connection):
    """Have a job's line be a comment; once, however often it is asked for. Raises ActionRefusal."""
    with RECORD.hold_lock():
        record = RECORD.find_record_before_action_starts(request)
        if record is None:
            path, line = find_crontab_path_and_line_of_job(request)
            record = {
                "what": request["what"],
                "path": path,
                "line": lines.compute_digest(line),
                "mark": lines.make_comment_mark_of_action(request["id"]),
            }
            RECORD.save_record_of_action(request["id"], record)
        try:
            rewrite_each_line_of_crontab_of_job(record, lambda line: comment_out_line_if_of_contained_job(line, record))
            return check_that_cron_job_is_commented_out(record)
        except Exception:
            restore_crontab_line_and_forget_record(request["id"])
            raise


def find_crontab_path_and_line_of_job(request):
    """Return ``(path, line)`` of the job that is asked for, as ``PATH:NUMBER`` or ``PATH:NUMBER@DIGEST``.

    Raises ActionRefusal.
    """
    what = WHAT.match(request["what"])
    path = os.fsdecode(unquote_to_bytes(what[1]))
    if path != TABLE and os.path.dirname(path) not in (TABLES, SPOOL):
        raise ActionRefusal("elsewhere", request["what"])
    there = read_crontab_lines(path)
    matches = (
        there[int(what[2]) - 1 : int(what[2])]
        if what[3] is None
        else find_crontab_lines_by_digest_prefix(there, what[3])
    )
    if not matches or not is_crontab_line_no_comment(matches[0]):
        raise ActionRefusal("no_job", request["what"])
    return path, matches[0]


def find_crontab_lines_by_digest_prefix(crontab_lines, digest_prefix):
    """Return the lines of which that is the beginning of the digest: other lines may have come before them
    meanwhile.
    """
    return [line for line in crontab_lines if lines.compute_digest(line.rstrip(b"\n")).startswith(digest_prefix)]


def is_crontab_line_no_comment(crontab_line):
    """Return whether cron takes a line for anything but a comment."""
    return bool(crontab_line.strip()) and not crontab_line.lstrip().startswith(b"#")


def read_crontab_lines(crontab_path):
    """Return the lines of a crontab; none of one that is gone.

    Raises ActionRefusal for one that is reached by links that root did not make, or is too large.
    """
    try:
        handle = safe_open.open_path(crontab_path, links=safe_open.ROOTS_LINKS)
    except FileNotFoundError:
        return []
    except safe_open.Unsafe as unsafe:
        raise ActionRefusal("unsafe", "%s: %s" % (crontab_path, unsafe.strerror))
    try:
        return lines.split_lines_keeping_line_ends(safe_open.read_whole(handle, MAX_FILE, crontab_path))
    except safe_open.Unsafe:
        raise ActionRefusal("too_large", crontab_path)
    finally:
        os.close(handle)


def comment_out_line_if_of_contained_job(crontab_line, record):
    """Return a line as it is while the job is contained; one that says the same runs the same."""
    return (
        record["mark"].encode("ascii") + crontab_line
        if lines.compute_digest(crontab_line) == record["line"]
        else crontab_line
    )


def restore_commented_line_of_job(crontab_line, record):
    """Return a line as it was, if it is the job's."""
    return lines.uncomment_line_if_known_by_digest(crontab_line, record["mark"], {record["line"]})


def rewrite_each_line_of_crontab_of_job(record, change_line):
    """Have each line of the job's crontab as ``change_line`` says. Raises ActionRefusal."""
    lines.rewrite_lines(
        record["path"],
        list_uids_allowed_to_own_crontab(record["path"]),
        MAX_FILE,
        change_line,
        lambda status: choose_mtime_so_cron_rereads_crontab(record, status),
    )


def list_uids_allowed_to_own_crontab(crontab_path):
    """Return whose the crontab may be, by their numbers: cron reads no other's."""
    try:
        return (
            (0, pwd.getpwnam(os.path.basename(crontab_path)).pw_uid) if os.path.dirname(crontab_path) == SPOOL else (0,)
        )
    except KeyError:
        return (0,)


def choose_mtime_so_cron_rereads_crontab(record, status):
    """Return the time that a crontab gets with a change, by which cron knows of it.

    Of all jobs that are taken out of it, what it was before them is on record.
    """
    those = {
        name: other for name, other in RECORD.read_all_records_by_action_id().items() if other["path"] == record["path"]
    }
    before = next((other["before"] for other in those.values() if other.get("after") == status.st_mtime_ns), None)
    after = max(time.time_ns(), status.st_mtime_ns + SECOND)
    times = {"before": status.st_mtime_ns if before is None else before, "after": after}
    RECORD.replace_all_records(
        {**RECORD.read_all_records_by_action_id(), **{name: {**other, **times} for name, other in those.items()}}
    )
    return after


def put_cron_job_back(request, _connection):
    """Have a job's line as it was, if it is as it was left.

    Raises ActionRefusal for a crontab that cannot be reached.
    """
    with RECORD.hold_lock():
        if RECORD.find_record_of_requested_action(request) is None:
            return action_runner.NONE_KEPT
        restore_crontab_line_and_forget_record(request["id"])
        return {"state": "none"}


def restore_crontab_line_and_forget_record(action_id):
    """Have the job's line as it was, and nothing on record of it."""
    record = RECORD.read_all_records_by_action_id()[action_id]
    last = sum(other["path"] == record["path"] for other in RECORD.read_all_records_by_action_id().values()) == 1

    def mtime(status):
        return (
            record["before"]
            if last and status.st_mtime_ns == record.get("after")
            else choose_mtime_so_cron_rereads_crontab(record, status)
        )

    if any(restore_commented_line_of_job(line, record) != line for line in read_crontab_lines(record["path"])):
        lines.rewrite_lines(
            record["path"],
            list_uids_allowed_to_own_crontab(record["path"]),
            MAX_FILE,
            lambda line: restore_commented_line_of_job(line, record),
            mtime,
        )
    RECORD.delete_record_of_action(action_id)


def report_state_of_contained_cron_job(request, _connection):
    """Return what there is of it. Raises ActionRefusal."""
    return (
        check_that_cron_job_is_commented_out(RECORD.read_all_records_by_action_id()[request["id"]])
        if request["id"] in RECORD.read_all_records_by_action_id()
        else {"state": "none"}
    )


def check_that_cron_job_is_commented_out(record):
    """Return a job as it is now. Raises ActionRefusal for one that somebody has put in force again."""
    if record["line"] in map(lines.compute_digest, read_crontab_lines(record["path"])):
        raise ActionRefusal("job_again", record["path"])
    return {"state": "confirmed", "why": "", "about": ""}


def plan_commenting_out_of_cron_job(request, _connection):
    """Return what ``contain`` would do now; nothing is done."""
    find_crontab_path_and_line_of_job(request)
    return {
        "state": "planned",
        "would": [["comment", request["what"], lines.make_comment_mark_of_action(request["id"])]],
    }


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(
        {
            "plan": plan_commenting_out_of_cron_job,
            "contain": comment_out_cron_job_once,
            "release": put_cron_job_back,
            "look": report_state_of_contained_cron_job,
        },
        arguments,
    )
