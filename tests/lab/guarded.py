"""A lab host under guard, without the auditor: the guard's module over Ansible, as in a run."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

from auditor import lab
from tests.lab import adhoc
from tests.lab.disk import Disk, disk

ON_HOST = Path(__file__).parents[2] / "on_host"
WITH_OURS = {
    "ANSIBLE_LIBRARY": str(ON_HOST / "guard" / "library"),
    "ANSIBLE_MODULE_UTILS": os.pathsep.join(str(ON_HOST / role / "module_utils") for role in ("guard", "shared")),
}
ROOTS = {"web2": "/var/www/bennua.test", "web3": "/var/www/dongvau.test"}


class Host:
    """A lab host under guard."""

    def __init__(self, name: str) -> None:
        self.name = name

    def sh(self, script: str, timeout: float = 120) -> str:
        """Run as root; what it said."""
        done = lab.run_on_machine_as_root(self.name, script, timeout=timeout)
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    def guard(self, action: str, **arguments: Any) -> dict[str, Any]:
        """Return the module, over Ansible as in a run."""
        more = ["--check"] if arguments.pop("check", False) else []
        done = adhoc.run(self.name, "guard", {"action": action, **arguments}, *more, **WITH_OURS)
        found = re.search(r"=> (\{.*\})", done.stdout, re.S)
        assert found, done.stdout + done.stderr
        answer: dict[str, Any] = json.JSONDecoder().raw_decode(found.group(1))[0]
        return {**answer, "failed_task": "FAILED!" in done.stdout}

    def arm(self, run: str, touches: list[str], seconds: int = 300) -> dict[str, Any]:
        """Arm a run."""
        answer = self.guard("arm", run=run, seconds=seconds, touches=touches, roots=[ROOTS[self.name]])
        assert answer.get("changed") is True, answer
        return answer

    def disk(self) -> Disk:
        """Return the whole disk, to compare with."""
        return disk(self.name)

    def state(self, run: str) -> dict[str, Any]:
        """Return what the host has recorded of the run."""
        said = self.sh(f"cat /var/lib/luytre/guard/{run}/state.json")
        return json.loads(said) if said.startswith("{") else {}

    def outcome(self, run: str, seconds: float = 60, mark: str = "armed.json") -> dict[str, Any]:
        """Return how the run ended, once it has, its mark is gone, and we get in again."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            said = self.sh(f"test -e /var/lib/luytre/guard/{mark} || cat /var/lib/luytre/guard/{run}/state.json")
            if said.startswith("{") and lab.is_ssh_login_as_root_possible(self.name):
                return json.loads(said)  # type: ignore[no-any-return]
            time.sleep(0.3)
        raise AssertionError(f"no way back into {self.name}: {said}")
