"""What was put right within a month is what the month's first run saw open and its last one saw met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditor.models import Finding, Hardening, HostHardening, HostState, Run, Status
from auditor.results.month_work import HardeningAudits, build_month_work
from tests import factory

FIRST = factory.run(started="2026-11-03T08:00:00+07:00", run_id="first")
LAST = factory.run(started="2026-11-24T00:56:00+07:00", run_id="last", hardened=True)
HOSTS = frozenset(host.name for host in factory.HOSTS)
WHEN = "2026-11-23T17:40:00+00:00"


def hardened(before: Run = FIRST, after: Run = LAST, state: HostState = "confirmed") -> HardeningAudits:
    hosts = tuple(HostHardening(host=host.name, state=state) for host in after.hosts)
    made = Hardening(id=before.id, inventory=before.inventory, started=WHEN, seconds=300, hosts=hosts)
    return HardeningAudits(before, after.model_copy(update={"hardening": made}))


def having(run: Run, findings: Sequence[Finding]) -> Run:
    return run.model_copy(update={"findings": tuple(findings)})


def test_a_hardening_fixed_what_was_open_before_and_is_met_after() -> None:
    found = build_month_work(FIRST, LAST, [hardened()], HOSTS)
    assert found.fixed_findings
    assert {found.find_start_of_hardening_that_fixed(finding) for finding in found.fixed_findings} == {WHEN}
    assert found.hosts == len({finding.host for finding in found.fixed_findings})
    assert found.change.open_count_before - found.change.open_count_after == len(found.fixed_findings)


def test_without_one_it_was_fixed_by_something_else() -> None:
    found = build_month_work(FIRST, LAST, [], HOSTS)
    assert found.fixed_findings
    assert {found.find_start_of_hardening_that_fixed(finding) for finding in found.fixed_findings} == {None}
    assert found.hosts == 0


@pytest.mark.parametrize("state", ["reverted", "in_part", "lost", "refused", "waiting"])
def test_a_host_that_did_not_keep_the_changes_was_not_mended_by_them(state: HostState) -> None:
    assert build_month_work(FIRST, LAST, [hardened(state=state)], HOSTS).hardening_starts == {}


def test_what_was_taken_back_since_is_not_fixed() -> None:
    found = build_month_work(FIRST, FIRST.model_copy(update={"id": "later"}), [hardened()], HOSTS)
    assert (found.fixed_findings, found.hardening_starts, found.hosts) == ((), {}, 0)


def test_what_could_not_be_evaluated_afterwards_is_not_fixed() -> None:
    unread = having(LAST, [replace(finding, status=Status.NOT_EVALUATED) for finding in LAST.findings])
    assert build_month_work(FIRST, unread, [hardened(after=unread)], HOSTS).fixed_findings == ()


def test_of_two_hardenings_the_later_one_counts() -> None:
    again = hardened()
    assert again.after.hardening is not None
    later = again.after.hardening.model_copy(update={"started": "2026-11-24T00:50:00+07:00"})
    second = HardeningAudits(FIRST, again.after.model_copy(update={"hardening": later}))
    found = build_month_work(FIRST, LAST, [hardened(), second], HOSTS)
    assert set(found.hardening_starts.values()) == {"2026-11-24T00:50:00+07:00"}


def test_hosts_that_one_of_the_two_did_not_reach_say_nothing() -> None:
    found = build_month_work(FIRST, LAST, [hardened()], frozenset(["web1"]))
    assert {finding.host for finding in found.fixed_findings} == {"web1"}
