"""What is mounted where, and with which options."""

import glob
import os
import re

from ansible.module_utils.luytre_shared.os.area_reader import read_text


def parse_mountinfo(text):
    """Return ``/proc/self/mountinfo`` as ``[{path, kind, source, device, options}]``.

    The last mount on a path is the one seen.
    """
    mounts_by_path = {}
    for line in text.splitlines():
        left_part, dash, right = line.partition(" - ")
        fields, more = left_part.split(), right.split()
        if not dash or len(fields) < 6 or len(more) < 3:
            continue
        path = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code.group(1), 8)), fields[4])
        mounts_by_path[path] = {
            "path": path,
            "kind": more[0],
            "source": more[1],
            "device": fields[2],
            "options": fields[5].split(",") + ["super-" + option for option in more[2].split(",")],
        }
    return list(mounts_by_path.values())


def parse_fstab_options(text):
    """Return mount point to options, as ``/etc/fstab`` has them."""
    options_by_path = {}
    for line in text.splitlines():
        parts = line.split()
        if len(parts) >= 4 and not parts[0].startswith("#"):
            options_by_path[parts[1].rstrip("/") or "/"] = parts[3].split(",")
    return options_by_path


def is_mount_option_in_force(option_list, wanted_option, opposite):
    """Return whether an option is in force in a list where the last word counts; ``defaults`` is the opposite."""
    words = [option for option in option_list if option in (wanted_option, opposite, "defaults")]
    return bool(words) and words[-1] == wanted_option


def get_tmp_mount_unit_options():
    """Return options of tmp.mount with its drop-ins, when systemd mounts /tmp by it; else None."""
    own = "/etc/systemd/system/tmp.mount"
    if os.path.realpath(own) == "/dev/null":
        return None
    at_boot = glob.glob("/etc/systemd/system/*.wants/tmp.mount") + glob.glob(
        "/usr/lib/systemd/system/*.wants/tmp.mount"
    )
    if not at_boot:
        return None
    texts = [read_text(own) or read_text("/usr/lib/systemd/system/tmp.mount") or ""]
    texts += [read_text(path) or "" for path in sorted(glob.glob("/etc/systemd/system/tmp.mount.d/*.conf"))]
    values = re.findall(r"(?m)^\s*Options\s*=\s*(\S+)", "\n".join(texts))
    return values[-1].split(",") if values else None
