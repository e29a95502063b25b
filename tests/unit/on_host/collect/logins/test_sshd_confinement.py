"""How sshd is confined: by what systemd has loaded, and by what the kernel holds the running process to."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.luytre.logins import sshd_confinement

from auditor.models import Status
from tests.unit.access import facts, finding

WANTED = {
    "LockPersonality": "yes",
    "RestrictRealtime": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "~modify_ldt subpage_prot uselib vm86",
}


@pytest.mark.parametrize(
    ("changed", "lacks"),
    [
        ({}, []),
        ({"LockPersonality": "no"}, ["LockPersonality"]),
        ({"SystemCallArchitectures": ""}, ["SystemCallArchitectures"]),
        ({"SystemCallFilter": ""}, ["SystemCallFilter"]),
        ({"SystemCallFilter": "~uselib"}, ["SystemCallFilter"]),
        ({"SystemCallFilter": "read write"}, []),  # nothing else is allowed
    ],
)
def test_what_the_unit_lacks(changed: dict[str, str], lacks: list[str]) -> None:
    assert sshd_confinement.list_missing_unit_properties({**WANTED, **changed}) == lacks


@pytest.mark.parametrize(("own", "of_host", "in_force"), [(5, 0, True), (1, 1, False), (0, 0, False), (6, 1, True)])
def test_a_filter_that_the_whole_host_has_is_not_the_unit_s(
    own: int, of_host: int, in_force: bool, tmp_path: Path
) -> None:
    for number, filters in ((1, of_host), (700, own)):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "status").write_text(f"Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t{filters}\n")
    assert sshd_confinement.is_syscall_filter_of_process_in_force("700", str(tmp_path)) is in_force
    assert not sshd_confinement.is_syscall_filter_of_process_in_force("", str(tmp_path))


def test_an_sshd_that_was_not_started_so_is_not_confined() -> None:
    data = facts()
    for confinement, status in (
        ({"lacks": [], "in_force": True}, Status.PASS),
        ({"lacks": [], "in_force": False}, Status.FAIL),
        ({"lacks": ["LockPersonality"], "in_force": True}, Status.FAIL),
        (None, Status.NOT_APPLICABLE),
    ):
        data["ssh"]["confinement"] = confinement
        assert finding("ssh.confinement", data).status is status
