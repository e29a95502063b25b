"""Why a host did not get through a playbook, in each language."""

from __future__ import annotations

import pytest

from auditor.fleet.runner import AnsibleTask, PlaybookRun
from auditor.hardening.steps.failure_reasons import explain_playbook_failure_on_host


@pytest.mark.parametrize(
    ("name", "vi", "en"),
    [
        (
            "tls.key_modes | close the keys",
            "tls.key_modes: đĩa của máy chủ",
            "tls.key_modes | close the keys: the host's disk",
        ),
        ("guard : Keep a way back", "đĩa của máy chủ", "guard : Keep a way back: the host's disk"),
    ],
)
def test_a_vietnamese_reason_names_the_control_and_no_english_task(name: str, vi: str, en: str) -> None:
    task = AnsibleTask("web1", name, "tls", "copy", "failed", {"msg": "No space left on device"})
    why = explain_playbook_failure_on_host(PlaybookRun("failed", (task,)), "web1")
    assert why is not None
    assert why.vi.startswith(vi) and why.en.startswith(en)
