"""The clock."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.luytre.system import time

from auditor.models import Status
from tests.unit.areas import facts, finding

CHRONY = {"daemon": "chrony", "unit": "chrony.service", "enabled": True, "active": True}
OTHER = {"daemon": "ntpsec", "unit": "ntpsec.service", "enabled": True, "active": True}


def with_daemons(*daemons: dict[str, Any], container: bool = False) -> dict[str, Any]:
    areas = facts()
    areas["time"]["daemons"] = list(daemons)
    areas["time"]["enabled"] = [daemon["daemon"] for daemon in daemons if daemon["enabled"]]
    areas["system"]["container"] = container
    return areas


@pytest.mark.parametrize(
    ("daemons", "status"),
    [
        ([], Status.FAIL),
        ([CHRONY], Status.PASS),
        ([CHRONY, OTHER], Status.FAIL),
        ([CHRONY, {**OTHER, "enabled": False}], Status.PASS),
        ([{**CHRONY, "enabled": False}], Status.FAIL),
        ([{**CHRONY, "active": False}], Status.FAIL),
    ],
)
def test_exactly_one_daemon(daemons: list[dict[str, Any]], status: Status) -> None:
    assert finding("time.synchronised_daemon", with_daemons(*daemons)).status is status


def test_a_container_cannot_run_it() -> None:
    stopped = with_daemons({**CHRONY, "active": False}, container=True)
    assert finding("time.synchronised_daemon", stopped).status is Status.PASS
    assert finding("time.synchronised", stopped).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("synchronised", "max_error", "status"),
    [
        (True, 0.02, Status.PASS),
        (False, 0.02, Status.FAIL),
        (True, 16.0, Status.FAIL),
        (True, None, Status.NOT_EVALUATED),
    ],
)
def test_a_clock_in_step(synchronised: bool, max_error: float | None, status: Status) -> None:
    areas = with_daemons(CHRONY)
    areas["time"]["clock"] = {"synchronised": synchronised, "max_error": max_error}
    assert finding("time.synchronised", areas).status is status


@pytest.mark.parametrize(
    ("zone", "status"),
    [
        ("Asia/Ho_Chi_Minh", Status.PASS),
        ("Etc/UTC", Status.PASS),
        ("America/New_York", Status.FAIL),
        (None, Status.FAIL),
    ],
)
def test_zones(zone: str | None, status: Status) -> None:
    areas = facts()
    areas["time"]["zone"] = zone
    assert finding("time.zone", areas).status is status


def test_the_kernels_own_clock_is_asked() -> None:
    clock = time._read_kernel_clock()
    assert isinstance(clock["synchronised"], bool)
    assert clock["max_error"] is None or clock["max_error"] >= 0


@pytest.mark.parametrize(
    ("files", "there"),
    [
        ({"/usr/lib/systemd/system/chrony.service", "/usr/sbin/chronyd"}, True),
        ({"/etc/init.d/chrony", "/usr/sbin/chronyd"}, True),
        ({"/etc/init.d/chrony"}, False),
    ],
)
def test_a_daemon_whose_package_was_removed_is_not_there(
    files: set[str], there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time.os.path, "isfile", files.__contains__)
    assert time._is_time_daemon_installed("chrony", *time.DAEMONS["chrony"]) is there
