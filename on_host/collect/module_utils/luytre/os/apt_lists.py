"""Lists of packages that apt fetched: what each archive offers, and whose archive it is."""

import glob
import os
import re

from ansible.module_utils.luytre_shared.os import trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import ProgramOutput, UnreadableFact, read_text

LISTS = "/var/lib/apt/lists"
MAX_LIST = 200_000_000


def list_apt_trusted_inputs():
    """Return what apt's programs believe: their settings name other programs, which unpack lists."""
    settings = ["/etc/apt/apt.conf", *trusted_inputs.list_matches_and_searched_folders("/etc/apt/apt.conf.d/*")]
    return [
        path
        for setting in settings
        for path in trusted_inputs.list_file_with_its_includes(setting, trusted_inputs.list_includes_in_apt_file)
    ]


class AptIndex:
    """One list of packages as fetched: its path, and what its Release file says of it."""

    def __init__(self, path, release):
        self.path = path
        self.origin = release.get("Origin", "")
        self.codename = release.get("Codename", "").partition("/")[0].partition("-")[0]
        self.security = is_security_updates_release(release)
        self.on_request = release.get("NotAutomatic", "") == "yes"


def is_security_updates_release(release_file):
    """Return whether a Release file belongs to a distribution's security updates."""
    suites = (release_file.get("Suite", ""), release_file.get("Codename", ""))
    return release_file.get("Label", "") == "Debian-Security" or any(suite.endswith("-security") for suite in suites)


def parse_release_fields(text):
    """Return the one-line fields at the head of a Release or InRelease file."""
    fields = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and not line.startswith((" ", "-")):
            fields.setdefault(key, value.strip())
        if key in ("MD5Sum", "SHA256"):
            break
    return fields


def list_fetched_package_lists():
    """Return every list of packages that apt fetched."""
    package_lists = []
    for path in sorted(glob.glob(LISTS + "/*Packages*")):
        name = os.path.basename(path)
        base = re.sub(r"_(?:[^_]+_binary-[a-z0-9]+_)?Packages(?:\.\w+)?$", "", name)
        release = next(
            (
                parse_release_fields(text)
                for kind in ("_InRelease", "_Release")
                for text in [read_text(os.path.join(LISTS, base + kind), 20_000)]
                if text is not None
            ),
            {},
        )
        package_lists.append(AptIndex(path, release))
    return package_lists


def read_package_list(reader, path):
    """Return the bytes of one list; apt's own helper unpacks it where it is packed. Raises NotRun, UnreadableFact."""
    if path.endswith("Packages"):
        with open(path, "rb") as handle:
            return handle.read(MAX_LIST)
    helper = "/usr/lib/apt/apt-helper"
    if not os.path.exists(helper):
        raise UnreadableFact("no apt-helper to read compressed package lists")
    return reader.run(
        [helper, "cat-file", path],
        at_stake=[*list_apt_trusted_inputs(), path],
        output=ProgramOutput(limit=MAX_LIST),
    ).encode()


def iter_known_package_versions(text, known_packages):
    """Yield ``(name, architecture, version)`` of the known packages in a Packages file."""
    for paragraph in text.split(b"\n\n"):
        start = paragraph.find(b"Package: ")
        if start != 0 and (start < 0 or paragraph[start - 1 : start] != b"\n"):
            continue
        end = paragraph.find(b"\n", start)
        name = known_packages.get(paragraph[start + 9 : end if end > 0 else None])
        if name is not None:
            yield name, _get_paragraph_field(paragraph, b"Architecture"), _get_paragraph_field(paragraph, b"Version")


def _get_paragraph_field(paragraph, name):
    start = paragraph.find(b"\n" + name + b": ")
    if start < 0:
        return ""
    start += len(name) + 3
    end = paragraph.find(b"\n", start)
    return paragraph[start : end if end > 0 else None].decode("utf-8", "replace").strip()
