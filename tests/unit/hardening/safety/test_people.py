"""People who would lose something that they use are named, each by what tells of them."""
# ruff: noqa: S108  the shared folders themselves

from __future__ import annotations

from typing import Any

import pytest

from auditor.audit.effects import Effect
from auditor.hardening.safety import people
from tests.unit.hardening.safety.test_preflight import HOST


@pytest.mark.parametrize(
    ("su", "said"),
    [
        ({"recorded": True, "outside": ["khoa", "lan"]}, "khoa, lan used su within 90 days"),
        ({"recorded": False, "outside": []}, "unknown whether anybody uses su"),
        ({"recorded": True, "outside": []}, None),
    ],
)
def test_who_uses_su_and_is_not_in_its_group_is_named(su: dict[str, Any], said: str | None) -> None:
    found = dict(people._find_people_who_used_su(HOST, {"pam": {"su": su}}))
    assert (said in found[Effect.LIMITS_SU].en) if said else not found


def test_keys_of_root_are_named_before_root_is_kept_out() -> None:
    def said(*accounts: str) -> dict[Effect, Any]:
        return dict(
            people._find_ssh_keys_that_open_root(HOST, {"accounts": {"keys": [{"account": name} for name in accounts]}})
        )

    assert "root has 2 SSH keys" in said("root", "khoa", "root")[Effect.CLOSES_ROOT].en
    assert said("khoa") == {}
    assert "unknown who logs in" in dict(people._find_ssh_keys_that_open_root(HOST, {}))[Effect.CLOSES_ROOT].en


def test_who_came_in_besides_us_is_named_before_a_host_key_goes() -> None:
    ours, other = (
        {"account": "luytre", "source": "10.0.0.1"},
        {"account": "luytre", "source": "10.0.0.9"},
    )

    def said(*seen: dict[str, str], own: dict[str, str] | None = ours, recorded: bool = True) -> dict[Effect, Any]:
        return dict(
            people._find_recent_ssh_clients_besides_us(
                HOST, {"ways": {"recorded": recorded, "own": own, "seen": list(seen)}}
            )
        )

    assert "luytre (10.0.0.9) logged in" in said(ours, other)[Effect.DROPS_HOST_KEYS].en
    assert said(ours) == {}
    assert said(ours, other, own=None) == {}
    assert "unknown who logs in" in said(ours, recorded=False)[Effect.DROPS_HOST_KEYS].en


def test_who_is_at_work_in_another_s_home_is_named_before_it_is_closed() -> None:
    home = {"path": "/home/an", "account": "an", "open": True, "served": False, "used_by": []}
    job = {"user": "www-data", "programs": ["/home/an/gui-thu.sh"]}

    def said(homes: list[dict[str, Any]], *jobs: dict[str, Any]) -> str:
        found = dict(
            people._find_accounts_at_work_in_others_homes(
                HOST, {"accounts": {"homes": homes}, "cron": {"jobs": list(jobs)}}
            )
        )
        return found[Effect.CLOSES_HOMES].en if found else ""

    assert "www-data (/home/an/gui-thu.sh) is at work" in said([home], job)
    assert "backup (/home/an) is at work" in said([{**home, "used_by": ["backup"]}])
    assert said([home], {**job, "user": "an"}, {**job, "programs": ["/home/anh/x"]}) == ""
    assert said([{**home, "served": True}], job) == ""


def test_who_runs_programs_out_of_temporary_folders_is_named() -> None:
    def said(running: list[str], *programs: str) -> str:
        jobs = [{"user": "root", "programs": list(programs)}]
        data = {"filesystem": {"run_from_temporary": running}, "cron": {"jobs": jobs}}
        found = dict(people._find_programs_run_from_temporary_folders(HOST, data))
        return found[Effect.STOPS_TEMPORARY_PROGRAMS].en if found else ""

    assert said([], "/usr/bin/php", "/tmpx/a") == ""
    assert "\n" not in said(["/tmp/a\nb"])
    assert "/tmp/a, /var/tmp/sao-luu.sh is run" in said(["/tmp/a"], "/var/tmp/sao-luu.sh")
    assert dict(people._find_programs_run_from_temporary_folders(HOST, {})) == {}
