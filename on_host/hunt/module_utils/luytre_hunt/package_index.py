"""How files stand to Debian's packages by the host's own word, which whoever is root there can change.

A hint, no proof.
"""

import hashlib
import os
import re
import stat

from ansible.module_utils.luytre.os.dpkg import STATUS, STATUS_LIMIT
from ansible.module_utils.luytre_hunt.stamps import make_stamp
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import read_text

INFO = "/var/lib/dpkg/info"
DIVERSIONS = "/var/lib/dpkg/diversions"
UCF = "/var/lib/ucf/hashfile"
MAX_INFO = 30_000_000
MAX_NAMES = 1_500_000
MAX_PROGRAM = 300_000_000
MAX_SOUND = 20_000
"""Stamps that are told of."""
OURS, CHANGED, FOREIGN, GONE = "packaged", "changed", "foreign", "gone"
"""A package's, as it made it; a package's, with another content; of no package; not there."""
MADE_FROM = {
    "/etc/profile": "/usr/share/base-files/profile",
    "/root/.bashrc": "/usr/share/base-files/dot.bashrc",
    "/root/.profile": "/usr/share/base-files/dot.profile",
    "/etc/sudoers": "/usr/share/sudo/sudoers.dist",
    "/etc/nsswitch.conf": "/usr/share/base-files/nsswitch.conf",
}
"""Settings that a package copies when it is installed, and does not name as its own."""
INTERPRETERS = (
    "usr/lib/python3",
    "usr/share/perl",
    "usr/lib/x86_64-linux-gnu/perl",
    "usr/share/python3",
    "usr/share/php",
)
CODE = (".py", ".pm", ".pl", ".php", ".pth")
_ABOVE_USR = re.compile(r"\A/(?:bin|sbin|lib|lib32|lib64|libx32)/")
_CONFFILE = re.compile(r"(?m)^ (/\S.*) ([0-9a-f]{32})(?: obsolete)?$")
_SUMS = re.compile(r"(?m)^([0-9a-f]{32})  (.+)$")
_PIECE = 1 << 20


class PackageIndex:
    """An index of all files that dpkg says it installed."""

    def __init__(self, info=INFO, status=STATUS, diversions=DIVERSIONS, ucf=UCF, sound=()):
        """Take ``sound``: stamps of files that were as their packages made them when they were read.

        Those that still have one are.
        """
        self.sound, self._were_sound = [], frozenset(sound)
        self.names, self.sums, self.settings = set(), {}, {}
        self.code = {}
        """Libraries of interpreters, with the list of their package."""
        self._standings, self._held = {}, {}
        for name in sorted(os.listdir(info)) if os.path.isdir(info) else ():
            if len(self.names) > MAX_NAMES:
                break
            if name.endswith(".list"):
                text = read_text(os.path.join(info, name), MAX_INFO) or ""
                self.names.update(map(move_to_usr, filter(None, text.split("\n"))))
            elif name.endswith(".md5sums"):
                listed = os.path.join(info, name[: -len("md5sums")] + "list")
                for total, path in _SUMS.findall(read_text(os.path.join(info, name), MAX_INFO) or ""):
                    self.sums[move_to_usr("/" + path)] = total
                    if path.startswith(INTERPRETERS) and path.endswith(CODE):
                        self.code["/" + path] = listed
        for path, total in _CONFFILE.findall(read_text(status, STATUS_LIMIT) or ""):
            self.settings[move_to_usr(path)] = total
        for total, path in _SUMS.findall(read_text(ucf, MAX_INFO) or ""):
            self.settings[move_to_usr(path)] = total
        self._move_diverted_files_in_index((read_text(diversions, MAX_INFO) or "").splitlines())

    def _move_diverted_files_in_index(self, lines):
        """Note that what a package put aside lies elsewhere; in its place is another package's."""
        for whence, whither, package in zip(lines[::3], lines[1::3], lines[2::3]):
            if package == ":":
                continue
            total = self.sums.pop(move_to_usr(whence), None)
            self.names.add(move_to_usr(whither))
            if total is not None:
                self.sums[move_to_usr(whither)] = total

    def is_path_of_any_package(self, path):
        """Return whether a package has a file of that name, whatever is in it now."""
        return move_to_usr(path) in self.names or move_to_usr(path) in self.settings

    def get_package_origin_of_file(self, path):
        """Return how the file that a path leads to stands: OURS, CHANGED, FOREIGN or GONE."""
        if path not in self._standings:
            self._standings[path] = self._read_package_origin_of_file(path)
        return self._standings[path]

    def _read_package_origin_of_file(self, path):
        """Read the origin by what the path leads to, held.

        Whoever can change the way there swaps nothing meanwhile, and many ways cost as much as one.
        """
        try:
            descriptor = safe_open.open_path_handle_following_links(path)
        except (OSError, ValueError):
            return GONE
        try:
            status = os.fstat(descriptor)
            file_id = (safe_open.get_real_path_of_descriptor(descriptor), status.st_dev, status.st_ino)
            if file_id not in self._held:
                self._held[file_id] = self._judge_origin_of_open_file(descriptor, status, move_to_usr(file_id[0]))
            return self._held[file_id]
        finally:
            os.close(descriptor)

    def _judge_origin_of_open_file(self, descriptor, status, where):
        is_known = self.is_path_of_any_package(where)
        total = (self.sums.get(where) or self.settings.get(where)) if is_known else self.sums.get(MADE_FROM.get(where))
        if total is None or not stat.S_ISREG(status.st_mode):
            return OURS if is_known else FOREIGN
        stamp = make_stamp(total, where, status)
        if stamp in self._were_sound or (
            status.st_size <= MAX_PROGRAM and _compute_md5(lambda: safe_open.reopen(descriptor)) == total
        ):
            if len(self.sound) < MAX_SOUND:
                self.sound.append(stamp)
            return OURS
        return CHANGED if is_known else FOREIGN


def move_to_usr(path):
    """Return where a path of a package lies since /bin, /sbin and /lib are links into /usr."""
    return "/usr" + path if _ABOVE_USR.match(path) else path


def compute_md5(path):
    """Return the MD5 of a regular file, links followed; None when it cannot be read."""
    return _compute_md5(lambda: safe_open.open_path(path, links=safe_open.ALL_LINKS))


def _compute_md5(opener):
    digest, bytes_left = hashlib.new("md5", usedforsecurity=False), MAX_PROGRAM
    try:
        handle = opener()
        try:
            while bytes_left > 0:
                piece = safe_open.read_start(handle, min(_PIECE, bytes_left))
                if not piece:
                    return digest.hexdigest()
                digest.update(piece)
                bytes_left -= len(piece)
        finally:
            os.close(handle)
    except OSError:
        pass
    return None
