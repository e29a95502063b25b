"""Tells what every host came to, over a pipe of its own; prints nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
name: luytre
type: stdout
short_description: Tells what every host came to, over a pipe of its own
description:
  - Ansible prints what hosts say, so that nothing in what is printed can be told from a host's words.
  - A host that says more than it may has failed, and is not heard again; the others are.
"""

import gc
import os
import time
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.callback import CallbackBase

from auditor.fleet.in_ansible import EVENTS, payloads
from auditor.fleet.in_ansible.response_quota import ResponseQuota
from auditor.system import message_framing

_OBJECTS = 100_000
"""New ones after which memory is looked through; a task seldom makes as many."""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "luytre"

    def __init__(self) -> None:
        super().__init__()
        self._pipe = os.open(os.environ[EVENTS], os.O_WRONLY | os.O_CLOEXEC)
        self._began: dict[tuple[str, str], float] = {}
        self._allowances: dict[str, ResponseQuota] = {}
        self._payloads = Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache")
        self._kept = os.environ.get(payloads.CACHE_VARIABLE)
        if self._kept:
            payloads.restore_ansible_payloads_from_cache(Path(self._kept), self._payloads)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        # What was read so far stays; each task's process would walk, and so copy, all of it.
        gc.freeze()
        gc.set_threshold(_OBJECTS)
        gc.enable()

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._began[host.get_name(), task._uuid] = time.time()

    def v2_runner_on_ok(self, result: Any) -> None:
        self._send_task_result_within_quota(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._send_task_result_within_quota(result, "skipped")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        ignored_outcome = "changed" if result.is_changed() else "ok"
        self._send_task_result_within_quota(result, ignored_outcome if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._send_task_result_within_quota(result, "unreachable")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        if self._kept:
            payloads.save_ansible_payloads_to_cache(Path(self._kept), self._payloads)
        self._write_message_to_pipe({"event": "end", "failed": bool(stats.failures or stats.dark)})

    def _send_task_result_within_quota(self, result: Any, outcome: str) -> None:
        host, task, now = result.host.get_name(), result.task, time.time()
        allowance = self._allowances.setdefault(host, ResponseQuota())
        reported_result = allowance.pass_result_if_within_quota(outcome, result.result)
        if reported_result is None:
            return
        self._write_message_to_pipe(
            {
                "event": "task",
                "host": host,
                "name": task.get_name()[:500],
                "role": task._role._role_name if task._role else None,
                "action": str(task.action),
                "outcome": reported_result[0],
                "result": reported_result[1],
                "began": self._began.pop((host, task._uuid), now),
                "ended": now,
            }
        )

    def _write_message_to_pipe(self, message: dict[str, Any]) -> None:
        rest = memoryview(message_framing.pack_message(message))
        while rest:
            rest = rest[os.write(self._pipe, rest) :]
