"""The SSH connection that this reading came in by."""

import os
import re

from ansible.module_utils.luytre_shared.os.area_reader import read_text

MAX_ANCESTORS = 20
_ENDS = re.compile(r"(?:::ffff:)?([0-9a-fA-F:.]+)(?:%\S+)? (\d+) (?:::ffff:)?([0-9a-fA-F:.]+)(?:%\S+)? (\d+)$")


def get_current_ssh_session():
    """Return ``{source, from_port, local, port, user}``.

    Its ends as this host sees them, and the account that it logged in to.

    None when this reading came by none.
    """
    pid = os.getpid()
    for _ in range(MAX_ANCESTORS):
        words = dict(
            word.split("=", 1) for word in (read_text("/proc/%d/environ" % pid) or "").split("\0") if "=" in word
        )
        match = _ENDS.match(words.get("SSH_CONNECTION", ""))
        if match:
            return {
                "source": match.group(1),
                "from_port": int(match.group(2)),
                "local": match.group(3),
                "port": int(match.group(4)),
                "user": words.get("SUDO_USER") or words.get("LOGNAME", ""),
            }
        parent = re.search(r"(?m)^PPid:\s+(\d+)", read_text("/proc/%d/status" % pid) or "")
        pid = int(parent.group(1)) if parent else 0
        if pid <= 1:
            return None
    return None
