"""What is shown to whoever has not logged in yet: whether it warns them, and whether it names the system."""

import re

from ansible.module_utils.luytre_shared.os.area_reader import read_text

MAX_TEXT = 4000
_NAMES_SYSTEM = re.compile(
    r"\\[mnorsv]|\\S\{?|\b(?:debian|ubuntu|gnu/linux|linux|kernel|openssh|proxmox|devuan)\b", re.IGNORECASE
)
"""Escapes of agetty that tell machine, name, domain, release, system and version; and their names in plain words."""


def read_banner(path):
    """Return ``{path, warns, names_system, kept}`` of a text file.

    ``harmless_lines`` are its lines that name no system.

    A file that is not there, or is longer than any warning, warns nobody and keeps nothing.
    """
    text = read_text(path) or ""
    lines = text.splitlines() if len(text) <= MAX_TEXT else []
    harmless_lines = [line.rstrip() for line in lines if not _NAMES_SYSTEM.search(line)]
    words = "\n".join(harmless_lines).strip()
    return {
        "path": path,
        "warns": len(words) > 1 and not words.startswith("\\"),
        "names_system": len(harmless_lines) < len(lines) or len(text) > MAX_TEXT,
        "kept": words + "\n" if words else "",
    }
