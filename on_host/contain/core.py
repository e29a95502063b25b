"""Gives an application the files of its release again, and takes that back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own, with the release beside it. What differs is kept in a folder of root's, the very
file where it can be, before the release's takes its place with owner, mode and access list as they were; what is missing is put there as its folder
is. Whoever can write the folders may swap names at any moment: no link is followed, and only what was looked at is replaced.
"""

import contextlib
import errno
import hashlib
import io
import json
import os
import stat
import zipfile
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ansible.module_utils.luytre import _layouts, _webroot
from ansible.module_utils.luytre._effort import Effort
from ansible.module_utils.luytre_contain import php_code
from ansible.module_utils.luytre_shared import acting, immutable, kept, replacing, safe_open, taking
from ansible.module_utils.luytre_shared.acting import Refused

STORE = kept.Store("/var/lib/luytre/core")
RELEASE, ABOUT = "release.zip", "release.json"
ODD, UNREAD, BLOCKED = "odd", "unread", "blocked"
"""In place of a digest: a link, a folder, a pipe, where a release has a file; a file too large to be read through, or under a lease; a link of a lesser
user's, or a file, where a release has a folder. They are set aside as they are."""
ASIDE = frozenset({ODD, UNREAD, BLOCKED})
FOLDER = "folder"
"""In place of a digest of the release's: its folder."""
SECONDS = 240
"""For thousands of files, each of which is on the disk before the next."""
SHARE = 0.3
"""Of the release's files must lie there as they were made: else it is another's folder."""
MOST_ENTRIES = 100_000
MOST_FOUND, MOST_LETTERS = 100, 16_000
WALK_SECONDS = 8
MODE = 0o666
"""Of a file that is put there, less what its folder does not allow."""


class Core:
    """The folder of an application, held open, and how its files stand to a release's."""

    def __init__(self, folder, release):
        self.folder, self.release = folder, release

    def differing(self):
        """``{path, was, new}`` of each file that is not as the release has it. Raises Refused.

        ``was`` is None for one that is not there: it is left so beside the release's folders, where offices delete what they do without.
        """
        found, same = self.blocked(), 0
        kind = next((one for one in _layouts.BY_KIND.values() if self._is_of(one)), None)
        gone = [one.rstrip("/") for one in kind.installers] if kind else []
        for path in self.release.paths:
            was = self.digest(path)
            new = self.release.digest(path)
            if was == new:
                same += 1
            elif was is not None or not (
                self.release.is_at_top(path) or any(path == one or path.startswith(one + "/") for one in gone)
            ):
                found.append({"path": path, "was": was, "new": new})
        self._check_version(kind)
        blocked = {file["path"] for file in found if file["new"] == FOLDER}
        counted = (
            sum(blocked.isdisjoint(folders_of(path)) for path in self.release.paths)
            if blocked
            else len(self.release.paths)
        )
        if same < SHARE * counted:
            raise Refused("other_release", "%d / %d" % (same, counted))
        return found

    def blocked(self):
        """``{path, was, new}`` of each folder of the release in whose place a lesser user's link, or a file, is; none below another such."""
        folders = sorted(
            {
                "/".join(names[:count])
                for names in map(safe_open.parts, self.release.paths)
                for count in range(1, len(names))
            }
        )
        found = []
        for path in folders:
            if not any(path.startswith(one["path"] + "/") for one in found) and self._is_blocked(path):
                found.append({"path": path, "was": BLOCKED, "new": FOLDER})
        return found

    def _is_blocked(self, path):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
            held = taking.closing(open_ones, safe_open.below(self.folder, path, safe_open.ANYTHING))
            status = os.fstat(held)
            return not stat.S_ISDIR(status.st_mode) and status.st_uid != 0
        return False

    def _is_of(self, layout):
        return any(all(name in self.release for name in names) for names in layout.marks)

    def _check_version(self, layout):
        for file, pattern in layout.versions if layout else ():
            if file in self.release:
                there, made = (
                    pattern.search((text or b"").decode("utf-8", "replace"))
                    for text in (self.content(file), self.release.content(file))
                )
                if there and made and there.group(1) != made.group(1):
                    raise Refused("other_release", "%s: %s" % (there.group(1), made.group(1)))

    def content(self, path):
        """What a file there holds, None where none is that can be read."""
        try:
            handle = safe_open.below(self.folder, path)
        except OSError:
            return None
        try:
            return safe_open.start(handle, 200_000)
        finally:
            os.close(handle)

    def digest(self, path):
        """sha256 of a file there, in hex, None where none is, ODD for a link and what else is no file. Raises Refused when it is too large, or a link is on the way."""
        try:
            handle = safe_open.below(self.folder, path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except safe_open.Unsafe as unsafe:
            if self._is_odd(path):
                return ODD
            if any(self._is_blocked(folder) for folder in folders_of(path)):
                return None
            raise Refused("unsafe", "%s: %s" % (path, unsafe.strerror))
        except BlockingIOError:
            return UNREAD
        try:
            return taking.digest(handle) or UNREAD
        finally:
            os.close(handle)

    def is_new(self, file):
        """Whether a file, or folder, is as the release has it now."""
        try:
            if file["new"] == FOLDER:
                os.close(safe_open.below(self.folder, file["path"], safe_open.DIRECTORY))
                return True
            return self.digest(file["path"]) == file["new"]
        except (OSError, Refused):
            return False

    def _is_odd(self, path):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
            held = taking.closing(open_ones, safe_open.below(self.folder, path, safe_open.ANYTHING))
            return not stat.S_ISREG(os.fstat(held).st_mode)
        return False

    def others(self):
        """Return paths of scripts that lie where only the release has files, and are none of its; and whether all of it was looked at."""
        found, whole, effort = [], True, Effort(WALK_SECONDS)
        for top in self.release.tops if self.release.tops is not None else ["."]:
            try:
                inner = safe_open.below(self.folder, top, safe_open.DIRECTORY)
            except OSError as error:
                whole = whole and error.errno in (errno.ENOENT, errno.ENOTDIR)
                continue
            try:
                walk = _webroot.Walk(inner, effort, MOST_ENTRIES)
                for entry in walk:
                    path = entry.path if top == "." else "%s/%s" % (top, entry.path)
                    if not self.release.has(path) and _webroot.is_script(entry):
                        found.append(path)
                whole = whole and not walk.cut_short
            finally:
                os.close(inner)
        return sorted(found)[:MOST_FOUND], whole


def folders_of(path):
    """The paths of the folders that a path goes through, the first one first."""
    names = safe_open.parts(path)
    return ["/".join(names[:count]) for count in range(1, len(names))]


class Release:
    """The files that came beside this program, by their paths. ``tops``: the folders in which only it has scripts, None for all of it."""

    def __init__(self, packed, about):
        self._archive = zipfile.ZipFile(io.BytesIO(packed))
        self.paths = sorted(self._archive.namelist())
        self.tops = about["tops"]
        self._own, self._left = frozenset(self.paths), frozenset(about["left"])

    def __contains__(self, path):
        return path in self._own

    def has(self, path):
        """Whether it has a file there, be it one that offices write."""
        return path in self._own or path in self._left

    def is_at_top(self, path):
        """Whether a path lies beside its folders."""
        return self.tops is not None and "/" not in path

    def content(self, path):
        """What it holds."""
        return self._archive.read(path)

    def digest(self, path):
        """sha256 of it, in hex."""
        return hashlib.sha256(self.content(path)).hexdigest()


def sent(name):
    """What came beside this program under that name."""
    return __loader__.get_data(os.path.join(__loader__.archive, name))


def core_of(asked, open_ones):
    """How the application stands to the release that was sent. Raises Refused."""
    return Core(opened(asked, open_ones), Release(sent(RELEASE), json.loads(sent(ABOUT).decode("ascii"))))


def opened(asked, open_ones):
    """The application's folder. Raises Refused."""
    folder = os.fsdecode(unquote_to_bytes(asked["folder"]))
    try:
        return taking.closing(open_ones, safe_open.below(asked["root"], folder or ".", safe_open.DIRECTORY))
    except OSError as error:
        raise Refused("folder_gone", error.strerror or "")


# --- there and back --------------------------------------------------------------------------------------


def contain(asked, _connection):
    """Have the files as the release has them; once, however often it is asked for. Raises Refused."""
    name = asked["id"]
    with STORE.held(), contextlib.ExitStack() as open_ones:
        core = core_of(asked, open_ones)
        record = STORE.begun(asked)
        if record is None:
            record = {
                "what": asked["what"],
                "root": asked["root"],
                "folder": asked["folder"],
                "files": core.differing(),
                "made": [],
            }
            STORE.keep(name, record)
        elif not all(
            file["new"] == FOLDER or (file["path"] in core.release and core.release.digest(file["path"]) == file["new"])
            for file in record["files"]
        ):
            raise Refused("other_release", "")
        store = taking.closing(open_ones, os.open(STORE.folder(name), safe_open.FOLDER))
        try:
            for number, file in enumerate(record["files"]):
                with contextlib.suppress(
                    Refused
                ):  # who keeps one from being replaced keeps no other from it; it is seen below
                    put(core, store, str(number), file, lambda path: made(name, record, path))
            forgotten = not record["files"] or php_code.forgotten()
            left = [file["path"] for file in record["files"] if not core.is_new(file)]
        except Exception:
            changed = back(core.folder, store, record)
            if changed:
                return {"state": "unknown", "why": "changed_since", "about": changed[0]}
            STORE.forget(name)
            raise
        return told(name, core, record, forgotten, left)


def told(name, core, record, forgotten, left):
    """What was done, as it is now; ``left`` are the paths that somebody has kept as they are."""
    files = [[file["path"], file["was"], file["new"]] for file in record["files"]]
    others, whole = core.others()
    if left:
        about = "%d / %d: %s" % (len(left), len(files), left[0])
        return {
            "state": "unknown",
            "why": "files_left",
            "about": about[: acting.MOST_SAID],
            "found": found(record, others),
        }
    if not files:
        STORE.forget(name)
    if not whole:
        return {
            "state": "unknown",
            "why": "not_all_seen",
            "about": "%d" % len(files),
            "found": found(record, others),
        }
    return {
        "state": "confirmed",
        "sha256": hashlib.sha256(json.dumps(files).encode("ascii")).hexdigest() if files else None,
        "why": "replaced" if forgotten else "still_runs",
        "about": str(len(files)),
        "found": found(record, others),
    }


def found(record, others):
    """Whole paths, written so that each is one line."""
    base = os.path.join(record["root"], os.fsdecode(unquote_to_bytes(record["folder"])))
    return [quote_from_bytes(os.fsencode(os.path.join(base, path)), safe="/") for path in others]


def made(name, record, path):
    """Have it on record that a folder is about to be made."""
    record["made"].append(path)
    STORE.keep(name, record)


def put(core, store, number, file, making):
    """Have the release's file in its place, and what was there kept. Raises Refused when something else is there by now."""
    with contextlib.ExitStack() as open_ones:
        place, last = reached(core.folder, file["path"], open_ones, making if file["was"] is None else None)
        open_ones.enter_context(immutable.lifted(place))
        immutable.take_off(place, last)
        if file["was"] in ASIDE and taking.ident(store, number) is None:
            set_aside(place, last, store, number, file)
        if file["new"] == FOLDER:
            with contextlib.suppress(FileExistsError):  # it is gone on with
                new_folder(place, last)
            return
        if file["was"] in (None, *ASIDE):
            put_new(place, last, core.release.content(file["path"]), file)
            return
        handle = taking.closing(open_ones, safe_open.at(place, last))
        there = taking.digest(handle)
        if there == file["new"]:
            return
        if there != file["was"]:
            raise Refused("swapped", file["path"])
        if taking.ident(store, number) is None:
            keep(place, last, handle, store, number, file)
        try:
            replacing.replace(place, last, handle, os.fstat(handle), core.release.content(file["path"]))
        except replacing.Swapped:
            raise Refused("swapped", file["path"])
        plain(place, last)


def plain(place, last):
    """Have a file run as nobody else: that it did so was of what it held."""
    handle = safe_open.at(place, last)
    try:
        mode = os.fstat(handle).st_mode
        if mode & (stat.S_ISUID | stat.S_ISGID):
            os.fchmod(handle, mode & 0o777)
    finally:
        os.close(handle)


def keep(place, last, handle, store, number, file):
    """Have the very file under a name in our folder, too; from another file system a copy. Raises Refused."""
    try:
        os.link(last, number, src_dir_fd=place, dst_dir_fd=store, follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        draft = number + ".new"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=store)
        taking.copied(handle, store, draft, file["was"])
        os.rename(draft, number, src_dir_fd=store, dst_dir_fd=store)
        return
    if not os.path.samestat(os.lstat(number, dir_fd=store), os.fstat(handle)):
        os.unlink(number, dir_fd=store)
        raise Refused("swapped", file["path"])


def set_aside(place, last, store, number, file):
    """Have what cannot be replaced in our folder, as it is. Raises Refused when it cannot be moved there, or is something else by now."""
    try:
        os.rename(last, number, src_dir_fd=place, dst_dir_fd=store)
    except OSError as error:
        raise Refused("unsafe", "%s: %s" % (file["path"], error.strerror))
    mode = os.lstat(number, dir_fd=store).st_mode
    if {ODD: stat.S_ISREG(mode), UNREAD: not stat.S_ISREG(mode), BLOCKED: stat.S_ISDIR(mode)}[file["was"]]:
        taking.back(store, number, place, last)
        raise Refused("swapped", file["path"])


def put_new(place, last, content, file):
    """Have a file that was missing, its folder's owner's, in place of nothing. Raises Refused."""
    of, draft = os.fstat(place), ".luytre-" + file["new"][:16]
    with contextlib.suppress(FileNotFoundError):
        os.unlink(draft, dir_fd=place)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=place)
    try:
        with os.fdopen(os.dup(handle), "wb") as file_there:
            file_there.write(content)
        os.fchown(handle, of.st_uid, of.st_gid)
        os.fchmod(handle, of.st_mode & MODE)
        os.fsync(handle)
        os.link(draft, last, src_dir_fd=place, dst_dir_fd=place, follow_symlinks=False)
    except FileExistsError:
        if digest_at(place, last) != file["new"]:
            raise Refused("name_taken", file["path"])
    finally:
        os.close(handle)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=place)


def digest_at(place, last):
    """sha256 of what has a name in an open folder, None where none is, or no file."""
    try:
        handle = safe_open.at(place, last)
    except OSError:
        return None
    try:
        return taking.digest(handle)
    finally:
        os.close(handle)


def reached(folder, path, open_ones, making):
    """``(open folder, name)`` of a path below an open folder; ``making`` is told of each folder that has to be made. Raises Refused."""
    names = safe_open.parts(path)
    here = folder
    for at, one in enumerate(names[:-1]):
        try:
            inner = safe_open.enter(here, one)
        except FileNotFoundError:
            if making is None:
                raise Refused("swapped", path)
            making("/".join(names[: at + 1]))
            new_folder(here, one)
            inner = safe_open.enter(here, one)
        except safe_open.Unsafe as unsafe:
            raise Refused("unsafe", "%s: %s" % (path, unsafe.strerror))
        here = taking.closing(open_ones, inner)
    return here, names[-1]


def new_folder(place, name):
    """Make a folder in an open one as that one's owner would: it is theirs from the first, and another that takes its name is given to nobody."""
    of, umask = os.fstat(place), os.umask(0)
    try:
        os.setegid(of.st_gid)
        os.seteuid(of.st_uid)
        os.mkdir(name, of.st_mode & 0o777, dir_fd=place)
    finally:
        os.seteuid(os.getuid())
        os.setegid(os.getgid())
        os.umask(umask)


def back(folder, store, record):
    """Have the files as they were, but for those that somebody has changed since. The paths of these."""
    left = []
    for number, file in enumerate(record["files"]):
        if file["new"] == FOLDER:
            continue
        with contextlib.ExitStack() as open_ones:
            try:
                place, last = reached(folder, file["path"], open_ones, None)
            except Refused:
                if file["was"] is not None:
                    left.append(file["path"])
                continue
            there = digest_at(place, last)
            untouched = file["was"] in ASIDE and taking.ident(store, str(number)) is None
            if untouched or (there == file["was"] and (there is not None or taking.ident(place, last) is None)):
                continue
            empty = file["was"] in ASIDE and taking.ident(place, last) is None
            if not (empty or there == file["new"]) or not put_back(place, last, store, str(number), file):
                left.append(file["path"])
    for path in reversed(record["made"]):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError, Refused):
            place, last = reached(folder, path, open_ones, None)
            os.rmdir(last, dir_fd=place)
    return [
        *left,
        *(
            file["path"]
            for number, file in enumerate(record["files"])
            if file["new"] == FOLDER and not unblocked(folder, store, str(number), file)
        ),
    ]


def unblocked(folder, store, number, file):
    """Have what was in a folder's place there again. Whether it is, or was never taken away."""
    with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError, Refused):
        if taking.ident(store, number) is None:
            return True
        place, last = reached(folder, file["path"], open_ones, None)
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(last, dir_fd=place)
        taking.back(store, number, place, last)
    return taking.ident(store, number) is None


def put_back(place, last, store, number, file):
    """Have what is kept in the place of the release's file. Whether that is what was there."""
    with immutable.lifted(place):
        if file["was"] in (None, *ASIDE):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(last, dir_fd=place)
            if file["was"] in ASIDE:
                taking.back(store, number, place, last)
            return taking.ident(store, number) is None
        if digest_at(store, number) != file["was"]:
            return False
        try:
            os.rename(number, last, src_dir_fd=store, dst_dir_fd=place)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            draft = ".luytre-" + file["was"][:16]
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=place)
            with contextlib.ExitStack() as open_ones:
                taking.copied(taking.closing(open_ones, safe_open.at(store, number)), place, draft, file["was"])
            os.rename(draft, last, src_dir_fd=place, dst_dir_fd=place)
        return True


def release(asked, _connection):
    """Have the files as they were before. Raises Refused."""
    name = asked["id"]
    with STORE.held(), contextlib.ExitStack() as open_ones:
        record = STORE.find(asked)
        if record is None:
            return acting.NONE_KEPT
        folder = opened(record, open_ones)
        store = taking.closing(open_ones, os.open(STORE.folder(name), safe_open.FOLDER))
        left = back(folder, store, record)
        if record["files"] and not php_code.forgotten():
            left.append("php-fpm")
        if left:
            return {"state": "unknown", "why": "changed_since", "about": left[0]}
        STORE.forget(name)
        return {"state": "none"}


def bounded(some):
    """Paths, a line each, as many as an answer has room for; then how many there are."""
    text = "\n".join(some)
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS].rpartition("\n")[0] + "\n… %d" % len(some)


def plan(asked, _connection):
    """What ``contain`` would do now; nothing is written."""
    with contextlib.ExitStack() as open_ones:
        core = core_of(asked, open_ones)
        files = core.differing()
        put = [file["path"] for file in files if file["was"] is None]
        replaced = [file["path"] for file in files if file["was"] is not None]
        steps = [[name, bounded(some)] for name, some in (("replace", replaced), ("put", put)) if some]
        steps += ["systemctl reload " + unit for unit in php_code.units()] if files else []
        others, whole = core.others()
        return {
            "state": "planned",
            "would": steps,
            "why": "" if whole else "not_all_seen",
            "found": found(asked, others),
        }


ACTIONS = {"plan": plan, "contain": contain, "release": release}


def main(arguments):
    """Answer what is asked."""
    acting.asked(ACTIONS, arguments, SECONDS)
