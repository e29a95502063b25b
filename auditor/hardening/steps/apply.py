"""The plan put in force on a batch's hosts by Ansible."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from auditor.fleet.runner import COMMAND_SECONDS, Playbook, Task, play
from auditor.hardening import guard_answers
from auditor.hardening.not_done import left_alone
from auditor.hardening.steps.rolling import REVERT_SECONDS, Rolling
from auditor.hardening.steps.why import ENDED, UNTIMELY, failure
from auditor.models import Inventory, Text, clock

APPLY_SECONDS = 1_800


def apply(rolling: Rolling, names: Sequence[str]) -> Playbook:
    """Put the plan in force on these hosts of the batch; what each changed is recorded."""
    plan = {name: rolling.plan.as_variables()[name] for name in names}
    touches = {
        host.host: sorted({touch for change in host.due for touch in change.touches})
        for host in rolling.plan.hosts
        if host.host in names
    }
    guarding = {
        "luytre_run": rolling.record.now.id,
        "luytre_seconds": rolling.record.now.seconds,
        "luytre_touches": touches,
        "luytre_asides": rolling.plan.as_asides(),
        "luytre_lost": rolling.plan.as_losses(),
        "luytre_release": dict.fromkeys(names, rolling.release),
    }
    areas = {control.partition(".")[0] for control in rolling.release}
    beside = [one.id for one in rolling.catalogue.controls if one.area in areas]
    run = play_plan(
        rolling.inventory,
        plan,
        guarding,
        tags=beside,
        patience=rolling.record.now.seconds / 2,
        watch=partial(_seen, rolling),
        sockets=rolling.sockets,
    )
    rolling.left += left_alone(run)
    for name in names:
        changed = tuple(task.name for task in run.changed(name) if task.action != guard_answers.ACTION)
        rolling.record.put([name], tasks=changed)
    return run


def _seen(rolling: Rolling, task: Task) -> None:
    if task.action == guard_answers.ACTION and task.outcome == "changed":
        seconds = rolling.record.now.seconds
        rolling.until[task.host] = time.monotonic() + seconds + REVERT_SECONDS
        deadline = clock.now() + timedelta(seconds=seconds)
        rolling.record.put(
            [task.host],
            state="armed",
            digest=guard_answers.digest(task.result, "digest"),
            deadline=clock.stamp(deadline),
            notes=guard_answers.notes(task.result),
        )
    if rolling.watch is not None:
        rolling.watch(task)


def unfinished(rolling: Rolling, run: Playbook, names: Sequence[str]) -> dict[str, Text]:
    """Why hosts did not get through; refused are those of which nothing was touched.

    One that was lost while it armed may have done so: it is to be brought back, too.
    """
    wrong = {}
    unclear = run.status != "successful" and not any(run.failure(name) for name in names)
    ended = ENDED.get(run.status) or (UNTIMELY if unclear else None)
    for name in names:
        why = failure(run, name) or ended
        if why is None:
            continue
        task = run.failure(name)
        if rolling.state(name) == "armed" or (
            task and task.action == guard_answers.ACTION and task.outcome == "unreachable"
        ):
            wrong[name] = why
        else:
            rolling.record.put([name], state="refused", why=why)
    return wrong


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
