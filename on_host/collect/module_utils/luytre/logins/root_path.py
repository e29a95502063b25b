"""The folders in which root's shells, jobs and sudo look for programs, and who else could put one there."""

import glob
import re

from ansible.module_utils.luytre_shared.os.area_reader import read_text

FILES = (
    *("/etc/login.defs", "/etc/environment", "/etc/profile", "/etc/profile.d/*.sh", "/etc/bash.bashrc"),
    *("/root/.profile", "/root/.bash_profile", "/root/.bash_login", "/root/.bashrc"),
    *("/etc/sudoers", "/etc/sudoers.d/*", "/etc/crontab", "/etc/cron.d/*", "/var/spool/cron/crontabs/root"),
)
MAX_WEAK = 100
_LINE = re.compile(r"(?m)^[ \t]*(?!#)(?:[^#\n]*[ \t;&])?(?:PATH|secure_path)[ \t]*=[ \t]*([^\n;&]*)")
_OF_PEOPLE = re.compile(r"(?m)^[ \t]*ENV_PATH\b.*$")
_OTHERS = re.compile(r"\$(?:PATH|\{PATH[^}]*\})")
_HOME = re.compile(r"\A(?:~|\$HOME|\$\{HOME\})(?=/|\Z)")


def find_loose_folders_in_root_path(trust, files=FILES):
    """Return ``[{folder, file, loose}]`` of folders that are not root's alone.

    ``loose`` is empty for one that depends on where root is.
    """
    results, seen_folders = [], set()
    for path in [path for pattern in files for path in sorted(glob.glob(pattern))]:
        for folder in parse_search_path_folders(read_text(path) or ""):
            if folder in seen_folders:
                continue
            seen_folders.add(folder)
            loose = trust.describe_first_changer_on_path(folder) if folder.startswith("/") else ""
            if loose is not None:
                results.append({"folder": folder or ".", "file": path, "loose": loose})
    return results[:MAX_WEAK]


def parse_search_path_folders(text):
    """Return the folders of every search path in a file, the file's order; what only a shell could tell is left out."""
    results = []
    for value in _LINE.findall(_OF_PEOPLE.sub("", text)):
        words = re.split(r"[ \t#]", value.strip().strip("\"'"))[0].strip("\"'")
        for word in words.split(":"):
            folder = _HOME.sub("/root", word)
            if not _OTHERS.fullmatch(word) and "$" not in folder and "`" not in folder:
                results.append(folder)
    return list(dict.fromkeys(results))
