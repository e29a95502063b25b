"""What Ansible makes of a module to send it to hosts, kept from run to run: to make it takes longer than all else of a task.

A module is found by its name alone, so a folder of kept ones belongs to one state of all sources (``auditor.fleet.payloads``).
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

KEPT = "LUYTRE_PAYLOADS"
"""The variable with the folder of what is kept."""
_UNFINISHED = (".lock", "-part")


def lend(kept: Path, own: Path) -> None:
    """Let Ansible find in its own folder what is kept. What cannot be lent, it makes again."""
    with suppress(OSError):
        own.mkdir(parents=True, exist_ok=True)
        for path in kept.iterdir():
            if not path.name.startswith("."):
                (own / path.name).symlink_to(path)


def keep(kept: Path, own: Path) -> None:
    """Keep what Ansible made in its own folder. What cannot be kept, the next run makes again."""
    with suppress(OSError):
        for path in own.iterdir():
            if path.is_file() and not path.is_symlink() and not path.name.endswith(_UNFINISHED):
                _copy(path, kept)


def _copy(path: Path, kept: Path) -> None:
    draft = kept / f".{secrets.token_hex(8)}"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(path.read_bytes())
        draft.rename(kept / path.name)
    finally:
        draft.unlink(missing_ok=True)
