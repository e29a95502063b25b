"""What roles are told of a host before they change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.on_demand import survey


class Host:
    """A host with these programs."""

    def __init__(self, *programs: str) -> None:
        self.programs = programs

    def find_program(self, name: str) -> str | None:
        return f"/usr/sbin/{name}" if name in self.programs else None


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Tell of a host with these programs, these folders of PHP, and these versions of it inside Apache."""

    def tell(*programs: str, php: tuple[str, ...] = (), inside: tuple[str, ...] = ()) -> dict[str, Any]:
        monkeypatch.setattr(survey.managed_settings, "collect_controls_in_force", lambda: ["ssh.root_login"])
        monkeypatch.setattr(survey.kernel, "read_changeable_sysctl_values", lambda _reader: {"kernel.sysrq": "0"})
        monkeypatch.setattr(survey.kernel, "read_ufw_file_in_force_after_ours", lambda: None)
        monkeypatch.setattr(survey.mod_php, "list_apache_php_versions", lambda: list(inside))
        monkeypatch.setattr(survey.os.path, "isdir", lambda path: path == "/etc/php" and bool(php))
        monkeypatch.setattr(survey.os, "listdir", lambda _path: list(php))
        answer: dict[str, Any] = survey.collect_area_facts(Host(*programs))
        return answer

    return tell


def test_a_bare_host_has_nothing_installed(told: Any) -> None:
    assert told() == {
        "installed": {"nginx": False, "apache": False, "mariadb": False, "sshd": False, "php": False},
        "in_force": ["ssh.root_login"],
        "sysctl": {"kernel.sysrq": "0"},
        "ufw_sysctl": None,
        "python_apt": False,
    }


@pytest.mark.parametrize(
    ("program", "name"), [("nginx", "nginx"), ("apache2", "apache"), ("mariadbd", "mariadb"), ("sshd", "sshd")]
)
def test_a_daemon_is_told_by_its_program(told: Any, program: str, name: str) -> None:
    assert [known for known, there in told(program)["installed"].items() if there] == [name]


@pytest.mark.parametrize(
    ("programs", "php", "inside", "there"),
    [
        (("php-fpm8.4",), ("8.2", "8.4"), (), True),
        (("php-fpm8.4",), ("8.2",), (), False),  # a program without its folder is not this host's PHP
        ((), ("8.4",), (), False),  # what a removed package leaves
        ((), ("8.4",), ("8.4",), True),  # inside Apache, without a daemon of its own
        (("php-fpm",), (), (), False),
    ],
)
def test_php_is_there_as_a_daemon_of_a_version_or_inside_apache(
    told: Any, programs: tuple[str, ...], php: tuple[str, ...], inside: tuple[str, ...], there: bool
) -> None:
    assert told(*programs, php=php, inside=inside)["installed"]["php"] is there


def test_every_program_that_a_role_may_ask_for_is_told_of(told: Any) -> None:
    roles = Path(__file__).parents[5] / "roles"
    asked = {
        word
        for file in roles.rglob("tasks/*.yml")
        for word in survey.PROGRAMS
        if f"installed.{word}" in file.read_text("utf-8")
    }
    assert asked <= set(told()["installed"])
