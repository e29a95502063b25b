"""The list of programs with the rights of others that Debian's packages bring, beside this machine's own packages."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path, PurePosixPath

import pytest
from ansible.module_utils.luytre.os.setid_programs import DISTRIBUTION_SETID

PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec")
SHELLS = frozenset(
    [
        "bash",
        "dash",
        "sh",
        "zsh",
        "busybox",
        "perl",
        "python3",
        "php",
        "ruby",
        "node",
        "find",
        "vim",
        "nano",
        "cp",
        "mv",
        "tar",
        "env",
        "nmap",
        "awk",
    ]
)
"""Whoever gives one of these the rights of others opens the host: no package does."""


def test_each_is_a_plain_path_in_a_folder_of_packages() -> None:
    for path in DISTRIBUTION_SETID:
        assert str(PurePosixPath(path)) == path and ".." not in path
        assert path.startswith(tuple(f"{folder}/" for folder in PROGRAM_FOLDERS))
        assert not path.startswith("/usr/local/")


def test_none_is_a_program_that_gives_all_rights_to_whoever_starts_it() -> None:
    assert {PurePosixPath(path).name for path in DISTRIBUTION_SETID} & SHELLS == set()


def list_setid_programs_here() -> set[str]:
    found = set()
    for folder in PROGRAM_FOLDERS:
        for place, _folders, names in os.walk(folder):
            for name in names:
                status = Path(place, name).lstat()
                if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_ISUID | stat.S_ISGID):
                    found.add(f"{place}/{name}")
    return found


@pytest.mark.skipif(not Path("/var/lib/dpkg/status").is_file(), reason="needs packages of Debian")
def test_what_debian_installed_here_is_known() -> None:
    here = list_setid_programs_here()
    # Packages may name a program by the folder that /usr took in.
    names = {path: [path, path.removeprefix("/usr")] for path in here}
    told = subprocess.run(
        ["dpkg-query", "-S", *(name for both in names.values() for name in both)],
        capture_output=True,
        check=False,
        text=True,
    ).stdout
    packaged = {line.partition(": ")[2] for line in told.splitlines()}
    known = {path for path, both in names.items() if packaged & set(both)}
    assert known, "no machine is without su, passwd or mount"
    assert sorted(known - DISTRIBUTION_SETID) == []
