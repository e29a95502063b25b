"""Gives an application the files of its release again, and takes that back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own, with the release beside it. What differs is kept in a folder
of root's, the very file where it can be, before the release's takes its place with owner, mode and access list as they
were; what is missing is put there as its folder is. Whoever can write the folders may swap names at any moment: no link
is followed, and only what was looked at is replaced.
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

from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre_contain.sites import php_code
from ansible.module_utils.luytre_shared.applications import registry
from ansible.module_utils.luytre_shared.files import file_replacement, immutable, safe_open
from ansible.module_utils.luytre_shared.incidents import action_runner, quarantine_store, safe_move
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

STORE = quarantine_store.QuarantineStore("/var/lib/luytre/core")
RELEASE, ABOUT = "release.zip", "release.json"
ODD, UNREAD, OBSTRUCTION = "odd", "unread", "blocked"
"""In place of a digest: a link, a folder, a pipe, where a release has a file.

A file too large to be read through, or under a lease; a link of a lesser user's, or a file, where a release has a
folder. They are set aside as they are."""
ASIDE = frozenset({ODD, UNREAD, OBSTRUCTION})
FOLDER = "folder"
"""In place of a digest of the release's: its folder."""
SECONDS = 240
"""For thousands of files, each of which is on the disk before the next."""
SHARE = 0.3
"""Of the release's files must lie there as they were made: else it is another's folder."""
MAX_ENTRIES = 100_000
MAX_SCRIPTS, MAX_LETTERS = 100, 16_000
WALK_SECONDS = 8
MODE = 0o666
"""Of a file that is put there, less what its folder does not allow."""


class ApplicationCore:
    """The folder of an application, held open, and how its files stand to a release's."""

    def __init__(self, folder, release):
        self.folder, self.release = folder, release

    def find_files_unlike_release(self):
        """Return ``{path, was, new}`` of each file that is not as the release has it. Raises ActionRefusal.

        ``was`` is None for one that is not there: it is left so beside the release's folders, where offices delete what
        they do without.
        """
        files, same = self.find_blocked_release_folders(), 0
        kind = next((layout for layout in registry.LAYOUTS if self._has_release_marks_of_layout(layout)), None)
        installer_paths = [installer.rstrip("/") for installer in kind.installers] if kind else []
        for path in self.release.paths:
            was = self.digest_file(path)
            new = self.release.digest_file(path)
            if was == new:
                same += 1
            elif was is not None or not (
                self.release.is_beside_release_folders(path)
                or any(path == installer or path.startswith(installer + "/") for installer in installer_paths)
            ):
                files.append({"path": path, "was": was, "new": new})
        self._check_release_version(kind)
        blocked_folders = {file["path"] for file in files if file["new"] == FOLDER}
        file_count = (
            sum(blocked_folders.isdisjoint(list_folders_of_path(path)) for path in self.release.paths)
            if blocked_folders
            else len(self.release.paths)
        )
        if same < SHARE * file_count:
            raise ActionRefusal("other_release", "%d / %d" % (same, file_count))
        return files

    def find_blocked_release_folders(self):
        """Return ``{path, was, new}`` of each folder of the release in whose place a lesser user's link, or a file, is.

        None below another such.
        """
        folders = sorted(
            {
                "/".join(names[:count])
                for names in map(safe_open.split_path, self.release.paths)
                for count in range(1, len(names))
            }
        )
        blocked_folders = []
        for path in folders:
            if not any(path.startswith(parent["path"] + "/") for parent in blocked_folders) and self._is_folder_blocked(
                path
            ):
                blocked_folders.append({"path": path, "was": OBSTRUCTION, "new": FOLDER})
        return blocked_folders

    def _is_folder_blocked(self, path):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
            handle = safe_move.close_descriptor_when_stack_ends(
                open_ones, safe_open.open_below(self.folder, path, safe_open.ANYTHING)
            )
            status = os.fstat(handle)
            return not stat.S_ISDIR(status.st_mode) and status.st_uid != 0
        return False

    def _has_release_marks_of_layout(self, layout):
        return any(all(name in self.release for name in names) for names in layout.marks)

    def _check_release_version(self, layout):
        for file, pattern in layout.versions if layout else ():
            if file in self.release:
                local_match, release_match = (
                    pattern.search((text or b"").decode("utf-8", "replace"))
                    for text in (self.read_file(file), self.release.read_file(file))
                )
                if local_match and release_match and local_match.group(1) != release_match.group(1):
                    raise ActionRefusal("other_release", "%s: %s" % (local_match.group(1), release_match.group(1)))

    def read_file(self, path):
        """Return what a file there holds, None where none is that can be read."""
        try:
            handle = safe_open.open_below(self.folder, path)
        except OSError:
            return None
        try:
            return safe_open.read_start(handle, 200_000)
        finally:
            os.close(handle)

    def digest_file(self, path):
        """Return sha256 of a file there, in hex, None where none is, ODD for a link and what else is no file.

        Raises ActionRefusal when it is too large, or a link is on the way.
        """
        try:
            handle = safe_open.open_below(self.folder, path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except safe_open.Unsafe as unsafe:
            if self._is_not_regular_file(path):
                return ODD
            if any(self._is_folder_blocked(folder) for folder in list_folders_of_path(path)):
                return None
            raise ActionRefusal("unsafe", "%s: %s" % (path, unsafe.strerror))
        except BlockingIOError:
            return UNREAD
        try:
            return safe_move.compute_digest(handle) or UNREAD
        finally:
            os.close(handle)

    def is_file_as_in_release(self, file):
        """Return whether a file, or folder, is as the release has it now."""
        try:
            if file["new"] == FOLDER:
                os.close(safe_open.open_below(self.folder, file["path"], safe_open.DIRECTORY))
                return True
            return self.digest_file(file["path"]) == file["new"]
        except (OSError, ActionRefusal):
            return False

    def _is_not_regular_file(self, path):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
            handle = safe_move.close_descriptor_when_stack_ends(
                open_ones, safe_open.open_below(self.folder, path, safe_open.ANYTHING)
            )
            return not stat.S_ISREG(os.fstat(handle).st_mode)
        return False

    def find_scripts_not_in_release(self):
        """Return paths of scripts that lie where only the release has files, and are none of its.

        And whether all of it was looked at.
        """
        paths, whole, effort = [], True, TimeBudget(WALK_SECONDS)
        for top in self.release.tops if self.release.tops is not None else ["."]:
            try:
                inner = safe_open.open_below(self.folder, top, safe_open.DIRECTORY)
            except OSError as error:
                whole = whole and error.errno in (errno.ENOENT, errno.ENOTDIR)
                continue
            try:
                walk = webroot.WebrootWalk(inner, effort, MAX_ENTRIES)
                for entry in walk:
                    path = entry.path if top == "." else "%s/%s" % (top, entry.path)
                    if not self.release.has_file(path) and webroot.is_php_script(entry):
                        paths.append(path)
                whole = whole and not walk.cut_short
            finally:
                os.close(inner)
        return sorted(paths)[:MAX_SCRIPTS], whole


def list_folders_of_path(path):
    """Return the paths of the folders that a path goes through, the first one first."""
    names = safe_open.split_path(path)
    return ["/".join(names[:count]) for count in range(1, len(names))]


class BundledRelease:
    """The files that came beside this program, by their paths.

    ``tops``: the folders in which only it has scripts, None for all of it.
    """

    def __init__(self, archive, about):
        self._archive = zipfile.ZipFile(io.BytesIO(archive))
        self.paths = sorted(self._archive.namelist())
        self.tops = about["tops"]
        self._own, self._left = frozenset(self.paths), frozenset(about["left"])

    def __contains__(self, path):
        return path in self._own

    def has_file(self, path):
        """Return whether it has a file there, be it one that offices write."""
        return path in self._own or path in self._left

    def is_beside_release_folders(self, path):
        """Return whether a path lies beside its folders."""
        return self.tops is not None and "/" not in path

    def read_file(self, path):
        """Return what it holds."""
        return self._archive.read(path)

    def digest_file(self, path):
        """Return sha256 of it, in hex."""
        return hashlib.sha256(self.read_file(path)).hexdigest()


def read_bundled_file(name):
    """Return what came beside this program under that name."""
    return __loader__.get_data(os.path.join(__loader__.archive, name))


def load_application_core(request, open_ones):
    """Return how the application stands to the release that was sent. Raises ActionRefusal."""
    return ApplicationCore(
        open_application_folder(request, open_ones),
        BundledRelease(read_bundled_file(RELEASE), json.loads(read_bundled_file(ABOUT).decode("ascii"))),
    )


def open_application_folder(request, open_ones):
    """Return the application's folder. Raises ActionRefusal."""
    folder = os.fsdecode(unquote_to_bytes(request["folder"]))
    try:
        return safe_move.close_descriptor_when_stack_ends(
            open_ones, safe_open.open_below(request["root"], folder or ".", safe_open.DIRECTORY)
        )
    except OSError as error:
        raise ActionRefusal("folder_gone", error.strerror or "")


# --- there and back --------------------------------------------------------------------------------------


def replace_core_files_with_release(request, _connection):
    """Have the files as the release has them; once, however often it is asked for. Raises ActionRefusal."""
    name = request["id"]
    with STORE.hold_lock(), contextlib.ExitStack() as open_ones:
        core = load_application_core(request, open_ones)
        record = STORE.find_record_before_action_starts(request)
        if record is None:
            record = {
                "what": request["what"],
                "root": request["root"],
                "folder": request["folder"],
                "files": core.find_files_unlike_release(),
                "made": [],
            }
            STORE.save_record_of_action(name, record)
        elif not all(
            file["new"] == FOLDER
            or (file["path"] in core.release and core.release.digest_file(file["path"]) == file["new"])
            for file in record["files"]
        ):
            raise ActionRefusal("other_release", "")
        store = safe_move.close_descriptor_when_stack_ends(
            open_ones, os.open(STORE.get_folder_of_action(name), safe_open.FOLDER)
        )
        try:
            for number, file in enumerate(record["files"]):
                with contextlib.suppress(
                    ActionRefusal
                ):  # who keeps one from being replaced keeps no other from it; it is seen below
                    put_release_file_in_place(
                        core, store, str(number), file, lambda path: record_folder_to_be_made(name, record, path)
                    )
            code_reset = not record["files"] or php_code.reload_php_services_to_clear_code_cache()
            remaining_paths = [file["path"] for file in record["files"] if not core.is_file_as_in_release(file)]
        except Exception:
            changed_paths = restore_original_files(core.folder, store, record)
            if changed_paths:
                return {"state": "unknown", "why": "changed_since", "about": changed_paths[0]}
            STORE.delete_record_of_action(name)
            raise
        return describe_core_replacement(name, core, record, code_reset, remaining_paths)


def describe_core_replacement(name, core, record, code_reset, remaining_paths):
    """Return what was done, as it is now; ``remaining_paths`` are the paths that somebody has kept as they are."""
    files = [[file["path"], file["was"], file["new"]] for file in record["files"]]
    others, whole = core.find_scripts_not_in_release()
    if remaining_paths:
        about = "%d / %d: %s" % (len(remaining_paths), len(files), remaining_paths[0])
        return {
            "state": "unknown",
            "why": "files_left",
            "about": about[: action_runner.MAX_REASON],
            "found": quote_paths_of_record(record, others),
        }
    if not files:
        STORE.delete_record_of_action(name)
    if not whole:
        return {
            "state": "unknown",
            "why": "not_all_seen",
            "about": "%d" % len(files),
            "found": quote_paths_of_record(record, others),
        }
    return {
        "state": "confirmed",
        "sha256": hashlib.sha256(json.dumps(files).encode("ascii")).hexdigest() if files else None,
        "why": "replaced" if code_reset else "still_runs",
        "about": str(len(files)),
        "found": quote_paths_of_record(record, others),
    }


def quote_paths_of_record(record, relative_paths):
    """Return whole paths, written so that each is one line."""
    base = os.path.join(record["root"], os.fsdecode(unquote_to_bytes(record["folder"])))
    return [quote_from_bytes(os.fsencode(os.path.join(base, path)), safe="/") for path in relative_paths]


def record_folder_to_be_made(name, record, path):
    """Record that a folder is about to be made."""
    record["made"].append(path)
    STORE.save_record_of_action(name, record)


def put_release_file_in_place(core, store, stored_name, file, on_new_folder):
    """Have the release's file in its place, and what was there kept.

    Raises ActionRefusal when something else is there by now.
    """
    with contextlib.ExitStack() as open_ones:
        place, last = open_parent_folder_of_path(
            core.folder, file["path"], open_ones, on_new_folder if file["was"] is None else None
        )
        open_ones.enter_context(immutable.lift_immutable_flags_of_descriptors(place))
        immutable.clear_immutable_flags_of_file(place, last)
        if file["was"] in ASIDE and safe_move.identify_file_by_device_and_inode(store, stored_name) is None:
            move_original_aside(place, last, store, stored_name, file)
        if file["new"] == FOLDER:
            with contextlib.suppress(FileExistsError):  # it is gone on with
                make_folder_as_owner_would(place, last)
            return
        if file["was"] in (None, *ASIDE):
            put_missing_release_file(place, last, core.release.read_file(file["path"]), file)
            return
        handle = safe_move.close_descriptor_when_stack_ends(open_ones, safe_open.open_name_in_open_folder(place, last))
        there = safe_move.compute_digest(handle)
        if there == file["new"]:
            return
        if there != file["was"]:
            raise ActionRefusal("swapped", file["path"])
        if safe_move.identify_file_by_device_and_inode(store, stored_name) is None:
            keep_original_file(place, last, handle, store, stored_name, file)
        try:
            file_replacement.replace_file_if_still_the_same(
                place, last, handle, os.fstat(handle), core.release.read_file(file["path"])
            )
        except file_replacement.FileSwapped:
            raise ActionRefusal("swapped", file["path"])
        clear_setid_bits_of_file(place, last)


def clear_setid_bits_of_file(folder, name):
    """Have a file run as nobody else: that it did so was of what it held."""
    handle = safe_open.open_name_in_open_folder(folder, name)
    try:
        mode = os.fstat(handle).st_mode
        if mode & (stat.S_ISUID | stat.S_ISGID):
            os.fchmod(handle, mode & 0o777)
    finally:
        os.close(handle)


def keep_original_file(folder, name, handle, store, stored_name, file):
    """Have the very file under a name in our folder, too; from another file system a copy. Raises ActionRefusal."""
    try:
        os.link(name, stored_name, src_dir_fd=folder, dst_dir_fd=store, follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        draft = stored_name + ".new"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=store)
        safe_move.copy_file(handle, store, draft, file["was"])
        os.rename(draft, stored_name, src_dir_fd=store, dst_dir_fd=store)
        return
    if not os.path.samestat(os.lstat(stored_name, dir_fd=store), os.fstat(handle)):
        os.unlink(stored_name, dir_fd=store)
        raise ActionRefusal("swapped", file["path"])


def move_original_aside(folder, name, store, stored_name, file):
    """Have what cannot be replaced in our folder, as it is.

    Raises ActionRefusal when it cannot be moved there, or is something else by now.
    """
    try:
        os.rename(name, stored_name, src_dir_fd=folder, dst_dir_fd=store)
    except OSError as error:
        raise ActionRefusal("unsafe", "%s: %s" % (file["path"], error.strerror))
    mode = os.lstat(stored_name, dir_fd=store).st_mode
    if {ODD: stat.S_ISREG(mode), UNREAD: not stat.S_ISREG(mode), OBSTRUCTION: stat.S_ISDIR(mode)}[file["was"]]:
        safe_move.move_file_back_unless_name_is_taken(store, stored_name, folder, name)
        raise ActionRefusal("swapped", file["path"])


def put_missing_release_file(folder, name, content, file):
    """Have a file that was missing, its folder's owner's, in place of nothing. Raises ActionRefusal."""
    of, draft = os.fstat(folder), ".luytre-" + file["new"][:16]
    with contextlib.suppress(FileNotFoundError):
        os.unlink(draft, dir_fd=folder)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        with os.fdopen(os.dup(handle), "wb") as file_there:
            file_there.write(content)
        os.fchown(handle, of.st_uid, of.st_gid)
        os.fchmod(handle, of.st_mode & MODE)
        os.fsync(handle)
        os.link(draft, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        if digest_file_in_folder(folder, name) != file["new"]:
            raise ActionRefusal("name_taken", file["path"])
    finally:
        os.close(handle)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)


def digest_file_in_folder(folder, name):
    """Return sha256 of what has a name in an open folder, None where none is, or no file."""
    try:
        handle = safe_open.open_name_in_open_folder(folder, name)
    except OSError:
        return None
    try:
        return safe_move.compute_digest(handle)
    finally:
        os.close(handle)


def open_parent_folder_of_path(folder, path, open_ones, on_new_folder):
    """Return ``(open folder, name)`` of a path below an open folder.

    ``on_new_folder`` is told of each folder that has to be made. Raises ActionRefusal.
    """
    names = safe_open.split_path(path)
    here = folder
    for at, part in enumerate(names[:-1]):
        try:
            inner = safe_open.open_folder_in_open_folder(here, part)
        except FileNotFoundError:
            if on_new_folder is None:
                raise ActionRefusal("swapped", path)
            on_new_folder("/".join(names[: at + 1]))
            make_folder_as_owner_would(here, part)
            inner = safe_open.open_folder_in_open_folder(here, part)
        except safe_open.Unsafe as unsafe:
            raise ActionRefusal("unsafe", "%s: %s" % (path, unsafe.strerror))
        here = safe_move.close_descriptor_when_stack_ends(open_ones, inner)
    return here, names[-1]


def make_folder_as_owner_would(parent_folder, name):
    """Make a folder in an open one as that one's owner would.

    It is theirs from the first, and another that takes its name is given to nobody.
    """
    of, umask = os.fstat(parent_folder), os.umask(0)
    try:
        os.setegid(of.st_gid)
        os.seteuid(of.st_uid)
        os.mkdir(name, of.st_mode & 0o777, dir_fd=parent_folder)
    finally:
        os.seteuid(os.getuid())
        os.setegid(os.getgid())
        os.umask(umask)


def restore_original_files(folder, store, record):
    """Have the files as they were, but for those that somebody has changed since. The paths of these."""
    changed_paths = []
    for number, file in enumerate(record["files"]):
        if file["new"] == FOLDER:
            continue
        with contextlib.ExitStack() as open_ones:
            try:
                place, last = open_parent_folder_of_path(folder, file["path"], open_ones, None)
            except ActionRefusal:
                if file["was"] is not None:
                    changed_paths.append(file["path"])
                continue
            there = digest_file_in_folder(place, last)
            is_untouched = (
                file["was"] in ASIDE and safe_move.identify_file_by_device_and_inode(store, str(number)) is None
            )
            if is_untouched or (
                there == file["was"]
                and (there is not None or safe_move.identify_file_by_device_and_inode(place, last) is None)
            ):
                continue
            empty = file["was"] in ASIDE and safe_move.identify_file_by_device_and_inode(place, last) is None
            if not (empty or there == file["new"]) or not put_back_original_file(place, last, store, str(number), file):
                changed_paths.append(file["path"])
    for path in reversed(record["made"]):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError, ActionRefusal):
            place, last = open_parent_folder_of_path(folder, path, open_ones, None)
            os.rmdir(last, dir_fd=place)
    return [
        *changed_paths,
        *(
            file["path"]
            for number, file in enumerate(record["files"])
            if file["new"] == FOLDER and not restore_what_blocked_folder(folder, store, str(number), file)
        ),
    ]


def restore_what_blocked_folder(folder, store, stored_name, file):
    """Have what was in a folder's place there again. Whether it is, or was never taken away."""
    with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError, ActionRefusal):
        if safe_move.identify_file_by_device_and_inode(store, stored_name) is None:
            return True
        place, last = open_parent_folder_of_path(folder, file["path"], open_ones, None)
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(last, dir_fd=place)
        safe_move.move_file_back_unless_name_is_taken(store, stored_name, place, last)
    return safe_move.identify_file_by_device_and_inode(store, stored_name) is None


def put_back_original_file(folder, name, store, stored_name, file):
    """Have what is kept in the place of the release's file. Whether that is what was there."""
    with immutable.lift_immutable_flags_of_descriptors(folder):
        if file["was"] in (None, *ASIDE):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            if file["was"] in ASIDE:
                safe_move.move_file_back_unless_name_is_taken(store, stored_name, folder, name)
            return safe_move.identify_file_by_device_and_inode(store, stored_name) is None
        if digest_file_in_folder(store, stored_name) != file["was"]:
            return False
        try:
            os.rename(stored_name, name, src_dir_fd=store, dst_dir_fd=folder)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            draft = ".luytre-" + file["was"][:16]
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=folder)
            with contextlib.ExitStack() as open_ones:
                safe_move.copy_file(
                    safe_move.close_descriptor_when_stack_ends(
                        open_ones, safe_open.open_name_in_open_folder(store, stored_name)
                    ),
                    folder,
                    draft,
                    file["was"],
                )
            os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        return True


def undo_core_replacement(request, _connection):
    """Have the files as they were before. Raises ActionRefusal."""
    name = request["id"]
    with STORE.hold_lock(), contextlib.ExitStack() as open_ones:
        record = STORE.find_record_of_requested_action(request)
        if record is None:
            return action_runner.NONE_KEPT
        folder = open_application_folder(record, open_ones)
        store = safe_move.close_descriptor_when_stack_ends(
            open_ones, os.open(STORE.get_folder_of_action(name), safe_open.FOLDER)
        )
        changed_paths = restore_original_files(folder, store, record)
        if record["files"] and not php_code.reload_php_services_to_clear_code_cache():
            changed_paths.append("php-fpm")
        if changed_paths:
            return {"state": "unknown", "why": "changed_since", "about": changed_paths[0]}
        STORE.delete_record_of_action(name)
        return {"state": "none"}


def limit_paths_to_answer_size(paths):
    """Return paths, a line each, as many as an answer has room for; then how many there are."""
    text = "\n".join(paths)
    return text if len(text) <= MAX_LETTERS else text[:MAX_LETTERS].rpartition("\n")[0] + "\n… %d" % len(paths)


def plan_core_replacement(request, _connection):
    """Return what ``contain`` would do now; nothing is written."""
    with contextlib.ExitStack() as open_ones:
        core = load_application_core(request, open_ones)
        files = core.find_files_unlike_release()
        added_paths = [file["path"] for file in files if file["was"] is None]
        replaced_paths = [file["path"] for file in files if file["was"] is not None]
        steps = [
            [name, limit_paths_to_answer_size(paths)]
            for name, paths in (("replace", replaced_paths), ("put", added_paths))
            if paths
        ]
        steps += ["systemctl reload " + unit for unit in php_code.list_services_caching_php_code()] if files else []
        others, whole = core.find_scripts_not_in_release()
        return {
            "state": "planned",
            "would": steps,
            "why": "" if whole else "not_all_seen",
            "found": quote_paths_of_record(request, others),
        }


ACTIONS = {"plan": plan_core_replacement, "contain": replace_core_files_with_release, "release": undo_core_replacement}


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(ACTIONS, arguments, SECONDS)
