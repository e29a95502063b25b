"""The controls of the kernel on a kernel: found, mended, in force after the next boot, and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.audit import controls
from tests.kernel.conftest import HOST
from tests.lab.fixtures import INVENTORY, environment, run
from tests.lab.own_kernel import Machine

SETTINGS = "kernel.kptr_restrict kernel.yama.ptrace_scope kernel.sysrq fs.protected_fifos net.ipv4.conf.all.rp_filter"
SHUT = ("udf", "usb-storage")
OF_A_KERNEL = {control.id for control in controls.load().controls if control.container and control.fix}
"""What no drill in a container can prove, and a fix mends."""


def statuses(output: Path) -> dict[str, str]:
    found = json.loads((output / "findings.json").read_text("utf-8"))["findings"]
    return {one["control"]: one["status"] for one in found if one["subject"]["kind"] == "host"}


def test_from_the_first_audit_to_the_way_back(booted: Machine, tmp_path: Path) -> None:
    state = environment(tmp_path)
    common = ("-i", INVENTORY, "--limit", HOST)
    settings = booted.run(f"sysctl {SETTINGS}")

    run(state, "audit", *common, "--output", str(tmp_path / "first"))
    first = statuses(tmp_path / "first")
    assert {first[control] for control in OF_A_KERNEL} == {"pass", "fail"}
    assert first["kernel.usb_storage"] == "fail"

    accepting = ("--accept", "kernel.usb_storage", "--confirm-within", "1800")
    hardened = run(state, "harden", *common, "--yes", *accepting, "--output", str(tmp_path / "last"))
    assert hardened.code == 0, hardened.out + hardened.err
    again = run(state, "harden", *common, "--yes", "--json", "--output", str(tmp_path / "again"))
    assert again.json["hardening"] is None
    booted.reboot()
    run(state, "audit", *common, "--output", str(tmp_path / "rebooted"))
    for moment in ("last", "rebooted"):
        now = statuses(tmp_path / moment)
        assert {control: now[control] for control in OF_A_KERNEL} == dict.fromkeys(OF_A_KERNEL, "pass"), moment
    assert "enabled 1" in booted.run("auditctl -s")
    for module in SHUT:
        with pytest.raises(Exception, match="non-zero"):
            booted.run(f"modprobe {module}")

    undone = run(state, "rollback", *common, "--yes")
    assert undone.code == 0, undone.out + undone.err
    assert booted.run(f"sysctl {SETTINGS}") == settings
    for module in SHUT:
        booted.run(f"modprobe {module}")
