"""What holds for the tasks of all roles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import yaml

from auditor.system import resources
from tests.unit.programs import of_every_role


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


def test_what_runs_on_hosts_parses_for_the_oldest_python_it_meets() -> None:
    files = [file for folder in ("library", "module_utils") for file in of_every_role(f"{folder}/**/*.py")]
    found = {f"{file.parent.parent.name}/{file.parent.name}" for file in files}
    assert found >= {
        "collect/library",
        "module_utils/luytre",
        "module_utils/luytre_guard",
        "files/library",
        "nginx/library",
    }
    for file in files:
        ast.parse(file.read_text("utf-8"), str(file), feature_version=(3, 9))


def test_what_is_installed_first_is_not_started_by_a_check_run_that_installs_nothing() -> None:
    (started,) = [task for name, task in tasks() if name.endswith("start auditd")]
    assert started["when"].startswith("not ansible_check_mode or (logging_auditd is not skipped")
