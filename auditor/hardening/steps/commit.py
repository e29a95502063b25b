"""A batch's hosts confirmed or brought back, and waited for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import disk_usage
from typing import Any, Literal

from auditor.fleet.collect import build_declared_variables, parse_answers
from auditor.fleet.error_messages import add_suspects
from auditor.fleet.runner import PlaybookRun, play
from auditor.hardening import guard_answers
from auditor.hardening.steps.failure_reasons import UNKNOWN_REASON, with_cause, with_left, with_problems, with_staying
from auditor.hardening.steps.rollout_state import REVERT_SECONDS, Rollout
from auditor.models import Host, HostState, Text
from auditor.system.disk_reserve import Reserve

SETTLE_SECONDS = 900
TEMPORARY_ROOM = 16 << 20
"""Bytes for ending a run on a disk for temporary files that has run full since it began."""
_STATES: Mapping[str, HostState] = {"confirmed": "confirmed", "reverted": "reverted", "rolled_back": "rolled_back"}

Order = Literal["confirm", "revert", "status"]


def commit_or_revert(
    rollout: Rollout, hosts: Sequence[Host], orders: Mapping[str, Order], wrong: Mapping[str, Text]
) -> None:
    """Confirm or bring back; a host that does not answer is waited for until it is back by itself."""
    remaining_orders = dict(orders)
    for name in remaining_orders:
        rollout.until.setdefault(name, time.monotonic() + rollout.record.now.seconds + REVERT_SECONDS)
    while remaining_orders:
        concerned_hosts = [host for host in hosts if host.name in remaining_orders]
        run = _play_settlement(rollout, remaining_orders, concerned_hosts)
        facts, outcomes = parse_answers(run, concerned_hosts)
        rollout.facts.update(facts)
        rollout.outcomes.update({outcome.host: outcome for outcome in outcomes})
        for name in list(remaining_orders):
            if _record_answer(rollout, run, name, remaining_orders[name], wrong.get(name)):
                del remaining_orders[name]
            elif time.monotonic() > rollout.until.get(name, 0):
                response = guard_answers.get_answer(run, name)
                why = with_problems(wrong.get(name) or UNKNOWN_REASON, response) if response else wrong.get(name)
                rollout.record.put([name], state="lost", why=why)
                del remaining_orders[name]
            elif (task := guard_answers.find_guard_task(run, name)) and task.outcome == "failed":
                remaining_orders[name] = "status"
        if remaining_orders:
            time.sleep(1)


def _play_settlement(rollout: Rollout, orders: Mapping[str, Order], concerned_hosts: Sequence[Host]) -> PlaybookRun:
    if disk_usage(rollout.sockets).free < TEMPORARY_ROOM:
        make_reserve(rollout.sockets).give_up()
    return play(
        "settle.yml",
        inventory=rollout.inventory.path,
        limit=list(orders),
        variables={
            "luytre_settle": orders,
            "luytre_run": rollout.record.now.id,
            **build_declared_variables(concerned_hosts),
        },
        timeout=SETTLE_SECONDS,
        watch=rollout.watch,
        sockets=rollout.sockets,
    )


def _record_answer(rollout: Rollout, run: PlaybookRun, name: str, order: Order, why: Text | None) -> bool:
    """Record the host's answer. False when it has given none that ends the matter."""
    answer = guard_answers.get_answer(run, name) or {}
    state = _STATES.get(str(answer.get("state")))
    if state == "reverted" and guard_answers.has_differences(answer):
        state = "in_part"
    if state is None and order == "status" and answer.get("state") == "none":
        rollout.record.put([name], state="refused", why=why)
        return True
    if state is None:
        return False
    changes: dict[str, Any] = {"state": state}
    entry = rollout.record.now.find_host(name)
    if digest := guard_answers.parse_digest(answer, "digest"):
        changes["digest"] = entry.digest if entry and entry.digest else digest
    if after := guard_answers.parse_digest(answer, "after"):
        changes["after"] = after
    if state in ("reverted", "in_part"):
        controls = entry.controls if entry else ()
        cause = add_suspects(
            with_cause(why, answer), guard_answers.list_failure_logs(answer), controls, rollout.suspects.get(name, ())
        )
        changes["why"] = with_staying(with_left(with_problems(cause, answer), answer), answer)
    rollout.record.put([name], **changes)
    return True


def make_reserve(sockets: Path) -> Reserve:
    """Return room kept beside the connections for ending a run."""
    return Reserve(sockets / "room", TEMPORARY_ROOM)
