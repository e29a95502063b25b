"""Code of PHP that is kept in memory is forgotten where that leaves the service running. Services are a mock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre._reading import Unreadable
from ansible.module_utils.luytre_change import startable
from ansible.module_utils.luytre_contain import php_code
from ansible.module_utils.luytre_shared import acting

FPM = "php8.4-fpm.service"


@pytest.fixture
def reloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    units: list[str] = []

    def ran(argv: list[str], **_: Any) -> str:
        if argv[1] == "list-units":
            return f"{FPM} loaded active running PHP\n"
        units.append(argv[-1])
        return ""

    (tmp_path / "php8.4.load").touch()
    monkeypatch.setattr(acting, "ran", ran)
    monkeypatch.setattr(php_code, "MOD_PHP", str(tmp_path))
    monkeypatch.setattr(startable, "fault", lambda _unit, _reading: None)
    return units


def test_all_that_keep_code_are_told(reloaded: list[str]) -> None:
    assert (php_code.faulty(), php_code.forgotten(), reloaded) == ([], True, [FPM, "apache2.service"])


@pytest.mark.parametrize("said", ["unknown entry", Unreadable("another could change it")], ids=["faulty", "untested"])
def test_a_service_that_would_not_start_again_goes_on_with_what_it_has(
    reloaded: list[str], monkeypatch: pytest.MonkeyPatch, said: str | Unreadable
) -> None:
    def fault(unit: str, _reading: object) -> str | None:
        if unit != FPM:
            return None
        if isinstance(said, Unreadable):
            raise said
        return said

    monkeypatch.setattr(startable, "fault", fault)
    assert (php_code.faulty(), php_code.forgotten(), reloaded) == ([FPM], False, ["apache2.service"])
