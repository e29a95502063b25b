"""Takes files out of their place on this host and puts them back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. A file is renamed into a folder of root's, so that it stays the very thing that it
was, whoever owns it and whatever hangs on it. On another file system that folder lies there; from it the file is copied with all that, and
read again, and where its owner keeps it from being copied, by its size, by what hangs on it or by writing on, it stays. Whoever can write the
folder where it lies may swap names at any moment: the way is gone by descriptors and no link is followed, what was taken is compared with
what was looked at, and nothing that has come in its place is ever written over.
"""

import contextlib
import errno
import json
import os
import secrets
import signal
import stat
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ansible.module_utils.luytre_shared import acting, immutable, kept, safe_open, taking
from ansible.module_utils.luytre_shared.acting import Refused

ROOTS = ("/var/www", "/srv", "/tmp", "/var/tmp", "/dev/shm")
"""Besides the document roots that are declared. Elsewhere lies what the host, and the way into it, live by."""
TAKEN = "file"
MOST_HANDLES = 200_000
SECONDS = 25


STORE = kept.Store("/var/lib/luytre/quarantine")


def take(asked):
    """Take a file out of its place; once, however often it is asked for."""
    name = asked["id"]
    with STORE.held(), contextlib.ExitStack() as open_ones:
        record = STORE.begun(asked)
        if record is not None and kept_in(name, record, open_ones) is not None:
            settled(name, record, open_ones)
            return seen(name)
        root = where(asked)
        place, last = place_of({"path": asked["what"], "root": root}, open_ones)
        there, reading = opened(place, last, asked["what"], open_ones)
        status = os.fstat(there)
        record = {
            "what": asked["what"],
            "path": asked["what"],
            "root": root,
            "sha256": None,
            "file": [status.st_dev, status.st_ino],
            "aside": ".luytre-" + secrets.token_hex(8),
        }
        STORE.keep(name, record)
        try:
            with immutable.lifted(place, reading):
                taken(name, place, last, record, open_ones)
                settled(name, record, open_ones)
        except BaseException:
            if kept_in(name, record, open_ones) is None:
                STORE.forget(name)
            raise
        return seen(name)


def taken(name, place, last, record, open_ones):
    """Have the file in a folder of root's alone on the file system that it is on. Raises Refused, OSError."""
    folder = taking.closing(open_ones, os.open(STORE.folder(name), safe_open.FOLDER))
    try:
        taking.moved(place, last, record, folder, TAKEN)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        taking.set_apart(place, last, record, TAKEN, lambda: STORE.keep(name, record), open_ones)


def settled(name, record, open_ones):
    """Have on record what a taken file holds, and a copy of it here where it lies on another file system and lets itself be copied."""
    folder = kept_in(name, record, open_ones)
    reading = opened(folder, TAKEN, record["path"], open_ones)[1]
    if record["sha256"] is None:
        record["sha256"] = taking.digest(reading)
        STORE.keep(name, record)
    away = taking.apart(record, open_ones)
    if away is None or taking.ident(away, TAKEN) is None:
        return
    own = taking.closing(open_ones, os.open(STORE.folder(name), safe_open.FOLDER))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(record["aside"], dir_fd=own)
    try:
        if not STORE.has(name, TAKEN):
            taking.copied(reading, own, record["aside"], record["sha256"])
            os.rename(record["aside"], TAKEN, src_dir_fd=own, dst_dir_fd=own)
    except (OSError, Refused):  # whoever owns it sees to that: it stays where it is
        return
    taking.left_apart(record, away, TAKEN, open_ones)


def kept_in(name, record, open_ones):
    """The open folder in which the file is kept; None when it is in none."""
    if STORE.has(name, TAKEN):
        return taking.closing(open_ones, os.open(STORE.folder(name), safe_open.FOLDER))
    away = taking.apart(record, open_ones)
    return None if away is None or taking.ident(away, TAKEN) is None else away


def where(asked):
    """The root below which the path lies that is asked for, or which it is. Raises Refused for one where nothing is taken."""
    path = os.fsdecode(unquote_to_bytes(asked["what"]))
    roots = [root.rstrip("/") for root in (*ROOTS, *asked["roots"]) if root.strip("/")]
    found = [root for root in roots if path == root or path.startswith(root + "/")]
    if not found:
        raise Refused("elsewhere", asked["what"])
    return max(found, key=len)


def place_of(record, open_ones):
    """``(open folder, name)`` of a file's place. Raises Refused."""
    return taking.reached(os.fsdecode(unquote_to_bytes(record["path"])), open_ones, record.get("root", ""))


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
        place, last = place_of({"path": asked["what"], "root": where(asked)}, open_ones)
        there, reading = opened(place, last, asked["what"], open_ones)
        sha256, kept = taking.digest(reading), os.path.join(STORE.folder(asked["id"]), TAKEN)
        same = os.fstat(there).st_dev == STORE.device()
        top = safe_open.name_of(taking.tops(place, open_ones)[0])
        apart = os.path.join(top, taking.APART + "...", TAKEN)
        far = [["rename", asked["what"], apart], ["copy_away", apart, kept]]
        return {"state": "planned", "sha256": sha256, "would": [["rename", asked["what"], kept]] if same else far}


def put_back(asked):
    """Put a file back where it was, in place of nothing."""
    name = asked["id"]
    with STORE.held(), contextlib.ExitStack() as open_ones:
        record = STORE.find(asked)
        if record is None:
            return acting.NONE_KEPT
        folder = kept_in(name, record, open_ones)
        if folder is None and record.get("apart"):
            STORE.forget(name)
            return {"state": "none", "why": "kept_gone", "about": said(record)}
        held = []
        if folder is not None:
            place, last = place_of(record, open_ones)
            held = [place, opened(folder, TAKEN, record["path"], open_ones)[1]]
        with immutable.lifted(*held):
            if folder is not None:
                taking.returned(folder, TAKEN, place, last, record, open_ones)
            away = taking.apart(record, open_ones)
            if away is not None and taking.ident(away, TAKEN) is not None:
                taking.left_apart(record, away, TAKEN, open_ones)
            STORE.forget(name)
        return {"state": "none"}


def look(asked):
    """What there is of a file that was taken."""
    if STORE.record(asked["id"]) is None:
        return {"state": "none"}
    return seen(asked["id"])


def seen(name):
    """A file as it was taken, looked at where it is now; and what of it is still about."""
    record = STORE.record(name)
    with contextlib.ExitStack() as open_ones:
        own, answer = kept_in(name, record, open_ones), {"state": "confirmed", "sha256": None, "why": ""}
        if own is not None:
            there, reading = opened(own, TAKEN, record["path"], open_ones)
            status, answer["sha256"] = os.fstat(there), taking.digest(reading)
        try:
            place, last = place_of(record, open_ones)
            os.lstat(last, dir_fd=place)
            return dict(answer, why="back_again", about=record["path"])
        except (FileNotFoundError, NotADirectoryError, Refused):
            pass
        if own is None:
            return dict(answer, why="kept_gone", about=said(record))
        if answer["sha256"] is not None and record["sha256"] not in (None, answer["sha256"]):
            return dict(answer, why="changed")
        if status.st_nlink > 1:
            return dict(answer, why="other_names", about=str(status.st_nlink - 1))
        holders = held_by(status)
        if holders:
            return dict(answer, why="held_open", about=" ".join(holders))
        return answer if STORE.has(name, TAKEN) else dict(answer, why="kept_there", about=said(record))


def said(record):
    """Where a file is kept on its own file system, as one line."""
    return quote_from_bytes(os.fsencode(record.get("apart") or ""), safe="/")[: acting.MOST_SAID]


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


def is_kept(name):
    """Whether the file of an action is in a folder of root's."""
    record = STORE.record(name)
    with contextlib.ExitStack() as open_ones:
        return record is not None and kept_in(name, record, open_ones) is not None


def answer(question):
    """What is said to a question, whatever the system refuses."""
    try:
        return ACTIONS[question["do"]](question)
    except Refused as refusal:
        # A file that takes long to be looked at may be in its folder by then.
        late = refusal.args[0] == "late" and is_kept(question["id"])
        state = "unknown" if late else "refused"
        return {"state": state, "why": refusal.args[0], "about": str(refusal.args[1])[:200]}
    except FileNotFoundError:
        return {"state": "refused", "why": "no_file", "about": ""}
    except OSError as error:
        return {"state": "refused", "why": "fault", "about": str(error.strerror)[:200]}
