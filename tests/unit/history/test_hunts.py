"""Hunts are links of the chain, whoever keeps them, and the last three of a host stay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auditor.compromise.scan_cache import ScanCache
from auditor.history.hunts import MAX_HUNTS, HuntHistory
from auditor.history.runs import RunHistory
from auditor.models import clock
from auditor.models.hunts import Hunt
from tests.unit.scans.test_traces import seen


def hunt(number: int, host: str = "web1") -> Hunt:
    return Hunt(
        id=f"{host}-{number}",
        host=host,
        started=f"2026-11-{number:02}T10:00:00+07:00",
        seconds=1.0,
        warm=False,
        seen=3,
        same=0,
        known=1,
        judged=2,
        unjudged=0,
        left=0,
        cut_short=False,
        traces=(seen(),),
    )


def remembered(number: int, host: str = "web1") -> ScanCache:
    return ScanCache(host=host, hunts=number)


def test_the_last_three_hunts_on_a_host_stay_and_the_chain_holds(tmp_path: Path) -> None:
    hunts = HuntHistory(tmp_path / "history.sqlite")
    for number in range(1, 6):
        hunts.store_hunt("/i", hunt(number), remembered(number))
    told = RunHistory(hunts.path).verify()
    assert (told.looks, told.hunts, told.broken) == (0, MAX_HUNTS, None)
    assert (hunts.load_latest_hunt_by_host("/i")["web1"].id, hunts.load_scan_cache_of_host("/i", "web1").hunts) == (
        "web1-5",
        5,
    )


def test_what_one_person_has_hunted_the_next_one_goes_on_from(tmp_path: Path) -> None:
    first, second = (HuntHistory(tmp_path / "history.sqlite") for _ in range(2))
    first.store_hunt("/i", hunt(1), remembered(1))
    second.store_hunt("/i", hunt(2), second.load_scan_cache_of_host("/i", "web1").model_copy(update={"hunts": 2}))
    assert first.load_latest_hunt_by_host("/i")["web1"] == second.load_latest_hunt_by_host("/i")["web1"] == hunt(2)
    assert first.load_scan_cache_of_host("/i", "web1").hunts == 2
    assert RunHistory(first.path).verify().broken is None


@pytest.mark.parametrize("hosts", [("web1", "web1", "web1", "web1"), ("web1", "web2", "web3", "mess1")])
def test_hunts_of_several_people_at_once_are_all_links(tmp_path: Path, hosts: tuple[str, ...]) -> None:
    path = tmp_path / "history.sqlite"
    HuntHistory(path).store_hunt("/i", hunt(1, "first"), remembered(1, "first"))
    with ThreadPoolExecutor(len(hosts)) as people:
        tasks = [
            people.submit(HuntHistory(path).store_hunt, "/i", hunt(number + 1, host), remembered(1, host))
            for number, host in enumerate(hosts)
        ]
    assert [task.exception() for task in tasks] == [None] * len(hosts)
    told = RunHistory(path).verify()
    assert (told.links, told.broken) == (len(hosts) + 1, None)
    assert set(HuntHistory(path).load_latest_hunt_by_host("/i")) == {"first", *hosts}


def test_a_hunt_of_a_time_to_come_drives_none_out_and_is_not_the_last(tmp_path: Path) -> None:
    """Whoever turns the clock has nothing found for as long as that."""
    hunts = HuntHistory(tmp_path / "history.sqlite", now=lambda: clock.parse_iso_moment("2026-11-10T12:00:00+07:00"))
    for number in (21, 22, 23, 24, 9, 10):
        hunts.store_hunt("/i", hunt(number), remembered(number))
    assert hunts.load_latest_hunt_by_host("/i")["web1"].id == "web1-10"
    assert RunHistory(hunts.path).verify().broken is None
