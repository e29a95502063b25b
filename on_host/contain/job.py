"""Takes a job out of a crontab of this host, and puts it back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. Its line becomes a comment in its place, which the crontab's owner sees; all other jobs of the
crontab go on. Cron reads a crontab again only when its time is another one than the time that it read it by, in whole seconds: so that moves with
every change, and comes back with the line when nobody has changed the file meanwhile.
"""

import os
import pwd
import re
import time
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre_shared import acting, lines, safe_open
from ansible.module_utils.luytre_shared.acting import Refused

HOME = "/var/lib/luytre/jobs"
RECORD = acting.Record(HOME)
TABLE, TABLES, SPOOL = "/etc/crontab", "/etc/cron.d", "/var/spool/cron/crontabs"
WHAT = re.compile(r"(.+):([1-9][0-9]{0,5})(?:@([0-9a-f]{12}))?\Z", re.DOTALL)
MAX_FILE = 8_000_000
SECOND = 1_000_000_000


def contain(asked, _connection):
    """Have a job's line be a comment; once, however often it is asked for. Raises Refused."""
    with RECORD.held():
        known = RECORD.begun(asked)
        if known is None:
            path, line = found(asked)
            known = {"what": asked["what"], "path": path, "line": lines.digest(line), "mark": lines.mark(asked["id"])}
            RECORD.keep(asked["id"], known)
        try:
            changed(known, lambda line: out_of_force(line, known))
            return seen(known)
        except Exception:
            undo(asked["id"])
            raise


def found(asked):
    """``(path, line)`` of the job that is asked for, as ``PATH:NUMBER`` or ``PATH:NUMBER@DIGEST``. Raises Refused."""
    what = WHAT.match(asked["what"])
    path = os.fsdecode(unquote_to_bytes(what[1]))
    if path != TABLE and os.path.dirname(path) not in (TABLES, SPOOL):
        raise Refused("elsewhere", asked["what"])
    there = content(path)
    named = there[int(what[2]) - 1 : int(what[2])] if what[3] is None else fitting(there, what[3])
    if not named or not runs(named[0]):
        raise Refused("no_job", asked["what"])
    return path, named[0]


def fitting(there, digest):
    """The lines of which that is the beginning of the digest: other lines may have come before them meanwhile."""
    return [line for line in there if lines.digest(line.rstrip(b"\n")).startswith(digest)]


def runs(line):
    """Whether cron takes a line for anything but a comment."""
    return bool(line.strip()) and not line.lstrip().startswith(b"#")


def content(path):
    """The lines of a crontab; none of one that is gone. Raises Refused for one that is reached by links that root did not make, or is too large."""
    try:
        handle = safe_open.path(path, links=safe_open.ROOTS_LINKS)
    except FileNotFoundError:
        return []
    except safe_open.Unsafe as unsafe:
        raise Refused("unsafe", "%s: %s" % (path, unsafe.strerror))
    try:
        return lines.of(safe_open.whole(handle, MAX_FILE, path))
    except safe_open.Unsafe:
        raise Refused("too_large", path)
    finally:
        os.close(handle)


def out_of_force(line, record):
    """A line as it is while the job is contained; one that says the same runs the same."""
    return record["mark"].encode("ascii") + line if lines.digest(line) == record["line"] else line


def in_force(line, record):
    """A line as it was, if it is the job's."""
    return lines.in_force(line, record["mark"], {record["line"]})


def changed(record, line_of):
    """Have each line of the job's crontab as ``line_of`` says. Raises Refused."""
    lines.changed(record["path"], owners(record["path"]), MAX_FILE, line_of, lambda status: moved(record, status))


def owners(path):
    """Whose the crontab may be, by their numbers: cron reads no other's."""
    try:
        return (0, pwd.getpwnam(os.path.basename(path)).pw_uid) if os.path.dirname(path) == SPOOL else (0,)
    except KeyError:
        return (0,)


def moved(record, status):
    """The time that a crontab gets with a change, by which cron knows of it. Of all jobs that are taken out of it, what it was before them is on record."""
    those = {name: one for name, one in RECORD.all().items() if one["path"] == record["path"]}
    before = next((one["before"] for one in those.values() if one.get("after") == status.st_mtime_ns), None)
    after = max(time.time_ns(), status.st_mtime_ns + SECOND)
    told = {"before": status.st_mtime_ns if before is None else before, "after": after}
    RECORD.replace({**RECORD.all(), **{name: {**one, **told} for name, one in those.items()}})
    return after


def release(asked, _connection):
    """Have a job's line as it was, if it is as it was left. Raises Refused for a crontab that cannot be reached."""
    with RECORD.held():
        if RECORD.find(asked) is None:
            return acting.NONE_KEPT
        undo(asked["id"])
        return {"state": "none"}


def undo(name):
    """Have it as it was, and nothing on record of it."""
    record = RECORD.all()[name]
    last = sum(one["path"] == record["path"] for one in RECORD.all().values()) == 1

    def mtime(status):
        return record["before"] if last and status.st_mtime_ns == record.get("after") else moved(record, status)

    if any(in_force(line, record) != line for line in content(record["path"])):
        lines.changed(record["path"], owners(record["path"]), MAX_FILE, lambda line: in_force(line, record), mtime)
    RECORD.forget(name)


def look(asked, _connection):
    """What there is of it. Raises Refused."""
    return seen(RECORD.all()[asked["id"]]) if asked["id"] in RECORD.all() else {"state": "none"}


def seen(record):
    """A job as it is now. Raises Refused for one that somebody has put in force again."""
    if record["line"] in map(lines.digest, content(record["path"])):
        raise Refused("job_again", record["path"])
    return {"state": "confirmed", "why": "", "about": ""}


def plan(asked, _connection):
    """What ``contain`` would do now; nothing is done."""
    found(asked)
    return {"state": "planned", "would": [["comment", asked["what"], lines.mark(asked["id"])]]}


def main(arguments):
    """Answer what is asked."""
    acting.asked({"plan": plan, "contain": contain, "release": release, "look": look}, arguments)
