"""Takes files out of their place on this host and puts them back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. A file is renamed into a folder of root's, so that it stays the very thing that it
was, whoever owns it and whatever hangs on it; from another file system it is copied with all that, and read again. Whoever can write the
folder where it lies may swap names at any moment: the way is gone by descriptors and no link is followed, what was taken is compared with
what was looked at, and nothing that has come in its place is ever written over.
"""

import contextlib
import json
import os
import secrets
import signal
import stat
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre_shared import acting, kept, safe_open, taking
from ansible.module_utils.luytre_shared.acting import Refused

ROOTS = ("/var/www", "/srv", "/tmp", "/var/tmp", "/dev/shm")
"""Besides the document roots that are declared. Elsewhere lies what the host, and the way into it, live by."""
TAKEN = "file"
MOST_HANDLES = 200_000
SECONDS = 25


STORE = kept.Store("/var/lib/luytre/quarantine")


def take(asked):
    """Take a file out of its place; once, however often it is asked for."""
    path, name = where(asked), asked["id"]
    with STORE.held(), contextlib.ExitStack() as open_ones:
        place, last = taking.reached(path, open_ones)
        if STORE.has(name, TAKEN):
            taking.removed(place, last, STORE.record(name))
            return seen(name)
        there, reading = opened(place, last, asked["what"], open_ones)
        status = os.fstat(there)
        record = {
            "path": asked["what"],
            "sha256": taking.digest(reading),
            "file": [status.st_dev, status.st_ino],
            "aside": ".luytre-" + secrets.token_hex(8),
        }
        STORE.keep(name, record)
        try:
            folder = taking.closing(open_ones, os.open(STORE.folder(name), safe_open.FOLDER))
            taking.moved(place, last, reading, record, folder, TAKEN)
        except BaseException:
            if not STORE.has(name, TAKEN):
                STORE.forget(name)
            raise
        return seen(name)


def where(asked):
    """The path that is asked for. Raises Refused for one where nothing is taken."""
    path = os.fsdecode(unquote_to_bytes(asked["what"]))
    roots = [root.rstrip("/") for root in (*ROOTS, *asked["roots"]) if root.strip("/")]
    if not any(path.startswith(root + "/") for root in roots):
        raise Refused("elsewhere", asked["what"])
    return path


def opened(place, last, path, open_ones):
    """``(held, for reading)``: the file of that name in an open folder. Raises Refused for what is no regular file.

    While its owner's process has a lease on a file, nobody opens it without waiting for that: None, for reading.
    """
    there = taking.closing(open_ones, safe_open.at(place, last, safe_open.ANYTHING))
    if not stat.S_ISREG(os.fstat(there).st_mode):
        raise Refused("no_file", path)
    try:
        return there, taking.closing(open_ones, safe_open.again(there))
    except BlockingIOError:
        return there, None


def plan(asked):
    """What ``take`` would do now; nothing is written."""
    with contextlib.ExitStack() as open_ones:
        place, last = taking.reached(where(asked), open_ones)
        there, reading = opened(place, last, asked["what"], open_ones)
        sha256, kept = taking.digest(reading), os.path.join(STORE.folder(asked["id"]), TAKEN)
        same = os.fstat(there).st_dev == STORE.device()
        if not same and sha256 is None:
            raise taking.not_copied(reading, asked["what"])
        steps = ["rename %s to %s"] if same else ["copy %s to %s, compare", "remove %s"]
        return {
            "state": "planned",
            "sha256": sha256,
            "would": [step % (asked["what"], kept)[: step.count("%s")] for step in steps],
        }


def put_back(asked):
    """Put a file back where it was, in place of nothing."""
    name = asked["id"]
    with STORE.held(), contextlib.ExitStack() as open_ones:
        record = STORE.record(name)
        if record is None:
            return acting.NONE_KEPT
        if STORE.has(name, TAKEN):
            folder = taking.closing(open_ones, os.open(STORE.folder(name), safe_open.FOLDER))
            place, last = taking.reached(os.fsdecode(unquote_to_bytes(record["path"])), open_ones)
            taking.returned(folder, TAKEN, place, last, record, open_ones)
        STORE.forget(name)
        return {"state": "none"}


def look(asked):
    """What there is of a file that was taken."""
    if STORE.record(asked["id"]) is None:
        return {"state": "none"}
    return seen(asked["id"])


def seen(name):
    """A file as it was taken, looked at where it is now; and what of it is still about."""
    record, folder = STORE.record(name), STORE.folder(name)
    with contextlib.ExitStack() as open_ones:
        own = taking.closing(open_ones, os.open(folder, safe_open.FOLDER))
        there, reading = opened(own, TAKEN, record["path"], open_ones)
        status = os.fstat(there)
        answer = {"state": "confirmed", "sha256": taking.digest(reading), "why": ""}
        try:
            place, last = taking.reached(os.fsdecode(unquote_to_bytes(record["path"])), open_ones)
            os.lstat(last, dir_fd=place)
            return dict(answer, why="back_again", about=record["path"])
        except (FileNotFoundError, NotADirectoryError, Refused):
            pass
        if record["sha256"] not in (None, answer["sha256"]):
            return dict(answer, why="changed")
        if status.st_nlink > 1:
            return dict(answer, why="other_names", about=str(status.st_nlink - 1))
        holders = held_by(status)
        return dict(answer, why="held_open", about=" ".join(holders)) if holders else answer


def held_by(status):
    """Processes, by their numbers, that have the file open, but for this one."""
    found, count = [], 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            for handle in os.listdir("/proc/%s/fd" % pid) if int(pid) != os.getpid() else ():
                count += 1
                with contextlib.suppress(OSError):
                    other = os.stat("/proc/%s/fd/%s" % (pid, handle))
                    if (other.st_dev, other.st_ino) == (status.st_dev, status.st_ino):
                        found.append(pid)
        if count > MOST_HANDLES:
            break
    return sorted(set(found), key=int)[:20]


ACTIONS = {"plan": plan, "contain": take, "release": put_back, "look": look}


def late(_number, _frame):
    raise Refused("late", "")


def main(arguments):
    """Answer what is asked."""
    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        print(json.dumps(answer(json.loads(arguments[1]))))
    finally:
        signal.alarm(0)


def answer(question):
    """What is said to a question, whatever the system refuses."""
    try:
        return ACTIONS[question["do"]](question)
    except Refused as refusal:
        # A file that takes long to be looked at may be in its folder by then.
        late = refusal.args[0] == "late" and STORE.has(question["id"], TAKEN)
        state = "unknown" if late else "refused"
        return {"state": state, "why": refusal.args[0], "about": str(refusal.args[1])[:200]}
    except FileNotFoundError:
        return {"state": "refused", "why": "no_file", "about": ""}
    except OSError as error:
        return {"state": "refused", "why": "fault", "about": str(error.strerror)[:200]}
