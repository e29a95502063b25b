"""Takes files out of their place on this host and puts them back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. A file is renamed into a folder of root's, so that it stays the very thing that it
was, whoever owns it and whatever hangs on it; from another file system it is copied with all that, and read again. Whoever can write the
folder where it lies may swap names at any moment: the way is gone by descriptors and no link is followed, what was taken is compared with
what was looked at, and nothing that has come in its place is ever written over.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import stat
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre_shared import safe_open

HOME = "/var/lib/luytre/quarantine"
NAME = re.compile(r"\ASC-[0-9]{8}-[0-9]{1,4}/[0-9]{1,6}\Z")
ROOTS = ("/var/www", "/srv", "/tmp", "/var/tmp", "/dev/shm")
"""Besides the document roots that are declared. Elsewhere lies what the host, and the way into it, live by."""
RECORD, TAKEN = "record.json", "file"
CHUNK = 1 << 20
MOST_DIGESTED = 1 << 30
"""Bytes of a file that is read through: of a larger one, such as a sparse one of a thousand gigabytes, there is no digest."""
MOST_HANDLES = 200_000
SECONDS = 25


class Refused(Exception):
    """Nothing was done. The first argument is the reason's name, the second what it is about."""


class Store:
    """The folder of root's alone that has a folder for each file that was taken."""

    @contextlib.contextmanager
    def held(self):
        """Nobody else at work in it; it is gone when nothing is kept there afterwards."""
        os.makedirs(HOME, 0o700, exist_ok=True)
        status = os.lstat(HOME)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            raise Refused("not_ours", HOME)
        os.chmod(HOME, 0o700)
        with open(os.path.join(HOME, "lock"), "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock.fileno()).st_nlink == 0:
                raise Refused("taken_away", HOME)
            try:
                yield
            finally:
                if os.listdir(HOME) == ["lock"]:
                    shutil.rmtree(HOME)
                    with contextlib.suppress(OSError):
                        os.rmdir(os.path.dirname(HOME))

    def folder(self, name):
        """Of one file. Raises Refused for a name that no action has."""
        if not NAME.match(name):
            raise Refused("not_ours", name)
        return os.path.join(HOME, name.replace("/", "_"))

    def device(self):
        """Of the file system that the folder is on, or would be."""
        there = HOME
        while not os.path.lexists(there):
            there = os.path.dirname(there)
        return os.stat(there).st_dev

    def record(self, name):
        """What is on record of it, or None."""
        try:
            with open(os.path.join(self.folder(name), RECORD), "rb") as file:
                return json.loads(file.read().decode("ascii"))
        except FileNotFoundError:
            return None

    def has(self, name):
        """Whether the file itself is kept."""
        return os.path.lexists(os.path.join(self.folder(name), TAKEN))

    def keep(self, name, record):
        """Have this on record, whole or not at all."""
        os.makedirs(self.folder(name), 0o700, exist_ok=True)
        path = os.path.join(self.folder(name), RECORD)
        with open(path + ".new", "wb") as file:
            file.write(json.dumps(record, sort_keys=True).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        os.rename(path + ".new", path)

    def forget(self, name):
        """Have nothing of it."""
        shutil.rmtree(self.folder(name))


STORE = Store()


def take(asked):
    """Take a file out of its place; once, however often it is asked for."""
    path, name = where(asked), asked["id"]
    with STORE.held(), contextlib.ExitStack() as open_ones:
        place, last = reached(path, open_ones)
        if STORE.has(name):
            removed(place, last, STORE.record(name))
            return seen(name)
        reading = opened(place, last, asked["what"], open_ones)
        status = os.fstat(reading)
        record = {
            "path": asked["what"],
            "sha256": digest(reading),
            "file": [status.st_dev, status.st_ino],
            "aside": ".luytre-" + secrets.token_hex(8),
        }
        STORE.keep(name, record)
        try:
            moved(place, last, reading, record, closing(open_ones, os.open(STORE.folder(name), safe_open.FOLDER)))
        except BaseException:
            if not STORE.has(name):
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
    """The file of that name in an open folder, for reading. Raises Refused for what is no regular file."""
    there = closing(open_ones, safe_open.at(place, last, safe_open.ANYTHING))
    if not stat.S_ISREG(os.fstat(there).st_mode):
        raise Refused("no_file", path)
    return closing(open_ones, safe_open.again(there))


def plan(asked):
    """What ``take`` would do now; nothing is written."""
    with contextlib.ExitStack() as open_ones:
        place, last = reached(where(asked), open_ones)
        reading = opened(place, last, asked["what"], open_ones)
        sha256, kept = digest(reading), os.path.join(STORE.folder(asked["id"]), TAKEN)
        same = os.fstat(reading).st_dev == STORE.device()
        if not same and sha256 is None:
            raise Refused("too_large", asked["what"])
        steps = ["rename %s to %s"] if same else ["copy %s to %s, compare", "remove %s"]
        return {
            "state": "planned",
            "sha256": sha256,
            "would": [step % (asked["what"], kept)[: step.count("%s")] for step in steps],
        }


def moved(place, last, reading, record, folder):
    """Have the file in its folder and not in its place. Raises Refused when something else has come there meanwhile."""
    try:
        os.rename(last, TAKEN, src_dir_fd=place, dst_dir_fd=folder)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if record["sha256"] is None:
            raise Refused("too_large", record["path"])
        copied(reading, folder, record["aside"], record["sha256"])
        os.rename(record["aside"], TAKEN, src_dir_fd=folder, dst_dir_fd=folder)
        removed(place, last, record)
        return
    if ident(folder, TAKEN) != record["file"]:
        back(folder, TAKEN, place, last)
        raise Refused("swapped", record["path"])


def removed(place, last, record):
    """Have a file that is kept no longer in its place; what has come there in its stead stays."""
    if ident(place, last) == record["file"] and is_there(place, last, record):
        os.rename(last, record["aside"], src_dir_fd=place, dst_dir_fd=place)
        if ident(place, record["aside"]) != record["file"]:
            back(place, record["aside"], place, last)
            raise Refused("swapped", record["path"])
    if ident(place, record["aside"]) == record["file"]:
        os.unlink(record["aside"], dir_fd=place)


def ident(folder, name):
    """What tells a file from others, None where there is none; no link is followed."""
    try:
        status = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    return [status.st_dev, status.st_ino]


def back(where, aside, place, last):
    """Have what was moved aside where it was; where that name is taken by now, it stays aside."""
    with contextlib.suppress(OSError):
        if stat.S_ISDIR(
            os.lstat(aside, dir_fd=where).st_mode
        ):  # which has one name only, and takes no other's place but of an empty one
            os.rename(aside, last, src_dir_fd=where, dst_dir_fd=place)
            return
        os.link(aside, last, src_dir_fd=where, dst_dir_fd=place, follow_symlinks=False)
        os.unlink(aside, dir_fd=where)


def copied(reading, folder, name, sha256):
    """A file as the open one is, in an open folder where there is none of that name: bytes, owner, mode, times, and what hangs on it."""
    status = os.fstat(reading)
    target = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        at = 0
        while True:
            piece = os.pread(reading, CHUNK, at)
            if not piece:
                break
            at += len(piece)
            while piece:
                piece = piece[os.write(target, piece) :]
        os.fchown(target, status.st_uid, status.st_gid)
        os.fchmod(target, stat.S_IMODE(status.st_mode))
        for key in os.listxattr(reading):
            os.setxattr(target, key, os.getxattr(reading, key))
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.fsync(target)
        if digest(target) != sha256:
            raise Refused("swapped", "")
    except BaseException:
        os.unlink(name, dir_fd=folder)
        raise
    finally:
        os.close(target)


def put_back(asked):
    """Put a file back where it was, in place of nothing."""
    name = asked["id"]
    if STORE.record(name) is None:
        return {"state": "none"}
    with STORE.held(), contextlib.ExitStack() as open_ones:
        record = STORE.record(name)
        if not STORE.has(name):
            STORE.forget(name)
            return {"state": "none"}
        folder = closing(open_ones, os.open(STORE.folder(name), safe_open.FOLDER))
        place, last = reached(os.fsdecode(unquote_to_bytes(record["path"])), open_ones)
        try:
            os.link(TAKEN, last, src_dir_fd=folder, dst_dir_fd=place, follow_symlinks=False)
        except FileExistsError:
            if not is_there(place, last, record):
                raise Refused("name_taken", record["path"])
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            if record["sha256"] is None:
                raise Refused("too_large", record["path"])
            copied_back(closing(open_ones, safe_open.at(folder, TAKEN)), place, last, record)
        STORE.forget(name)
        return {"state": "none"}


def copied_back(reading, place, last, record):
    """Have a copy of a file in its place, under its name only when it is whole."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(record["aside"], dir_fd=place)
    copied(reading, place, record["aside"], record["sha256"])
    try:
        os.link(record["aside"], last, src_dir_fd=place, dst_dir_fd=place, follow_symlinks=False)
    except FileExistsError:
        if not is_there(place, last, record):
            raise Refused("name_taken", record["path"])
    finally:
        os.unlink(record["aside"], dir_fd=place)


def is_there(place, last, record):
    """Whether what has the name holds what the file holds: it is back already, or still there. Numbers of files are given again."""
    if record["sha256"] is None:
        return ident(place, last) == record["file"]
    try:
        handle = safe_open.at(place, last)
    except OSError:
        return False
    try:
        return digest(handle) == record["sha256"]
    finally:
        os.close(handle)


def look(asked):
    """What there is of a file that was taken."""
    if STORE.record(asked["id"]) is None:
        return {"state": "none"}
    return seen(asked["id"])


def seen(name):
    """A file as it was taken, looked at where it is now; and what of it is still about."""
    record, folder = STORE.record(name), STORE.folder(name)
    with contextlib.ExitStack() as open_ones:
        taken = closing(open_ones, safe_open.at(closing(open_ones, os.open(folder, safe_open.FOLDER)), TAKEN))
        status = os.fstat(taken)
        answer = {"state": "confirmed", "sha256": digest(taken), "why": ""}
        try:
            place, last = reached(os.fsdecode(unquote_to_bytes(record["path"])), open_ones)
            os.lstat(last, dir_fd=place)
            return dict(answer, why="back_again", about=record["path"])
        except (FileNotFoundError, NotADirectoryError, Refused):
            pass
        if answer["sha256"] != record["sha256"]:
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


def reached(path, open_ones):
    """``(open folder, name)`` of where a path ends. Raises Refused when a link, or nothing, is on the way."""
    try:
        place, last = safe_open.reach(path)
    except FileNotFoundError:
        raise Refused("folder_gone", "")
    except safe_open.Unsafe as unsafe:
        raise Refused("unsafe", unsafe.strerror)
    return closing(open_ones, place), last


def closing(open_ones, handle):
    """The descriptor, closed when all are."""
    open_ones.callback(os.close, handle)
    return handle


def digest(handle):
    """sha256 of an open file, in hex; None of one that is larger than MOST_DIGESTED."""
    found, at = hashlib.sha256(), 0
    while max(at, os.fstat(handle).st_size) <= MOST_DIGESTED:
        piece = os.pread(handle, CHUNK, at)
        if not piece:
            return found.hexdigest()
        found.update(piece)
        at += len(piece)
    return None


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
        late = refusal.args[0] == "late" and STORE.has(question["id"])
        state = "unknown" if late else "refused"
        return {"state": state, "why": refusal.args[0], "about": str(refusal.args[1])[:200]}
    except FileNotFoundError:
        return {"state": "refused", "why": "no_file", "about": ""}
    except OSError as error:
        return {"state": "refused", "why": "fault", "about": str(error.strerror)[:200]}
