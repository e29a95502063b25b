"""A batch's hosts confirmed or brought back, and waited for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import disk_usage
from typing import Any, Literal

from auditor.fleet.collect import build_collector_variables, parse_collector_answers
from auditor.fleet.error_messages import explain_rollback_with_suspect_controls
from auditor.fleet.runner import PlaybookOrder, PlaybookRun, play
from auditor.hardening import guard_answers
from auditor.hardening.steps.failure_reasons import (
    UNKNOWN_REASON,
    add_cause_of_rollback,
    add_packages_staying_upgraded,
    add_paths_left_by_rollback,
    add_things_not_restored,
)
from auditor.hardening.steps.rollout_state import REVERT_SECONDS, Rollout
from auditor.models import Host, HostState, Text
from auditor.system.disk_reserve import DiskReserve

SETTLE_SECONDS = 900
TEMPORARY_ROOM = 16 << 20
"""Bytes for ending a run on a disk for temporary files that has run full since it began."""
_STATES: Mapping[str, HostState] = {"confirmed": "confirmed", "reverted": "reverted", "rolled_back": "rolled_back"}

Order = Literal["confirm", "revert", "status"]


def confirm_or_revert_hosts(
    rollout: Rollout, hosts: Sequence[Host], orders: Mapping[str, Order], revert_reason_by_host: Mapping[str, Text]
) -> None:
    """Confirm or bring back; a host that does not answer is waited for until it is back by itself."""
    remaining_orders = dict(orders)
    for name in remaining_orders:
        rollout.until.setdefault(name, time.monotonic() + rollout.record.now.seconds + REVERT_SECONDS)
    while remaining_orders:
        concerned_hosts = [host for host in hosts if host.name in remaining_orders]
        run = _play_settle_playbook(rollout, remaining_orders, concerned_hosts)
        facts, outcomes = parse_collector_answers(run, concerned_hosts)
        rollout.facts.update(facts)
        rollout.outcomes.update({outcome.host: outcome for outcome in outcomes})
        for name in list(remaining_orders):
            if _record_settlement_answer_of_host(
                rollout, run, name, remaining_orders[name], revert_reason_by_host.get(name)
            ):
                del remaining_orders[name]
            elif time.monotonic() > rollout.until.get(name, 0):
                response = guard_answers.get_guard_response(run, name)
                why = (
                    add_things_not_restored(revert_reason_by_host.get(name) or UNKNOWN_REASON, response)
                    if response
                    else revert_reason_by_host.get(name)
                )
                rollout.record.record_changes_of_hosts([name], state="lost", why=why)
                del remaining_orders[name]
            elif (task := guard_answers.find_guard_task(run, name)) and task.outcome == "failed":
                remaining_orders[name] = "status"
        if remaining_orders:
            time.sleep(1)


def _play_settle_playbook(
    rollout: Rollout, orders: Mapping[str, Order], concerned_hosts: Sequence[Host]
) -> PlaybookRun:
    if disk_usage(rollout.sockets).free < TEMPORARY_ROOM:
        make_reserve_of_disk_space(rollout.sockets).free_reserved_room()
    return play(
        PlaybookOrder(
            "settle.yml",
            inventory=rollout.inventory.path,
            limit=list(orders),
            variables={
                "luytre_settle": orders,
                "luytre_run": rollout.record.now.id,
                **build_collector_variables(concerned_hosts),
            },
            timeout=SETTLE_SECONDS,
            sockets=rollout.sockets,
        ),
        watch=rollout.watch,
    )


def _record_settlement_answer_of_host(
    rollout: Rollout, run: PlaybookRun, name: str, order: Order, why: Text | None
) -> bool:
    """Record the host's answer. False when it has given none that ends the matter."""
    answer = guard_answers.get_guard_response(run, name) or {}
    state = _STATES.get(str(answer.get("state")))
    if state == "reverted" and guard_answers.has_differences_after_rollback(answer):
        state = "in_part"
    if state is None and order == "status" and answer.get("state") == "none":
        rollout.record.record_changes_of_hosts([name], state="refused", why=why)
        return True
    if state is None:
        return False
    changes: dict[str, Any] = {"state": state}
    entry = rollout.record.now.find_host(name)
    if digest := guard_answers.parse_sha256_digest(answer, "digest"):
        changes["digest"] = entry.digest if entry and entry.digest else digest
    if after := guard_answers.parse_sha256_digest(answer, "after"):
        changes["after"] = after
    if state in ("reverted", "in_part"):
        controls = entry.controls if entry else ()
        cause = explain_rollback_with_suspect_controls(
            add_cause_of_rollback(why, answer),
            guard_answers.list_log_lines_of_stopped_daemons(answer),
            controls,
            rollout.suspects.get(name, ()),
        )
        changes["why"] = add_packages_staying_upgraded(
            add_paths_left_by_rollback(add_things_not_restored(cause, answer), answer), answer
        )
    rollout.record.record_changes_of_hosts([name], **changes)
    return True


def make_reserve_of_disk_space(sockets: Path) -> DiskReserve:
    """Return room kept beside the connections for ending a run."""
    return DiskReserve(sockets / "room", TEMPORARY_ROOM)
