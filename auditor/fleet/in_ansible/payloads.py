"""What Ansible makes of a module to send it to hosts, kept from run to run.

To make it takes longer than all else of a task.

A module is found by its name alone, so a folder of kept ones belongs to one state of all sources
(``auditor.fleet.payloads``).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from auditor.system.disk_cache import get_file_from_cache, put_file_in_cache

CACHE_VARIABLE = "LUYTRE_PAYLOADS"
"""The variable with the folder of what is kept."""
_UNFINISHED_SUFFIXES = (".lock", "-part")


def restore_ansible_payloads_from_cache(cache: Path, ansible_folder: Path) -> None:
    """Let Ansible find in its own folder what is kept. What cannot be lent, it makes again."""
    with suppress(OSError):
        ansible_folder.mkdir(parents=True, exist_ok=True)
        for path in cache.iterdir():
            content = None if path.name.startswith(".") else get_file_from_cache(cache, path.name)
            if content is not None:
                (ansible_folder / path.name).write_bytes(content)


def save_ansible_payloads_to_cache(cache: Path, ansible_folder: Path) -> None:
    """Keep what Ansible made in its own folder. What cannot be kept, the next run makes again."""
    with suppress(OSError):
        for path in ansible_folder.iterdir():
            if (
                path.is_file()
                and not path.name.endswith(_UNFINISHED_SUFFIXES)
                and get_file_from_cache(cache, path.name) is None
            ):
                put_file_in_cache(cache, path.name, path.read_bytes())
