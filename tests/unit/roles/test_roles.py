"""What holds for the tasks of all roles."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.luytre_guard.files import untrusted_places

from auditor.audit import controls
from auditor.system import resources
from tests.unit.access import filters
from tests.unit.programs import of_every_role

AREAS = sorted(file.parent.name for file in resources.get_roles_folder().glob("*/tasks"))
READS = yaml.safe_load((resources.get_resources_folder() / "on_host/survey/defaults/main.yml").read_text("utf-8"))[
    "survey_reads"
]


def tasks() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(file for folder in resources.list_role_folders() for file in folder.glob("*/tasks/*.yml")):
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
        "luytre/access",
        "module_utils/luytre_guard",
        "files/library",
        "nginx/library",
    }
    for file in files:
        ast.parse(file.read_text("utf-8"), str(file), feature_version=(3, 9))


def test_what_is_installed_first_is_not_started_by_a_check_run_that_installs_nothing() -> None:
    (started,) = [task for name, task in tasks() if name.endswith("start auditd")]
    assert started["when"].startswith("not ansible_check_mode or (logging_auditd is not skipped")


@pytest.mark.parametrize("area", AREAS)
def test_what_a_role_looks_at_of_a_host_the_survey_reads_for_its_controls(area: str) -> None:
    files = [file for file in (resources.get_roles_folder() / area).glob("*/*") if file.suffix in (".yml", ".j2")]
    looked_at = set(re.findall(r"survey_areas\.([a-z_]+)", " ".join(file.read_text("utf-8") for file in files)))
    fixes = [
        one.id for one in controls.read_controls_file(resources.get_roles_folder() / area / "controls.yml") if one.fix
    ]
    read = filters("survey").select_fact_areas_read_for_controls(fixes, READS)
    assert looked_at <= set(read)
    assert looked_at or not [pattern for pattern in READS if pattern.startswith(f"{area}[")]


@pytest.mark.parametrize("control", filters("filesystem").SETS)
def test_options_of_mounts_are_read_for_each_control_that_changes_some_also_alone(control: str) -> None:
    assert filters("survey").select_fact_areas_read_for_controls([control], READS) == ["filesystem"]


def test_areas_of_facts_are_read_for_the_controls_of_a_run_alone() -> None:
    wanted = filters("survey").select_fact_areas_read_for_controls
    assert wanted(["ssh.macs", "filesystem.cron_modes"], READS) == []
    assert wanted(["logging.modes", "time.synchronised_daemon", "sudo.logfile"], READS) == [
        "logging",
        "sudo",
        "system",
        "time",
    ]


BARE: dict[str, dict[str, Any]] = {
    "pam": {"pwquality": {"installed": False, "dictionary_found": False}},
    "firewall": {"installed": False, "managers": []},
    "updates": {"automatic": {"installed": False}},
    "time": {"daemons": []},
}
COMPLETE: dict[str, dict[str, Any]] = {
    "pam": {"pwquality": {"installed": True, "dictionary_found": True}},
    "firewall": {"installed": True, "managers": []},
    "updates": {"automatic": {"installed": True}},
    "time": {"daemons": [{"daemon": "ntpsec"}]},
}
INSTALLING = ("pam.pwquality", "firewall.boot", "updates.automatic", "time.synchronised_daemon")


def missing(facts: dict[str, dict[str, Any]], *controls: str) -> Any:
    return filters("survey").find_missing_packages(
        {name: {"data": data} for name, data in facts.items()}, {control: [] for control in controls}
    )


def test_packages_are_missing_for_the_controls_of_a_run_alone() -> None:
    packages = {
        "pam": ["libpam-pwquality", "cracklib-runtime"],
        "firewall": ["nftables"],
        "updates": ["unattended-upgrades"],
        "time": ["chrony"],
    }
    assert missing(BARE, *INSTALLING) == packages
    assert missing(COMPLETE, *INSTALLING) == {}
    assert missing({}, "pam.faillock", "updates.security_pending", "ssh.macs") == {}
    assert missing(BARE | {"firewall": {"installed": False, "managers": ["ufw"]}}, "firewall.boot") == {}
    for control in INSTALLING:
        area = control.partition(".")[0]
        assert missing({area: BARE[area]}, control) == {area: packages[area]}, "what it looks at is read for its area"


def test_all_that_is_given_to_the_areas_of_a_run_is_checked_before_the_first_of_them() -> None:
    options = filters("areas").options
    every = options(AREAS, resources.get_roles_folder())
    for area in AREAS:
        own = yaml.safe_load((resources.get_roles_folder() / area / "meta" / "argument_specs.yml").read_text("utf-8"))
        assert {name: every[name] for name in own["argument_specs"]["main"]["options"]} == own["argument_specs"][
            "main"
        ]["options"]
    given = {"ssh_max_startups": ["many", "of", "them"], "accounts_umask": "027"}
    told = ArgumentSpecValidator(options(["accounts", "ssh"], resources.get_roles_folder())).validate(given)
    assert "ssh_max_startups" in " ".join(told.error_messages)
    assert ArgumentSpecValidator(options(["accounts"], resources.get_roles_folder())).validate({}).error_messages == []


def test_what_fixes_edit_below_web_roots_comes_back_with_a_rollback() -> None:
    edits = [(name, task["webroot_file"]) for name, task in tasks() if "webroot_file" in task]
    files = {Path(given["path"]).name for _, given in edits if {"define", "assign"} & given.keys()}
    assert files == untrusted_places.EDITED_NAMES
