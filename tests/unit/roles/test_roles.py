"""What holds for the tasks of all roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from auditor.system import resources


def tasks() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(file for folder in resources.role_folders() for file in folder.glob("*/tasks/*.yml")):
        for task in yaml.safe_load(file.read_text("utf-8")) or []:
            yield f"{file.parent.parent.name}: {task.get('name')}", task


def test_a_package_is_tried_out_only_on_a_host_that_has_what_apt_s_module_needs_for_that() -> None:
    installing = {name: str(task.get("when")) for name, task in tasks() if "ansible.builtin.apt" in task}
    assert installing
    assert [
        name for name, when in installing.items() if "not ansible_check_mode or luytre_survey.python_apt" not in when
    ] == []


def test_what_is_installed_first_is_not_started_by_a_check_run_that_installs_nothing() -> None:
    (started,) = [task for name, task in tasks() if name.endswith("start auditd")]
    assert started["when"].startswith("not ansible_check_mode or (logging_auditd is not skipped")
