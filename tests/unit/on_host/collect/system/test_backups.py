"""Backups: what proves that there is one."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.system import backups
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

from auditor.models import Status
from tests.unit.areas import DAY, NOW, SITE, facts, finding


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = backups.describe_backup_folder(str(path), int(time.time()), TimeBudget(10))
    return found


def put(path: Path, days: float, content: str = "x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))


def test_the_newest_that_proves_something(tmp_path: Path) -> None:
    put(tmp_path / "a.gz", 9)
    put(tmp_path / "deep" / "b.gz", 3)
    put(tmp_path / "future.gz", -300)
    put(tmp_path / "empty.gz", 0, "")
    (tmp_path / "link.gz").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe.gz")
    found = read(tmp_path)
    assert found["newest_file"] == str(tmp_path / "deep" / "b.gz")
    assert (found["files"], found["future"], found["empty"], found["bytes"]) == (2, 1, 1, 2)


def test_nothing_there(tmp_path: Path) -> None:
    assert read(tmp_path)["newest"] is None
    assert not read(tmp_path / "none")["exists"]


def test_out_of_time_is_said(tmp_path: Path) -> None:
    put(tmp_path / "a.gz", 1)
    assert backups.describe_backup_folder(str(tmp_path), int(time.time()), TimeBudget(-1))["cut_short"]


@pytest.mark.parametrize("declared", [{}, {"sites": None}, {"sites": [{}, {"backup_dir": None}, "x"]}])
def test_nothing_declared(declared: dict[str, Any]) -> None:
    assert backups.collect_area_facts(AreaReader(declared, 5)) == {"directories": []}


def backup(**more: Any) -> dict[str, Any]:
    areas = facts()
    areas["backups"]["directories"][0].update(more)
    return areas


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"newest": NOW - 7 * DAY}, Status.PASS),
        ({"newest": NOW - 8 * DAY}, Status.FAIL),
        ({"newest": None}, Status.FAIL),
        ({"newest": None, "cut_short": True}, Status.NOT_EVALUATED),
        ({"newest": NOW - 8 * DAY, "cut_short": True}, Status.NOT_EVALUATED),
        ({"newest": NOW - 7 * DAY, "cut_short": True}, Status.PASS),
        ({"exists": False, "newest": None}, Status.FAIL),
    ],
)
def test_age(how: dict[str, Any], status: Status) -> None:
    assert finding("backup.age", backup(**how)).status is status


def test_none_declared_fails() -> None:
    site = SITE.model_copy(update={"backup_dir": None})
    assert finding("backup.age", facts(), site=site).status is Status.FAIL
    assert finding("backup.readable", facts(), site=site).status is Status.NOT_APPLICABLE


def test_others_have_no_business_there() -> None:
    assert finding("backup.readable", backup(others_enter=False)).status is Status.PASS
    assert finding("backup.readable", backup(others_enter=True)).status is Status.FAIL


def test_what_only_a_person_can_tell() -> None:
    assert {finding(f"backup.{name}").status for name in ("off_host", "restore_tested")} == {Status.MANUAL}
