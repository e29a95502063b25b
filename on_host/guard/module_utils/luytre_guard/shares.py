"""Whose a change below /etc is that was made while a run was open: the run's, or somebody's who worked on the host meanwhile.

The run's steps record what they change (``recorder``). Without any record, as of a run that made no step, all of it counts
as the run's.
"""

import base64
import json
import os

from . import packages, recorder, store, tree

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
LEFT, MERGED = "changed during the run, by somebody else", "both changed it: somebody's part stays"


class Shares:
    """Of one run. ``left``: path to why it stays, ``aside``: path to where another's version of what went back is, ``unloadable``: path to
    why the daemon that reads it needs it as it is."""

    def __init__(self, snap):
        self._snap, self.left, self.aside = snap, {}, {}
        self.unloadable = {}
        self._images, self._by_programs, self._open_since = {}, set(), None
        folder = snap.kept.file(snap.run, FOLDER)
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(SUFFIX))
        except OSError:
            names = []
        for name in names:
            self._read(os.path.join(folder, name))
        self.known = bool(names)
        self._packages = None

    def _read(self, path):
        began = None
        with open(path, "rb") as handle:
            for text in handle:
                try:
                    line = json.loads(text.decode("ascii"))
                except ValueError:
                    continue
                if "program" in line:
                    began = recorder.on_todays_clock(line["began"], line["up"]) - recorder.SLACK
                elif "ended" in line:
                    began = None
                elif "path" in line:
                    self._images[line["path"]] = line.get("after")
                    (self._by_programs.add if line.get("by") else self._by_programs.discard)(line["path"])
        if began is not None:
            self._open_since = min(began, self._open_since or began)

    @property
    def tells_packages(self):
        """Whether all that the run did is on record, so that a package that it did not ask for is somebody's."""
        return self.known and self._open_since is None

    def of_run(self, path):
        """Whether the run changed a path."""
        if path in self._images:
            by_package = path in self._by_programs and path.startswith(SITES)
            return not by_package or path in self._of_packages()
        try:
            return self._open_since is not None and os.lstat(path).st_ctime >= self._open_since
        except OSError:
            return self._open_since is not None

    def _of_packages(self):
        if self._packages is None:
            came = packages.compare(self._snap.manifest["packages"], packages.Asked().answer())[0]
            self._packages = packages.files_of(came)
        return self._packages

    def mine(self, paths, present):
        """Of what differs from the snapshot, what goes back; the rest is noted in ``left``."""
        paths = {path: word for path, word in paths.items() if path not in self.unloadable}
        if not self.known:
            return paths
        found, stay = {}, {}
        for path, word in paths.items():
            why = self._stays(path, word) if path.startswith(TREE) else None
            if why:
                stay[path] = why
            else:
                found[path] = word
        for path in [path for path, word in found.items() if word == "new" and os.path.isdir(path)]:
            inside = _below(path) if path.startswith(TREE) and not path.startswith(WAY_IN) else []
            others = {one: LEFT for one in inside if not os.path.isdir(one) and not self.of_run(one)}
            if others:
                del found[path]
                stay.update(others)
                found.update({one: "new" for one in inside if not os.path.isdir(one) and one not in others})
        for path in {self._known_above(path) for path in stay} & set(found):
            entry = self._snap.entries.get(path, tree.ABSENT)
            if entry["type"] == "folder" and not tree.differs(entry, present.get(path, tree.ABSENT), ("mtime",)):
                del found[path]
        self.left.update({path: why for path, why in stay.items() if why is not True})
        return found

    def _known_above(self, path):
        """The first folder above that was there before: the names in it are others than before."""
        path = os.path.dirname(path)
        while path != "/" and self._snap.entries.get(path, tree.ABSENT)["type"] == "absent":
            path = os.path.dirname(path)
        return path

    def _stays(self, path, word):
        """Why a path stays as it is, True where that is not worth a word, None where it goes back."""
        if path.rstrip("-") in ACCOUNTS:
            if not self.of_run(path.rstrip("-")):
                return True if path.endswith("-") else LEFT
            if path not in ACCOUNTS:
                return None
            wanted = self.wanted(path)
            same = wanted is not None and wanted == _bytes(path) and not self._attributes_differ(path)
            return MERGED if same else None
        if path.startswith(WAY_IN):
            return None
        if path == "/etc/.pwd.lock":
            return True
        return LEFT if (word == "new" or path in LINES) and not self.of_run(path) else None

    def _attributes_differ(self, path):
        return bool(tree.differs(self._snap.entries[path], tree.at(path), ("mtime", "sha256")))

    def _before(self, path):
        entry = self._snap.entries.get(path, tree.ABSENT)
        return b"".join(self._snap.content(entry)) if "sha256" in entry else None

    def wanted(self, path):
        """What a file of accounts is to hold: as before, with others' lines. None where that is the same, and for every
        other path."""
        before = self._before(path) if self.known and path in ACCOUNTS else None
        now = _bytes(path) if before is not None else None
        if now is None:
            return None
        ordinary = ordinary_names(_bytes("/etc/passwd") or b"", _bytes("/etc/group") or b"")
        wanted = merged(before, self._image(path), now, ordinary)
        return wanted if wanted != before else None

    def _image(self, path):
        after = self._images.get(path) or {}
        return base64.b64decode(after["content"]) if "content" in after else None

    def keep_aside(self, path):
        """Keep what is about to go, where that is somebody's and not the run's."""
        if not self.known or not path.startswith(TREE) or path in self.aside or path in ACCOUNTS:
            return
        now = _bytes(path)
        if now is None or now == self._before(path) or (self.of_run(path) and now == self._image(path)):
            return
        if path.rstrip("-") in ACCOUNTS or (path in self._by_programs and self.of_run(path)):
            return
        target = self._snap.kept.file(self._snap.run, ASIDE) + path
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        store.write(target, now)
        self.aside[path] = target


def merged(before, image, now, ordinary):
    """A file of lines, each with a name, as before, with what others changed since. ``image``: how the run left it, None
    where that is not known; ``ordinary``: names of people, which no package makes."""
    old, new = _named(before), _named(now)
    ours = _named(image) if image is not None else None
    lines = []
    for name, line in old.items():
        others = ours is not None and name in ours and new.get(name) != ours[name] and ours[name] == line
        if not others:
            lines.append(line)
        elif name in new:
            lines.append(new[name])
    for name, line in new.items():
        if name not in old and (name in ordinary or (ours is not None and name not in ours)):
            lines.append(line)
    return before if lines == list(old.values()) else b"".join(line + b"\n" for line in lines)


def ordinary_names(passwd, group):
    """Names of accounts and groups that are people's, by their number."""
    found = set()
    for line in [*passwd.splitlines(), *group.splitlines()]:
        fields = line.split(b":")
        if len(fields) > 2 and fields[2].isdigit() and FIRST_ORDINARY <= int(fields[2]) < NOBODY:
            found.add(fields[0])
    return found


def _named(content):
    return {line.split(b":")[0]: line for line in content.splitlines() if line}


def _below(folder):
    return [os.path.join(top, name) for top, inner, names in os.walk(folder) for name in (*inner, *names)]


def _bytes(path):
    """The bytes of a regular file that is not too large to keep aside, or None."""
    found = {}

    def keep(chunks, status):
        if status.st_size <= MAX_ASIDE:
            found["content"] = b"".join(chunks)
        return {}

    try:
        tree.at(path, keep)
    except (OSError, tree.Unsafe):
        return None
    return found.get("content")
