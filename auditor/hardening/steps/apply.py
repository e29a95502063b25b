"""The plan put in force on a batch's hosts by Ansible."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from auditor.fleet.runner import AnsibleTask, PlaybookOrder, PlaybookRun, play
from auditor.hardening import guard_answers
from auditor.hardening.steps.failure_reasons import END_REASONS, UNTIMELY, explain_playbook_failure_on_host
from auditor.hardening.steps.rollout_state import REVERT_SECONDS, Rollout
from auditor.hardening.unapplied_controls import collect_items_refused_by_tasks
from auditor.models import Inventory, Text, clock

APPLY_SECONDS = 1_800


def apply_plan_to_hosts(rollout: Rollout, names: Sequence[str]) -> PlaybookRun:
    """Put the plan in force on these hosts of the batch; what each changed is recorded."""
    plan = {name: rollout.plan.build_luytre_plan_variable()[name] for name in names}
    touches = {
        host.host: sorted({touch for change in host.changes_to_be_made for touch in change.touches})
        for host in rollout.plan.hosts
        if host.host in names
    }
    guard_variables = {
        "luytre_run": rollout.record.now.id,
        "luytre_seconds": rollout.record.now.seconds,
        "luytre_touches": touches,
        "luytre_asides": rollout.plan.build_luytre_asides_variable(),
        "luytre_lost": rollout.plan.build_luytre_lost_variable(),
        "luytre_release": dict.fromkeys(names, rollout.release),
    }
    areas = {control.partition(".")[0] for control in rollout.release}
    area_controls = [control.id for control in rollout.catalogue.controls if control.area in areas]
    order = make_apply_order(rollout.inventory, plan, guard_variables, tags=area_controls)
    # A host that hangs leaves the others half of the time before they bring themselves back.
    order = replace(order, patience=rollout.record.now.seconds / 2, sockets=rollout.sockets)
    run = play(order, watch=partial(_record_armed_host_and_report_task, rollout))
    rollout.skipped_items += collect_items_refused_by_tasks(run)
    for name in names:
        changed_tasks = tuple(task.name for task in run.list_changed(name) if task.action != guard_answers.ACTION)
        rollout.record.record_changes_of_hosts([name], tasks=changed_tasks)
    return run


def _record_armed_host_and_report_task(rollout: Rollout, task: AnsibleTask) -> None:
    if task.action == guard_answers.ACTION and task.outcome == "changed":
        seconds = rollout.record.now.seconds
        rollout.until[task.host] = time.monotonic() + seconds + REVERT_SECONDS
        deadline = clock.now() + timedelta(seconds=seconds)
        rollout.record.record_changes_of_hosts(
            [task.host],
            state="armed",
            digest=guard_answers.parse_sha256_digest(task.result, "digest"),
            deadline=clock.format_iso_moment(deadline),
            notes=guard_answers.describe_paths_not_in_rollback_point(task.result),
        )
    if rollout.watch is not None:
        rollout.watch(task)


def find_hosts_that_did_not_get_through(rollout: Rollout, run: PlaybookRun, names: Sequence[str]) -> dict[str, Text]:
    """Return why hosts did not get through; refused are those of which nothing was touched.

    One that was lost while it armed may have done so: it is to be brought back, too.
    """
    wrong = {}
    unclear = run.status != "successful" and not any(run.find_failure(name) for name in names)
    end_reason = END_REASONS.get(run.status) or (UNTIMELY if unclear else None)
    for name in names:
        why = explain_playbook_failure_on_host(run, name) or end_reason
        if why is None:
            continue
        task = run.find_failure(name)
        if rollout.get_state_of_host(name) == "armed" or (
            task and task.action == guard_answers.ACTION and task.outcome == "unreachable"
        ):
            wrong[name] = why
        else:
            rollout.record.record_changes_of_hosts([name], state="refused", why=why)
    return wrong


def make_apply_order(
    inventory: Inventory,
    plan: Mapping[str, Mapping[str, Sequence[str]]],
    guard_variables: Mapping[str, Any],
    *,
    tags: Sequence[str] = (),
) -> PlaybookOrder:
    """Return the order that puts a plan in force.

    Its controls' tags only spare Ansible the other tasks: each host's own plan decides what it changes.
    """
    return PlaybookOrder(
        "apply.yml",
        inventory=inventory.path,
        limit=list(plan),
        variables={"luytre_plan": plan, **guard_variables},
        tags=sorted({control for controls in plan.values() for control in controls} | set(tags)),
        timeout=APPLY_SECONDS,
    )
