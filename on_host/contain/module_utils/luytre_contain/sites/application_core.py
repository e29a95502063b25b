"""Compare the files of an application with those of its release."""

import contextlib
import errno
import hashlib
import io
import os
import stat
import zipfile

from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre_shared.applications import known_layouts
from ansible.module_utils.luytre_shared.applications.layouts import search_version
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.incidents import safe_move
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

ODD, UNREAD, OBSTRUCTION = "odd", "unread", "blocked"
"""In place of a digest: a link, a folder, a pipe, where a release has a file.

A file too large to be read through, or under a lease; a link of a lesser user's, or a file, where a release has a
folder. They are set aside as they are."""
ASIDE = frozenset({ODD, UNREAD, OBSTRUCTION})
FOLDER = "folder"
"""In place of a digest of the release's: its folder."""
SHARE = 0.3
"""Of the release's files must lie there as they were made: else it is another's folder."""
MAX_ENTRIES = 100_000
MAX_SCRIPTS = 100
WALK_SECONDS = 8


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
        kind = next((layout for layout in known_layouts.LAYOUTS if self._has_release_marks_of_layout(layout)), None)
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
                local_version, release_version = (
                    search_version(pattern, (text or b"").decode("utf-8", "replace"))
                    for text in (self.read_file(file), self.release.read_file(file))
                )
                if local_version and release_version and local_version != release_version:
                    raise ActionRefusal("other_release", "%s: %s" % (local_version, release_version))

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
