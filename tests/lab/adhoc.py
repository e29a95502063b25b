"""Ansible's ad-hoc commands."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping

from tests.lab import loaded

SECONDS = 300


def run(
    host: str, module: str, arguments: Mapping[str, object], *more: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a module on a lab host as root; ``environment`` is what Ansible is configured with beside our own."""
    command = ["ansible", "-i", "inventories/lab", host, "-b", "-m", module, "-a", json.dumps(arguments), *more]
    own = {**os.environ, "ANSIBLE_NOCOLOR": "1", **environment}
    return loaded.run(loaded.AD_HOC, command, own, seconds=SECONDS)
