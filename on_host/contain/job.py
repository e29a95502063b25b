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

from ansible.module_utils.luytre_shared import action_runner, lines, safe_open
from ansible.module_utils.luytre_shared.action_runner import ActionRefusal

HOME = "/var/lib/luytre/jobs"
RECORD = action_runner.ActionRecord(HOME)
TABLE, TABLES, SPOOL = "/etc/crontab", "/etc/cron.d", "/var/spool/cron/crontabs"
WHAT = re.compile(r"(.+):([1-9][0-9]{0,5})(?:@([0-9a-f]{12}))?\Z", re.DOTALL)
MAX_FILE = 8_000_000
SECOND = 1_000_000_000


def contain(request, _connection):
    """Have a job's line be a comment; once, however often it is asked for. Raises Refused."""
    with RECORD.hold_lock():
        record = RECORD.find_before_start(request)
        if record is None:
            path, line = find_job(request)
            record = {
                "what": request["what"],
                "path": path,
                "line": lines.compute_digest(line),
                "mark": lines.make_mark(request["id"]),
            }
            RECORD.keep(request["id"], record)
        try:
            change_crontab(record, lambda line: comment_out(line, record))
            return describe_state(record)
        except Exception:
            undo(request["id"])
            raise


def find_job(request):
    """Return ``(path, line)`` of the job that is asked for, as ``PATH:NUMBER`` or ``PATH:NUMBER@DIGEST``.

    Raises Refused.
    """
    what = WHAT.match(request["what"])
    path = os.fsdecode(unquote_to_bytes(what[1]))
    if path != TABLE and os.path.dirname(path) not in (TABLES, SPOOL):
        raise ActionRefusal("elsewhere", request["what"])
    there = content(path)
    matches = there[int(what[2]) - 1 : int(what[2])] if what[3] is None else match_lines(there, what[3])
    if not matches or not runs(matches[0]):
        raise ActionRefusal("no_job", request["what"])
    return path, matches[0]


def match_lines(there, digest):
    """Return the lines of which that is the beginning of the digest: other lines may have come before them
    meanwhile.
    """
    return [line for line in there if lines.compute_digest(line.rstrip(b"\n")).startswith(digest)]


def runs(line):
    """Return whether cron takes a line for anything but a comment."""
    return bool(line.strip()) and not line.lstrip().startswith(b"#")


def content(path):
    """Return the lines of a crontab; none of one that is gone.

    Raises Refused for one that is reached by links that root did not make, or is too large.
    """
    try:
        handle = safe_open.open_path(path, links=safe_open.ROOTS_LINKS)
    except FileNotFoundError:
        return []
    except safe_open.Unsafe as unsafe:
        raise ActionRefusal("unsafe", "%s: %s" % (path, unsafe.strerror))
    try:
        return lines.split_lines(safe_open.read_whole(handle, MAX_FILE, path))
    except safe_open.Unsafe:
        raise ActionRefusal("too_large", path)
    finally:
        os.close(handle)


def comment_out(line, record):
    """Return a line as it is while the job is contained; one that says the same runs the same."""
    return record["mark"].encode("ascii") + line if lines.compute_digest(line) == record["line"] else line


def restore_line(line, record):
    """Return a line as it was, if it is the job's."""
    return lines.restore_line(line, record["mark"], {record["line"]})


def change_crontab(record, line_of):
    """Have each line of the job's crontab as ``line_of`` says. Raises Refused."""
    lines.rewrite_lines(
        record["path"], owners(record["path"]), MAX_FILE, line_of, lambda status: advance_mtime(record, status)
    )


def owners(path):
    """Return whose the crontab may be, by their numbers: cron reads no other's."""
    try:
        return (0, pwd.getpwnam(os.path.basename(path)).pw_uid) if os.path.dirname(path) == SPOOL else (0,)
    except KeyError:
        return (0,)


def advance_mtime(record, status):
    """Return the time that a crontab gets with a change, by which cron knows of it.

    Of all jobs that are taken out of it, what it was before them is on record.
    """
    those = {name: other for name, other in RECORD.all().items() if other["path"] == record["path"]}
    before = next((other["before"] for other in those.values() if other.get("after") == status.st_mtime_ns), None)
    after = max(time.time_ns(), status.st_mtime_ns + SECOND)
    times = {"before": status.st_mtime_ns if before is None else before, "after": after}
    RECORD.replace({**RECORD.all(), **{name: {**other, **times} for name, other in those.items()}})
    return after


def release(request, _connection):
    """Have a job's line as it was, if it is as it was left. Raises Refused for a crontab that cannot be reached."""
    with RECORD.hold_lock():
        if RECORD.find(request) is None:
            return action_runner.NONE_KEPT
        undo(request["id"])
        return {"state": "none"}


def undo(name):
    """Have it as it was, and nothing on record of it."""
    record = RECORD.all()[name]
    last = sum(other["path"] == record["path"] for other in RECORD.all().values()) == 1

    def mtime(status):
        return record["before"] if last and status.st_mtime_ns == record.get("after") else advance_mtime(record, status)

    if any(restore_line(line, record) != line for line in content(record["path"])):
        lines.rewrite_lines(
            record["path"], owners(record["path"]), MAX_FILE, lambda line: restore_line(line, record), mtime
        )
    RECORD.forget(name)


def look(request, _connection):
    """Return what there is of it. Raises Refused."""
    return describe_state(RECORD.all()[request["id"]]) if request["id"] in RECORD.all() else {"state": "none"}


def describe_state(record):
    """Return a job as it is now. Raises Refused for one that somebody has put in force again."""
    if record["line"] in map(lines.compute_digest, content(record["path"])):
        raise ActionRefusal("job_again", record["path"])
    return {"state": "confirmed", "why": "", "about": ""}


def plan(request, _connection):
    """Return what ``contain`` would do now; nothing is done."""
    find_job(request)
    return {"state": "planned", "would": [["comment", request["what"], lines.make_mark(request["id"])]]}


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question({"plan": plan, "contain": contain, "release": release, "look": look}, arguments)
