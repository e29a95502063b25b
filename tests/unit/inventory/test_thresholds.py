"""The limits of controls that an inventory sets: which there are, what is refused, and that findings say so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.errors import InputError
from auditor.inventory import hosts, thresholds
from auditor.models import Finding, Host, Status
from auditor.system import resources
from auditor.system.yaml_source import load_yaml

CATALOGUE = controls.load_catalogue()


def inventory(tmp_path: Path, line: str) -> Path:
    (tmp_path / "hosts.yml").write_text(f"all:\n  vars:\n    {line}\n  hosts:\n    web1: {{}}\n")
    return tmp_path


def judged(control: str, areas: dict[str, Any], **limits: int) -> Finding:
    only = controls.Catalogue(controls=(CATALOGUE[control],))
    host = Host(name="web1", address="192.0.2.1", thresholds=tuple(limits.items()))
    (finding,) = evaluate_host(only, host, _Told(areas))  # type: ignore[arg-type]
    return finding


class _Told:
    """Facts as expressions see them."""

    collected_at = 0

    def __init__(self, areas: dict[str, Any]) -> None:
        self.errors: dict[str, str] = {}
        self._areas = areas

    def build_context_for_control_expressions(self) -> dict[str, Any]:
        return self._areas


def test_each_is_a_variable_of_a_role_with_a_control_that_reads_it() -> None:
    for name, threshold in thresholds.load_thresholds_by_variable().items():
        (area,) = {
            control.area for control in CATALOGUE.controls if control.has_expression_that_reads(f"limits.{name}")
        }
        assert name.startswith(f"{area}_")
        option = load_yaml(resources.get_roles_folder() / area / "meta/argument_specs.yml")["argument_specs"]["main"][
            "options"
        ][name]
        assert option["type"] == "int"
        default = load_yaml(resources.get_roles_folder() / area / "defaults/main.yml")[name]
        assert threshold.least <= threshold.usual <= threshold.most
        assert threshold.least <= default <= threshold.most


def test_controls_read_no_limit_that_is_none() -> None:
    read = {
        name
        for control in CATALOGUE.controls
        for source in (control.pass_condition, control.violations)
        for name in re.findall(r"\blimits\.(\w+)", source or "")
    }
    assert read == set(thresholds.load_thresholds_by_variable())


def test_what_is_set_is_judged_by_and_said() -> None:
    quality = {"pam": {"pwquality": {"active": True, "length": 10, "classes": 4, "dictionary": True}}}
    assert judged("pam.pwquality", quality).status == Status.FAIL
    assert judged("pam.pwquality", quality).reason is None
    finding = judged("pam.pwquality", quality, pam_password_length=10, ssh_login_grace=30)
    assert finding.status == Status.PASS and finding.reason is not None
    assert finding.reason.en == "threshold 10 characters, set by the inventory (pam_password_length; usually 14)"
    assert finding.reason.vi == "ngưỡng 10 ký tự, do bảng kiểm kê đặt (pam_password_length; mặc định 14)"
    stricter = judged("pam.pwquality", quality, pam_password_length=16)
    assert stricter.status == Status.FAIL and stricter.reason is not None and "16 characters" in stricter.reason.en


def test_of_logs_no_inventory_gets_below_what_level_3_asks_for() -> None:
    area = {"logging": {"rotations": [{"kind": "web", "keeps": 60}], "journald": {"max_retention": 0}}}
    assert judged("logging.retention", area).status == Status.PASS
    assert judged("logging.retention", area, logging_days=61).status == Status.FAIL


def test_is_read_from_where_ansible_reads_it(tmp_path: Path) -> None:
    (host,) = hosts.load_inventory(inventory(tmp_path, "pam_password_length: 16")).hosts
    assert host.thresholds == (("pam_password_length", 16),)
    assert thresholds.get_limits(host)["pam_password_length"] == 16
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars/web1.yml").write_text("pam_password_length: 20\n")
    (host,) = hosts.load_inventory(tmp_path).hosts
    assert host.thresholds == (("pam_password_length", 20),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pam_password_length: 4", "pam_password_length is 4 — use a value from 8 to 64;"),
        ("pam_password_length: '16'", "pam_password_length is not a whole number"),
        ("pam_password_length: true", "pam_password_length is not a whole number"),
        ("pam_password_length: '{{ 16 }}'", "pam_password_length must be readable without Ansible"),
        (
            "pam_password_lenght: 16",
            "no role uses the variable pam_password_lenght — did you mean pam_password_length?",
        ),
        ("nginx_time_out: 16", "no role uses the variable nginx_time_out — did you mean nginx_timeout?"),
    ],
)
def test_what_cannot_be_meant_is_an_error_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        hosts.load_inventory(inventory(tmp_path, line))
    assert str(caught.value).startswith(f"{tmp_path}/hosts.yml:3: host web1: ") and said in str(caught.value)


@pytest.mark.parametrize("line", ["nginx_timeout: 60", "nginx_worker_processes: 4", "ssh_port: 22", "backup_server: x"])
def test_variables_of_roles_and_of_others_are_let_be(tmp_path: Path, line: str) -> None:
    assert hosts.load_inventory(inventory(tmp_path, line)).hosts[0].thresholds == ()
