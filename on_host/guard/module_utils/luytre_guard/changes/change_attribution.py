"""Whose a change below /etc is that was made while a run was open.

The run's, or somebody's who worked on the host meanwhile.

The run's steps record what they change (``recorder``). Without any record, as of a run that made no step, all of it
counts as the run's.
"""

import base64
import json
import os

from ansible.module_utils.luytre_guard.changes import packages, recorder
from ansible.module_utils.luytre_guard.files import tree
from ansible.module_utils.luytre_shared.files import atomic_file

TREE, FOLDER, ASIDE = "/etc/", "record", "aside"
SUFFIX = ".step"
ACCOUNTS = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid")
"""A line for each name in them: both sides' changes live side by side."""
LINES = ("/etc/crontab", "/etc/hosts", "/etc/fstab", "/etc/aliases", "/etc/environment")
"""Files that people edit and steps hardly ever do."""
WAY_IN = ("/etc/ssh/", "/etc/pam.d/", "/etc/security/", "/etc/nologin", "/etc/hosts.allow", "/etc/hosts.deny")
"""What decides who gets in goes back whoever changed it, or there is no way back."""
SITES = (
    *("/etc/nginx/sites-", "/etc/nginx/conf.d/", "/etc/apache2/sites-", "/etc/letsencrypt/", "/etc/ssl/private/"),
    *("/etc/cron.", "/etc/sudoers.d/"),
)
"""Where people put what is theirs, while a package that is at work puts only what it lists."""
FIRST_ORDINARY, NOBODY = 1000, 65534
MAX_ASIDE = 1024 * 1024
LEFT_REASON, MERGED_REASON = "changed during the run, by somebody else", "both changed it: somebody's part stays"


class RunChangeAttribution:
    """Of one run.

    ``left``: path to why it stays, ``aside``: path to where another's version of what went back is, ``unloadable``:
    path to why the daemon that reads it needs it as it is."""

    def __init__(self, snap):
        self._snap, self.left, self.aside = snap, {}, {}
        self.unloadable = {}
        self._images, self._by_programs, self._open_since = {}, set(), None
        folder = snap.kept.get_path_of_run_file(snap.run, FOLDER)
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(SUFFIX))
        except OSError:
            names = []
        for name in names:
            self._read_step_record_of_run(os.path.join(folder, name))
        self.known = bool(names)
        self._packages = None

    def _read_step_record_of_run(self, path):
        began = None
        with open(path, "rb") as handle:
            for text in handle:
                try:
                    line = json.loads(text.decode("ascii"))
                except ValueError:
                    continue
                if "program" in line:
                    began = recorder.convert_moment_to_present_clock(line["began"], line["up"]) - recorder.SLACK
                elif "ended" in line:
                    began = None
                elif "path" in line:
                    self._images[line["path"]] = line.get("after")
                    (self._by_programs.add if line.get("by") else self._by_programs.discard)(line["path"])
        if began is not None:
            self._open_since = min(began, self._open_since or began)

    @property
    def is_package_work_of_run_fully_recorded(self):
        """Return whether all that the run did is on record, so that a package that it did not ask for is somebody's."""
        return self.known and self._open_since is None

    def has_run_changed_path(self, path):
        """Return whether the run changed a path."""
        if path in self._images:
            by_package = path in self._by_programs and path.startswith(SITES)
            return not by_package or path in self._list_paths_of_packages_installed_since()
        try:
            return self._open_since is not None and os.lstat(path).st_ctime >= self._open_since
        except OSError:
            return self._open_since is not None

    def _list_paths_of_packages_installed_since(self):
        if self._packages is None:
            came = packages.compare_installed_packages(
                self._snap.manifest["packages"], packages.InstalledPackagesQuery().answer()
            )[0]
            self._packages = packages.list_paths_of_packages(came)
        return self._packages

    def select_differences_made_by_run(self, paths, present):
        """Return those differences from the snapshot that go back; the rest is noted in ``left``."""
        paths = {path: word for path, word in paths.items() if path not in self.unloadable}
        if not self.known:
            return paths
        own_paths, stay = {}, {}
        for path, word in paths.items():
            why = self._find_reason_why_path_stays(path, word)
            if why:
                stay[path] = why
            else:
                own_paths[path] = word
        for path in [path for path, word in own_paths.items() if word == "new" and os.path.isdir(path)]:
            inside = _list_files_below_new_folder(path)
            others = {inner_path: LEFT_REASON for inner_path in inside if not self.has_run_changed_path(inner_path)}
            if others:
                del own_paths[path]
                stay.update(others)
                own_paths.update({inner_path: "new" for inner_path in inside if inner_path not in others})
        for path in {self._find_nearest_folder_in_snapshot(path) for path in stay} & set(own_paths):
            if self._is_same_folder_but_for_names(path, present):
                del own_paths[path]
        self.left.update({path: why for path, why in stay.items() if why is not True})
        return own_paths

    def _is_same_folder_but_for_names(self, path, present):
        entry = self._snap.entries.get(path, tree.ABSENT)
        return entry["type"] == "folder" and not tree.find_fields_differing_between_entries(
            entry, present.get(path, tree.ABSENT), ("mtime",)
        )

    def _find_nearest_folder_in_snapshot(self, path):
        """Return the first folder above that was there before: the names in it are others than before."""
        path = os.path.dirname(path)
        while path != "/" and self._snap.entries.get(path, tree.ABSENT)["type"] == "absent":
            path = os.path.dirname(path)
        return path

    def _find_reason_why_path_stays(self, path, difference):
        """Return why a path stays as it is, True where that is not worth a word, None where it goes back."""
        if not path.startswith(TREE):
            return None
        if path.rstrip("-") in ACCOUNTS:
            if not self.has_run_changed_path(path.rstrip("-")):
                return True if path.endswith("-") else LEFT_REASON
            if path not in ACCOUNTS:
                return None
            content = self.merge_account_file_with_others_lines(path)
            same = (
                content is not None
                and content == _read_small_regular_file_or_none(path)
                and not self._has_path_other_attributes_than_before(path)
            )
            return MERGED_REASON if same else None
        if path.startswith(WAY_IN):
            return None
        if path == "/etc/.pwd.lock":
            return True
        return LEFT_REASON if (difference == "new" or path in LINES) and not self.has_run_changed_path(path) else None

    def _has_path_other_attributes_than_before(self, path):
        return bool(
            tree.find_fields_differing_between_entries(
                self._snap.entries[path], tree.read_entry_of_path(path), ("mtime", "sha256")
            )
        )

    def _read_content_from_snapshot(self, path):
        entry = self._snap.entries.get(path, tree.ABSENT)
        return b"".join(self._snap.read_verified_content_of_entry(entry)) if "sha256" in entry else None

    def merge_account_file_with_others_lines(self, path):
        """Return what a file of accounts is to hold: as before, with others' lines.

        None where that is the same, and for every other path."""
        before = self._read_content_from_snapshot(path) if self.known and path in ACCOUNTS else None
        now = _read_small_regular_file_or_none(path) if before is not None else None
        if now is None:
            return None
        ordinary = list_names_of_ordinary_accounts(
            _read_small_regular_file_or_none("/etc/passwd") or b"",
            _read_small_regular_file_or_none("/etc/group") or b"",
        )
        content = merge_others_account_lines_into_before(
            before, self._get_content_run_left_at_path(path), now, ordinary
        )
        return content if content != before else None

    def _get_content_run_left_at_path(self, path):
        after = self._images.get(path) or {}
        return base64.b64decode(after["content"]) if "content" in after else None

    def keep_copy_of_others_version_aside(self, path):
        """Keep what is about to go, where that is somebody's and not the run's."""
        if not self.known or not path.startswith(TREE) or path in self.aside or path in ACCOUNTS:
            return
        now = _read_small_regular_file_or_none(path)
        if (
            now is None
            or now == self._read_content_from_snapshot(path)
            or (self.has_run_changed_path(path) and now == self._get_content_run_left_at_path(path))
        ):
            return
        if path.rstrip("-") in ACCOUNTS or (path in self._by_programs and self.has_run_changed_path(path)):
            return
        target = self._snap.kept.get_path_of_run_file(self._snap.run, ASIDE) + path
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        atomic_file.write_file_atomically(target, now)
        self.aside[path] = target


def merge_others_account_lines_into_before(before, content_left_by_run, now, names_of_people):
    """Return a file of lines, each with a name, as before, with what others changed since.

    ``content_left_by_run``: how the run left it, None where that is not known; ``names_of_people``: names of people,
    which no package makes.
    """
    old, new = _index_lines_by_account_name(before), _index_lines_by_account_name(now)
    ours = _index_lines_by_account_name(content_left_by_run) if content_left_by_run is not None else None
    lines = []
    for name, line in old.items():
        others = ours is not None and name in ours and new.get(name) != ours[name] and ours[name] == line
        if not others:
            lines.append(line)
        elif name in new:
            lines.append(new[name])
    for name, line in new.items():
        if name not in old and (name in names_of_people or (ours is not None and name not in ours)):
            lines.append(line)
    return before if lines == list(old.values()) else b"".join(line + b"\n" for line in lines)


def list_names_of_ordinary_accounts(passwd, group):
    """Name of accounts and groups that are people's, by their number."""
    names = set()
    for line in [*passwd.splitlines(), *group.splitlines()]:
        fields = line.split(b":")
        if len(fields) > 2 and fields[2].isdigit() and FIRST_ORDINARY <= int(fields[2]) < NOBODY:
            names.add(fields[0])
    return names


def _index_lines_by_account_name(content):
    return {line.split(b":")[0]: line for line in content.splitlines() if line}


def _list_files_below_new_folder(path):
    """Return what lies in a folder that a run made, but for folders; nothing of what lets somebody in."""
    if not path.startswith(TREE) or path.startswith(WAY_IN):
        return []
    return [inner_path for inner_path in _list_all_paths_below_folder(path) if not os.path.isdir(inner_path)]


def _list_all_paths_below_folder(folder):
    return [os.path.join(top, name) for top, inner, names in os.walk(folder) for name in (*inner, *names)]


def _read_small_regular_file_or_none(path):
    """Return the bytes of a regular file that is not too large to keep aside, or None."""
    result = {}

    def keep(chunks, status):
        if status.st_size <= MAX_ASIDE:
            result["content"] = b"".join(chunks)
        return {}

    try:
        tree.read_entry_of_path(path, keep)
    except (OSError, tree.UnsafeTarget):
        return None
    return result.get("content")
