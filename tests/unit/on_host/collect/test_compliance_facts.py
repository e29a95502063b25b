"""The collector's module, run as Ansible runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.unit.on_host import MODULE_UTILS

COLLECT = Path(__file__).parents[4] / "on_host" / "collect"
STARTER = """
import json, runpy, sys
import ansible.module_utils
ansible.module_utils.__path__.extend(sys.argv[3].split(":"))
from ansible.module_utils import basic
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = json.dumps({'ANSIBLE_MODULE_ARGS': json.loads(sys.argv[2])}).encode(), 'legacy'
runpy.run_path(sys.argv[1], run_name='__main__')
"""
NO_TIME = -60
"""Seconds for an area that is ended before it can answer."""


def read(tmp_path: Path, starter: str = STARTER, **given: Any) -> dict[str, Any]:
    asked = {"areas": ["time"], "_ansible_remote_tmp": str(tmp_path), **given}
    module = COLLECT / "library" / "compliance_facts.py"
    done = subprocess.run(
        [sys.executable, "-c", starter, module, json.dumps(asked), MODULE_UTILS],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_an_area_that_could_not_be_read_is_the_auditors_to_tell(tmp_path: Path) -> None:
    answer = read(tmp_path, area_seconds=NO_TIME)
    assert "failed" not in answer
    assert json.loads(answer["document"])["areas"]["time"]["error"] == "took longer than its time"


def test_what_changes_a_host_is_refused_when_it_could_not_be_read(tmp_path: Path) -> None:
    answer = read(tmp_path, area_seconds=NO_TIME, whole=True)
    assert answer["failed"] is True
    assert answer["msg"] == "could not read time: took longer than its time"
    assert "failed" not in read(tmp_path, whole=True)


def test_code_of_an_area_that_does_not_load_is_told_in_its_own_place_alone(tmp_path: Path) -> None:
    broken = tmp_path / "ansible" / "luytre"
    broken.mkdir(parents=True)
    (broken / "cron.py").write_text("raise ImportError('not for this Python')\n", "utf-8")
    (broken / "time.py").write_text("def collect_area_facts(reading):\n    return {'read': True}\n", "utf-8")
    here = f"import ansible.module_utils.luytre.system as ours; ours.__path__.insert(0, {str(broken)!r})\n"
    starter = STARTER.replace(
        "from ansible.module_utils import basic\n", f"{here}from ansible.module_utils import basic\n"
    )
    areas = json.loads(read(tmp_path, starter, areas=["cron", "time"])["document"])["areas"]
    assert areas["cron"] == {
        "seconds": areas["cron"]["seconds"],
        "error": "ImportError: not for this Python",
        "data": None,
    }
    assert areas["time"]["data"] == {"read": True}
