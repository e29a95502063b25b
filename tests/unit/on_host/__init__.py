"""What runs on hosts."""

import os
from pathlib import Path

_ON_HOST = Path(__file__).parents[3] / "on_host"
MODULE_UTILS = os.pathsep.join(
    str(_ON_HOST / role / "module_utils") for role in ("shared", "collect", "files", "guard")
)
"""Where ``ansible.module_utils`` has what is ours, for a Python of a test's own."""
