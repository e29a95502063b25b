"""What a host says that it is."""

from __future__ import annotations

import platform
from typing import Any

import pytest
from ansible.module_utils.luytre.system import system

from auditor.facts.system.system import SystemFacts

RELEASE = """\
# a comment
PRETTY_NAME="Debian GNU/Linux 13 (trixie)"
VERSION_ID="13"
VERSION_CODENAME=trixie
ID=debian
HOME_URL='https://www.debian.org/?a=b'
"""


class Host:
    def __init__(self, virtualization: str | None) -> None:
        self.virtualization = virtualization
        self.asked: list[tuple[list[str], Any]] = []

    def find_program(self, name: str) -> str | None:
        return None if self.virtualization is None else f"/usr/bin/{name}"

    def run(self, argv: list[str], ok: Any) -> str:
        self.asked.append((argv, ok))
        return f"{self.virtualization}\n"


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The files of the host."""
    texts = {"/etc/os-release": RELEASE, "/proc/uptime": "12345.67 54321.00\n"}
    monkeypatch.setattr(system, "read_text", lambda path, _limit: texts.get(path))
    monkeypatch.setattr(system, "get_current_ssh_session", lambda: None)
    return texts


def told(host: Host) -> SystemFacts:
    facts = system.collect_area_facts(host)
    assert set(facts) <= set(SystemFacts.model_fields)
    return SystemFacts.model_validate(facts)


def test_release_kernel_and_clock(files: dict[str, str]) -> None:
    facts = told(Host("kvm"))
    assert facts.os.model_dump() == {
        "id": "debian", "version": "13", "codename": "trixie", "name": "Debian GNU/Linux 13 (trixie)"
    }  # fmt: skip
    assert (facts.kernel, facts.uptime, facts.virtualization) == (platform.release(), 12345, "kvm")
    assert facts.free_bytes > 0


@pytest.mark.parametrize(
    ("virtualization", "name", "is_container"),
    [
        (None, "none", False),
        ("", "none", False),
        ("none", "none", False),
        ("kvm", "kvm", False),
        ("microsoft", "microsoft", False),
        ("systemd-nspawn", "systemd-nspawn", True),
        ("lxc", "lxc", True),
        ("docker", "docker", True),
    ],
)
def test_a_container_is_told_from_a_machine(
    files: dict[str, str], virtualization: str | None, name: str, is_container: bool
) -> None:
    facts = told(Host(virtualization))
    assert (facts.virtualization, facts.container) == (name, is_container)


def test_that_there_is_no_virtualization_is_no_failure_of_the_program(files: dict[str, str]) -> None:
    host = Host("none")  # which ends with 1
    told(host)
    assert host.asked == [(["/usr/bin/systemd-detect-virt"], None)]


def test_a_host_without_a_release_is_told_without_one(files: dict[str, str]) -> None:
    files.clear()
    facts = told(Host(None))
    assert set(facts.os.model_dump().values()) == {""}
    assert facts.uptime == 0


def test_lines_of_a_release_that_are_none_are_passed_over(files: dict[str, str]) -> None:
    files["/etc/os-release"] = 'NAME\n=x\nID="debian\nVERSION_ID=\n\x00\n'
    assert system.read_os_release()["ID"] == "debian"
    assert told(Host(None)).os.version == ""


def test_panels_are_told_by_what_only_they_have(files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"/usr/local/psa", "/www/server/panel", "/etc/webmin"}
    monkeypatch.setattr(system.os.path, "exists", lambda path: path in there)
    assert told(Host(None)).machine_panels == ["Plesk", "aaPanel"]
    assert len({name for name, _ in system.PANELS}) == len({path for _, path in system.PANELS}) == len(system.PANELS)
