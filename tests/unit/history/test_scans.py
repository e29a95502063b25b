"""Looks are links of the chain, the last three of a site are kept, and what is accepted is told by the chain alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.history.runs import RunHistory
from auditor.history.scans import MAX_SCANS, ScanHistory
from auditor.models import Scan, TraceAcceptance
from auditor.scans.frontier import CrawlFrontier
from tests.unit.history.test_chain import alter, version_1
from tests.unit.history.test_runs import run
from tests.unit.scans.test_traces import seen

SITE = "antruc.test"
KEY = seen().key


def look(number: int, site: str = SITE) -> Scan:
    return Scan(
        id=f"{site}-{number}",
        site=site,
        started=f"2026-11-{number:02}T10:00:00+07:00",
        seconds=1.0,
        known=3,
        fresh=3,
        visited=3,
        engine=True,
        traces=(seen(),),
    )


def accepted(key: str = KEY, reason: str = "ours") -> TraceAcceptance:
    return TraceAcceptance(site=SITE, key=key, reason=reason, approver="Chánh Văn phòng", granted=date(2026, 11, 24))


@pytest.fixture
def looks(tmp_path: Path) -> ScanHistory:
    return ScanHistory(tmp_path / "history.sqlite")


def test_the_last_three_looks_of_a_site_stay_and_the_chain_holds(looks: ScanHistory) -> None:
    for number in range(1, 6):
        looks.store_look_and_frontier("/i", look(number), CrawlFrontier(site=SITE))
    looks.store_look_and_frontier("/i", look(1, "dongvau.test"), CrawlFrontier(site="dongvau.test"))
    looks.store_look_and_frontier("/other", look(9), CrawlFrontier(site=SITE).model_copy())
    RunHistory(looks.path).keep(run("r1"))
    told = RunHistory(looks.path).verify()
    assert (told.links, told.runs, told.looks, told.broken) == (8, 1, MAX_SCANS + 2, None)
    assert {site: one.id for site, one in looks.load_latest_look_by_site("/i").items()} == {
        SITE: f"{SITE}-5",
        "dongvau.test": "dongvau.test-1",
    }
    exported = [line["document"] for line in RunHistory(looks.path).export()]
    assert [document is not None for document in exported] == [False, False, True, True, True, True, True, True]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE looks SET document = x'00' WHERE id = 'antruc.test-2'", "what it saw was changed"),
        ("UPDATE looks SET subject = 'x.test' WHERE id = 'antruc.test-2'", "its time, inventory or site was changed"),
        ("DELETE FROM looks WHERE id = 'antruc.test-2'", "the look is gone"),
        (
            "INSERT INTO looks SELECT 'antruc.test-1', started, inventory, subject, document FROM looks LIMIT 1",
            "replaced by a later look, and yet it is there",
        ),
        (
            "INSERT INTO looks SELECT 'new', started, inventory, subject, document FROM looks LIMIT 1",
            "no link speaks of this look",
        ),
    ],
)
def test_a_look_that_was_tampered_with_breaks_the_chain(looks: ScanHistory, change: str, why: str) -> None:
    for number in range(1, 5):
        looks.store_look_and_frontier("/i", look(number), CrawlFrontier(site=SITE))
    alter(RunHistory(looks.path), change)
    broken = RunHistory(looks.path).verify().broken
    assert broken is not None
    assert broken.why.en == why


def test_a_damaged_look_is_told_when_an_audit_needs_it(looks: ScanHistory) -> None:
    looks.store_look_and_frontier("/i", look(1), CrawlFrontier(site=SITE))
    alter(RunHistory(looks.path), "UPDATE looks SET document = x'00'")
    with pytest.raises(InputError, match="damaged"):
        looks.load_latest_look_by_site("/i")
    assert looks.load_undamaged_latest_look_by_site("/i") == {}
    looks.store_look_and_frontier("/i", look(2), CrawlFrontier(site=SITE))
    assert looks.load_latest_look_by_site("/i") == looks.load_undamaged_latest_look_by_site("/i") == {SITE: look(2)}


def test_what_is_accepted_is_what_the_chain_says_last(looks: ScanHistory) -> None:
    looks.store_trace_acceptance("/i", accepted())
    looks.store_trace_acceptance("/i", accepted(reason="ours, still"))
    looks.store_trace_acceptance("/i", accepted("0" * 16))
    looks.store_trace_acceptance("/other", accepted("1" * 16))
    assert [(one.key, one.reason) for one in looks.load_acceptances("/i")] == [(KEY, "ours, still"), ("0" * 16, "ours")]
    looks.withdraw_trace_acceptance("/i", SITE, KEY, "gone")
    assert [one.key for one in looks.load_acceptances("/i")] == ["0" * 16]
    with pytest.raises(InputError, match="no trace with the key"):
        looks.withdraw_trace_acceptance("/i", SITE, KEY, "again")
    assert RunHistory(looks.path).verify().broken is None


def test_an_acceptance_holds_on_its_days_only() -> None:
    until = accepted().model_copy(update={"until": date(2026, 11, 30)})
    days = [date(2026, 11, day) for day in (23, 24, 30)]
    assert [until.is_in_force_on_day(day) for day in days] == [False, True, True]
    assert not until.is_in_force_on_day(date(2026, 12, 1))
    assert accepted().is_in_force_on_day(date(2036, 12, 1))


def test_a_history_of_version_1_takes_looks(looks: ScanHistory) -> None:
    version_1(looks.path, "a", "b")
    looks.store_look_and_frontier("/i", look(1), CrawlFrontier(site=SITE))
    told = RunHistory(looks.path).verify()
    assert (told.links, told.runs, told.looks, told.broken) == (3, 2, 1, None)


def test_how_far_a_look_got_is_kept_apart_from_the_looks(looks: ScanHistory) -> None:
    assert looks.load_crawl_frontier_of_site("/i", SITE) == CrawlFrontier(site=SITE)
    known = CrawlFrontier(site=SITE).with_known_paths(["/", "/tin"], is_linked=True)
    looks.store_crawl_frontier("/i", known)
    assert looks.load_crawl_frontier_of_site("/i", SITE) == known
    assert looks.load_crawl_frontier_of_site("/other", SITE) == CrawlFrontier(site=SITE)


WRITER = """
import sys
from pathlib import Path
from auditor.history.scans import ScanHistory
from auditor.scans.frontier import CrawlFrontier
from tests.unit.history.test_scans import accepted, look
looks = ScanHistory(Path(sys.argv[1]))
for number in range(1, 29):
    looks.store_look_and_frontier("/i", look(number), CrawlFrontier(site="antruc.test"))
    print(f"antruc.test-{number}", flush=True)
    looks.store_trace_acceptance("/i", accepted(f"{number:016x}"))
    print(f"{number:016x}", flush=True)
"""


def test_kill_9_while_looks_are_kept_breaks_nothing(looks: ScanHistory) -> None:
    command = [sys.executable, "-c", WRITER, str(looks.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(9)]
        os.kill(process.pid, signal.SIGKILL)
    assert RunHistory(looks.path).verify().broken is None
    last = looks.load_latest_look_by_site("/i")[SITE].id
    assert int(last.rpartition("-")[2]) >= int(said[8].rpartition("-")[2])
    assert {one.key for one in looks.load_acceptances("/i")} >= set(said[1::2])


def test_one_review_at_a_time(tmp_path: Path) -> None:
    looks = ScanHistory(tmp_path / "history.sqlite")
    with (
        looks.hold_review_lock(),
        pytest.raises(InputError, match="another review"),
        ScanHistory(looks.path).hold_review_lock(),
    ):
        pass
    with looks.hold_review_lock():
        pass
