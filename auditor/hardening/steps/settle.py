"""A batch's hosts confirmed or brought back, and waited for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import disk_usage
from typing import Any, Literal

from auditor.fleet.collect import answers, declared
from auditor.fleet.reasons import blame
from auditor.fleet.runner import Playbook, play
from auditor.hardening import guard_answers
from auditor.hardening.steps.rolling import REVERT_SECONDS, Rolling
from auditor.hardening.steps.why import NOTHING, with_cause, with_left, with_problems, with_staying
from auditor.models import Host, HostState, Text
from auditor.system.reserve import Reserve

SETTLE_SECONDS = 900
TEMPORARY_ROOM = 16 << 20
"""Bytes for ending a run on a disk for temporary files that has run full since it began."""
_STATES: Mapping[str, HostState] = {"confirmed": "confirmed", "reverted": "reverted", "rolled_back": "rolled_back"}

Order = Literal["confirm", "revert", "status"]


def settle(rolling: Rolling, hosts: Sequence[Host], orders: Mapping[str, Order], wrong: Mapping[str, Text]) -> None:
    """Confirm or bring back; a host that does not answer is waited for until it is back by itself."""
    left = dict(orders)
    for name in left:
        rolling.until.setdefault(name, time.monotonic() + rolling.record.now.seconds + REVERT_SECONDS)
    while left:
        concerned = [host for host in hosts if host.name in left]
        run = _played_to_end(rolling, left, concerned)
        facts, outcomes = answers(run, concerned)
        rolling.facts.update(facts)
        rolling.outcomes.update({outcome.host: outcome for outcome in outcomes})
        for name in list(left):
            if _settled(rolling, run, name, left[name], wrong.get(name)):
                del left[name]
            elif time.monotonic() > rolling.until.get(name, 0):
                said = guard_answers.answer(run, name)
                why = with_problems(wrong.get(name) or NOTHING, said) if said else wrong.get(name)
                rolling.record.put([name], state="lost", why=why)
                del left[name]
            elif (task := guard_answers.task(run, name)) and task.outcome == "failed":
                left[name] = "status"
        if left:
            time.sleep(1)


def _played_to_end(rolling: Rolling, orders: Mapping[str, Order], concerned: Sequence[Host]) -> Playbook:
    if disk_usage(rolling.sockets).free < TEMPORARY_ROOM:
        reserve(rolling.sockets).give_up()
    return play(
        "settle.yml",
        inventory=rolling.inventory.path,
        limit=list(orders),
        variables={"luytre_settle": orders, "luytre_run": rolling.record.now.id, **declared(concerned)},
        timeout=SETTLE_SECONDS,
        watch=rolling.watch,
        sockets=rolling.sockets,
    )


def _settled(rolling: Rolling, run: Playbook, name: str, order: Order, why: Text | None) -> bool:
    """Record the host's answer. False when it has given none that ends the matter."""
    answer = guard_answers.answer(run, name) or {}
    state = _STATES.get(str(answer.get("state")))
    if state == "reverted" and guard_answers.differs(answer):
        state = "in_part"
    if state is None and order == "status" and answer.get("state") == "none":
        rolling.record.put([name], state="refused", why=why)
        return True
    if state is None:
        return False
    changes: dict[str, Any] = {"state": state}
    entry = rolling.record.now.of(name)
    if digest := guard_answers.digest(answer, "digest"):
        changes["digest"] = entry.digest if entry and entry.digest else digest
    if after := guard_answers.digest(answer, "after"):
        changes["after"] = after
    if state in ("reverted", "in_part"):
        controls = entry.controls if entry else ()
        cause = blame(
            with_cause(why, answer), guard_answers.last_words(answer), controls, rolling.suspects.get(name, ())
        )
        changes["why"] = with_staying(with_left(with_problems(cause, answer), answer), answer)
    rolling.record.put([name], **changes)
    return True


def reserve(sockets: Path) -> Reserve:
    """Room kept beside the connections for ending a run."""
    return Reserve(sockets / "room", TEMPORARY_ROOM)
