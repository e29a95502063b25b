"""What is asked of lab hosts about containment."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import get_args

import pytest

from auditor import lab
from auditor.models.response_actions import Means
from tests.lab import targets


def test_every_action_has_a_target_on_lab_hosts() -> None:
    table = Path(targets.__file__).read_text("utf-8").splitlines()
    line = next(number for number, text in enumerate(table, 1) if text.startswith("TARGETS:"))
    for means in get_args(Means):
        assert means in targets.TARGETS, f"tests/lab/targets.py:{line}: TARGETS lacks '{means}': add it"


@pytest.mark.parametrize("means", sorted(targets.TARGETS))
@pytest.mark.parametrize("code", [0, 255])
def test_a_host_that_does_not_say_is_not_taken_for_one_that_contains_or_does_not(
    means: Means, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = subprocess.CompletedProcess([], code, b"", b"")
    monkeypatch.setattr(lab, "run_on_machine_as_root", lambda *_, **__: silent)
    monkeypatch.setattr(targets, "SECONDS", 0)
    if means == "isolation" and code == 0:
        assert not targets.is_in_force("web1", means, "web1"), "it has no tables at all"
        return
    with pytest.raises((RuntimeError, ValueError)):
        targets.is_in_force("web1", means, "/a/b:1")
