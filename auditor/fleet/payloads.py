"""Where modules are kept as they are sent to hosts (``auditor.fleet.in_ansible.payloads``)."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from ansible.release import __version__

from auditor.system import disk_cache, resources


def find_payload_cache_folder() -> Path | None:
    """Return the folder for the modules as they are now; None where there can be none of ours alone."""
    return disk_cache.get_cache_folder_of_state("payloads", _compute_digest_of_shipped_modules())


def _compute_digest_of_shipped_modules() -> str:
    digest = hashlib.sha256(f"{__version__} {sys.version}".encode())
    for place in resources.list_role_folders():
        for path in sorted((*place.glob("*/library/**/*.py"), *place.glob("*/module_utils/**/*.py"))):
            content = path.read_bytes()
            digest.update(f"\0{path.relative_to(place)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:32]
