"""The plan put in force on hosts by Ansible."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor.fleet.runner import COMMAND_SECONDS, Playbook, Task, play
from auditor.models import Inventory

APPLY_SECONDS = 1_800


def play_plan(
    inventory: Inventory,
    plan: Mapping[str, Mapping[str, Sequence[str]]],
    guarding: Mapping[str, Any],
    *,
    tags: Sequence[str] = (),
    check: bool = False,
    patience: float = COMMAND_SECONDS,
    watch: Callable[[Task], None] | None = None,
    sockets: Path | None = None,
) -> Playbook:
    """Play the plan; a host that hangs leaves the others half of the time before they bring themselves back.

    Its controls' tags only spare Ansible the other tasks: each host's own plan decides what it changes.
    """
    return play(
        "apply.yml",
        inventory=inventory.path,
        limit=list(plan),
        variables={"luytre_plan": plan, **guarding},
        tags=sorted({control for controls in plan.values() for control in controls} | set(tags)),
        check=check,
        timeout=APPLY_SECONDS,
        patience=patience,
        watch=watch,
        sockets=sockets,
    )
