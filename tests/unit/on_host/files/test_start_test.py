"""Whether a daemon would start: what its own test says, and only of daemons that have one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.luytre.os import php_daemons
from ansible.module_utils.luytre.web import mariadb, php_fpm
from ansible.module_utils.luytre.web_servers import php_trusted_inputs
from ansible.module_utils.luytre.web_servers.apache import apache_config_test
from ansible.module_utils.luytre.web_servers.nginx import nginx_config_files
from ansible.module_utils.luytre_change.start_test import find_reason_daemon_would_not_start
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact


class Reader:
    """Notes which programs are run, with what is at stake; each of them fails when told to."""

    def __init__(self, failure: str = "") -> None:
        self.failure = failure
        self.runs: list[tuple[list[str], list[str]]] = []

    def run(self, argv: list[str], **how: Any) -> str:
        self.runs.append((argv, how["at_stake"]))
        if self.failure:
            raise UnreadableFact(self.failure)
        return "what it printed"


@pytest.mark.parametrize(
    ("unit", "module", "test"),
    [
        ("nginx.service", nginx_config_files, "test_nginx_configuration"),
        ("apache2.service", apache_config_test, "test_apache_configuration"),
    ],
)
@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"config_ok": True, "config_message": "", "untold": {}}, None),
        ({"config_ok": False, "config_message": "unknown directive", "untold": {}}, "unknown directive"),
        (
            {"config_ok": None, "config_message": "", "untold": {"config_ok": "others may write it"}},
            "others may write it",
        ),
    ],
)
def test_a_web_server_would_start_when_its_test_says_so_and_not_when_it_was_not_run(
    unit: str, module: Any, test: str, facts: dict[str, Any], reason: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, test, lambda _reader: facts)
    assert find_reason_daemon_would_not_start(unit, Reader()) == reason


def test_php_fpm_is_asked_for_its_own_version_with_what_root_would_believe_at_stake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(php_daemons, "make_packaged_fpm", lambda program, version: (program, version))
    monkeypatch.setattr(php_trusted_inputs, "list_fpm_test_paths", lambda fpm: ([f"read by {fpm[0]}"], []))
    monkeypatch.setattr(php_fpm, "find_first_fault_in_fpm_test", lambda printed: f"fault in {printed}")
    reader = Reader()
    assert find_reason_daemon_would_not_start("php8.2-fpm.service", reader) == "fault in what it printed"
    assert reader.runs == [(["php-fpm8.2", *php_trusted_inputs.WITHOUT, "-t"], ["read by php-fpm8.2"])]


def test_mariadb_and_postfix_are_asked_as_they_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mariadb, "find_mariadb_start_fault", lambda _reader: "unknown variable")
    assert find_reason_daemon_would_not_start("mariadb.service", Reader()) == "unknown variable"
    reader = Reader()
    assert find_reason_daemon_would_not_start("postfix.service", reader) is None
    assert reader.runs == [(["postfix", "check"], ["/etc/postfix", "/etc/postfix/main.cf"])]
    with pytest.raises(UnreadableFact, match="fatal: bad setting"):
        find_reason_daemon_would_not_start("postfix.service", Reader("fatal: bad setting"))


@pytest.mark.parametrize("unit", ["cron.service", "php-fpm.service.d", "myphp8.2-fpm.service", "nginx.service.bak"])
def test_a_daemon_without_a_test_of_its_own_is_taken_to_start_and_nothing_is_run(unit: str) -> None:
    reader = Reader()
    assert find_reason_daemon_would_not_start(unit, reader) is None
    assert reader.runs == []
