"""Which kernel settings a host gets: the role's, or the host's own where that is as strict."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

WRITTEN_DOWN = "kernel.persisted"


def lines(settings, controls, live):
    """Return ``[{control, key, value}]`` for every setting of an enforced control that exists on the host.

    Where they are to be written down, each that is right by itself is returned, too.

    ``settings`` are the role's ``{control, key, keep, value}``; ``key`` is a path below /proc/sys and may hold ``*``
    for the interfaces. A live value that is among ``keep`` stays as it is.
    """
    there = [
        (setting, key)
        for setting in settings
        for key in sorted(live)
        if fnmatchcase(key, setting["key"]) and "/conf/lo/" not in key
    ]
    enforced_lines = [
        {
            "control": setting["control"],
            "key": key,
            "value": live[key] if live[key] in setting["keep"] else int(setting["value"]),
        }
        for setting, key in there
        if setting["control"] in controls
    ]
    right = [
        {"control": WRITTEN_DOWN, "key": key, "value": live[key]}
        for setting, key in there
        if setting["control"] not in controls and live[key] in setting["keep"]
    ]
    return enforced_lines + (right if WRITTEN_DOWN in controls else [])


def select_pending(targets, live):
    """Return the lines whose value is not the live one."""
    return [line for line in targets if live[line["key"]] != line["value"]]


OFF = "# Lũy Tre, see /etc/sysctl.d/zz-luytre.conf: "
_LINE = re.compile(r"[ \t]*([\w./-]{1,200}?)[ \t]*=[ \t]*(-?\d{1,9})[ \t]*")


def mark_out_conflicts(text, targets):
    """Return ufw's own settings without those that say otherwise than ``targets``.

    They come after all others at boot.

    Such a line is marked out; one that was marked out and no longer contradicts is put back.
    """
    values = {line["key"]: line["value"] for line in targets}
    return "".join(_mark_line(line.removeprefix(OFF), values) for line in text.splitlines(keepends=True))


def _mark_line(line, values):
    match = _LINE.fullmatch(line.rstrip("\r\n"))
    if not match:
        return line
    key, value = _normalize_key(match[1].lstrip("-")), int(match[2])
    return OFF + line if values.get(key, value) != value else line


def _normalize_key(name):
    first = re.search(r"[./]", name)
    return name.translate(str.maketrans("./", "/.")) if first and first[0] == "." else name


def list_interfaces(live):
    """Name of the network interfaces that the settings know."""
    names = {match.group(1) for key in live if (match := re.match(r"net/ipv4/conf/(.+)/[a-z_]+$", key))}
    return sorted(names - {"all", "default", "lo"})


class FilterModule:
    """Found by Ansible in the role that holds it."""

    def filters(self):
        return {
            "kernel_lines": lines,
            "kernel_pending": select_pending,
            "kernel_interfaces": list_interfaces,
            "kernel_without": mark_out_conflicts,
        }
