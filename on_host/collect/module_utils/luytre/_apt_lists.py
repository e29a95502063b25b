"""Lists of packages that apt fetched: what each archive offers, and whose archive it is."""

import glob
import os
import re

from ansible.module_utils.luytre import _trusted_inputs
from ansible.module_utils.luytre._area_reader import UnreadableFact, read_text

LISTS = "/var/lib/apt/lists"
MAX_LIST = 200_000_000


def list_trusted_inputs():
    """Return what apt's programs believe: their settings name other programs, which unpack lists."""
    settings = ["/etc/apt/apt.conf", *_trusted_inputs.list_with_folders("/etc/apt/apt.conf.d/*")]
    return [
        path
        for setting in settings
        for path in _trusted_inputs.list_include_tree(setting, _trusted_inputs.list_apt_includes)
    ]


class Index:
    """One list of packages as fetched: its path, and what its Release file says of it."""

    def __init__(self, path, release):
        self.path = path
        self.origin = release.get("Origin", "")
        self.codename = release.get("Codename", "").partition("/")[0].partition("-")[0]
        self.security = is_security(release)
        self.on_request = release.get("NotAutomatic", "") == "yes"


def is_security(release):
    """Return whether a Release file belongs to a distribution's security updates."""
    suites = (release.get("Suite", ""), release.get("Codename", ""))
    return release.get("Label", "") == "Debian-Security" or any(suite.endswith("-security") for suite in suites)


def release_fields(text):
    """Return the one-line fields at the head of a Release or InRelease file."""
    fields = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and not line.startswith((" ", "-")):
            fields.setdefault(key, value.strip())
        if key in ("MD5Sum", "SHA256"):
            break
    return fields


def list_indexes():
    """Return every list of packages that apt fetched."""
    package_lists = []
    for path in sorted(glob.glob(LISTS + "/*Packages*")):
        name = os.path.basename(path)
        base = re.sub(r"_(?:[^_]+_binary-[a-z0-9]+_)?Packages(?:\.\w+)?$", "", name)
        release = next(
            (
                release_fields(text)
                for kind in ("_InRelease", "_Release")
                for text in [read_text(os.path.join(LISTS, base + kind), 20_000)]
                if text is not None
            ),
            {},
        )
        package_lists.append(Index(path, release))
    return package_lists


def text_of(reading, path):
    """Return the bytes of one list; apt's own helper unpacks it where it is packed. Raises NotRun, Unreadable."""
    if path.endswith("Packages"):
        with open(path, "rb") as handle:
            return handle.read(MAX_LIST)
    helper = "/usr/lib/apt/apt-helper"
    if not os.path.exists(helper):
        raise UnreadableFact("no apt-helper to read compressed package lists")
    return reading.run([helper, "cat-file", path], limit=MAX_LIST, at_stake=[*list_trusted_inputs(), path]).encode()


def iter_packages(text, known_packages):
    """Yield ``(name, architecture, version)`` of the known packages in a Packages file."""
    for paragraph in text.split(b"\n\n"):
        start = paragraph.find(b"Package: ")
        if start != 0 and (start < 0 or paragraph[start - 1 : start] != b"\n"):
            continue
        end = paragraph.find(b"\n", start)
        name = known_packages.get(paragraph[start + 9 : end if end > 0 else None])
        if name is not None:
            yield name, _field(paragraph, b"Architecture"), _field(paragraph, b"Version")


def _field(paragraph, name):
    start = paragraph.find(b"\n" + name + b": ")
    if start < 0:
        return ""
    start += len(name) + 3
    end = paragraph.find(b"\n", start)
    return paragraph[start : end if end > 0 else None].decode("utf-8", "replace").strip()
