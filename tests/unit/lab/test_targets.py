"""What is asked of lab hosts about containment."""

from __future__ import annotations

import subprocess

import pytest

from auditor import lab
from auditor.models.response_actions import Means
from tests.lab import targets


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
