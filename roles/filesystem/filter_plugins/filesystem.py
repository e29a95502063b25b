"""Mount options: the ones that a shared folder needs, added where they are missing."""

from __future__ import annotations

import re

OPPOSITE = {"nodev": "dev", "nosuid": "suid"}


def with_options(text, wanted=("nodev", "nosuid")):
    """A comma-separated list of mount options in which the wanted ones have the last word."""
    options = [option for option in text.split(",") if option]
    for name in wanted:
        words = [option for option in options if option in (name, OPPOSITE[name], "defaults")]
        if not words or words[-1] != name:
            options = [option for option in options if option not in (name, OPPOSITE[name])] + [name]
    return ",".join(options)


def fstab(text, folders):
    """The text of /etc/fstab with the options of the mounts on ``folders`` completed; the rest stays byte for byte."""
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines):
        match = re.match(r"(\s*[^#\s]\S*\s+(\S+)\s+\S+\s+)(\S+)", line)
        if match and (match.group(2).rstrip("/") or "/") in folders:
            lines[index] = match.group(1) + with_options(match.group(3)) + line[match.end() :]
    return "".join(lines)


class FilterModule:
    """Found by Ansible in the role that holds it."""

    def filters(self):
        return {"filesystem_fstab": fstab, "filesystem_options": with_options}
