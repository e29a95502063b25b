"""The callback tells what each task came to, in messages that a host's words cannot become."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.fleet.in_ansible import EVENTS, payloads
from auditor.fleet.in_ansible.callback.luytre import CallbackModule


def hear(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, method: str, *arguments: Any, **options: Any
) -> dict[str, Any]:
    """Return the one message that a call of the callback writes."""
    pipe = tmp_path / "pipe"
    pipe.touch()
    monkeypatch.setenv(EVENTS, str(pipe))
    monkeypatch.delenv(payloads.CACHE_VARIABLE, raising=False)
    callback = CallbackModule()
    getattr(callback, method)(*arguments, **options)
    os.close(callback._pipe)
    written = pipe.read_bytes()
    message: dict[str, Any] = json.loads(written[written.index(b"{") :])
    return message


def come_to(changed: bool) -> Any:
    """Return a task's result on a host."""
    task = SimpleNamespace(_uuid="1", _role=None, action="command", get_name=lambda: "n" * 600)
    host = SimpleNamespace(get_name=lambda: "web1")
    return SimpleNamespace(host=host, task=task, result={"changed": changed}, is_changed=lambda: changed)


@pytest.mark.parametrize(
    ("method", "changed", "options", "outcome"),
    [
        ("v2_runner_on_ok", True, {}, "changed"),
        ("v2_runner_on_ok", False, {}, "ok"),
        ("v2_runner_on_skipped", False, {}, "skipped"),
        ("v2_runner_on_failed", True, {}, "failed"),
        ("v2_runner_on_failed", True, {"ignore_errors": True}, "changed"),
        ("v2_runner_on_failed", False, {"ignore_errors": True}, "ok"),
        ("v2_runner_on_unreachable", False, {}, "unreachable"),
    ],
)
def test_a_task_is_told_by_its_outcome(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, method: str, changed: bool, options: dict[str, bool], outcome: str
) -> None:
    message = hear(monkeypatch, tmp_path, method, come_to(changed), **options)
    assert (message["event"], message["host"], message["outcome"]) == ("task", "web1", outcome)
    assert len(message["name"]) == 500


@pytest.mark.parametrize(
    ("failures", "dark", "failed"), [({}, {}, False), ({"web1": 1}, {}, True), ({}, {"web1": 1}, True)]
)
def test_the_end_says_whether_a_host_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, failures: Any, dark: Any, failed: bool
) -> None:
    message = hear(monkeypatch, tmp_path, "v2_playbook_on_stats", SimpleNamespace(failures=failures, dark=dark))
    assert message == {"event": "end", "failed": failed}
