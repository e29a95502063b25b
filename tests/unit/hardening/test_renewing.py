"""A plan that somebody agreed to, and a host that changed while the question waited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.audit.controls import Catalogue
from auditor.fleet.runner import PlaybookOrder, PlaybookRun
from auditor.hardening import harden
from auditor.hardening.health import snapshot
from auditor.hardening.journal import Journal
from auditor.hardening.plan import ControlChange, HardeningPlan, HostPlan
from auditor.hardening.steps import apply, commit
from auditor.hardening.steps.renewal import NOTHING_LEFT, intersect_plans
from auditor.hardening.steps.rollout_state import STALE, Renewal
from auditor.inventory import reach as reaching
from auditor.models import Host, Text, clock
from tests.unit.hardening.test_harden import ARMED, HOST, INVENTORY, guarded

WHY = Text.make_same_in_both_languages("an account made meanwhile would be locked out")


def change(control: str, *sites: str, **more: Any) -> ControlChange:
    return ControlChange(control=control, sites=sites, disruption="none", **more)


def plan(*changes: ControlChange, **more: Any) -> HostPlan:
    return HostPlan(host="h", changes=changes, **more)


def test_never_more_than_was_agreed_to() -> None:
    agreed = plan(change("x.a", "a.test"), change("x.b"), change("x.c", held=WHY))
    present = plan(
        change("x.a", "a.test", "b.test", touches=("/etc/new",)), change("x.b"), change("x.c"), change("x.d")
    )
    kept, why = intersect_plans(agreed, present)
    assert {one.control: one.sites for one in kept.changes_to_be_made} == {"x.a": ("a.test",), "x.b": ()}
    assert kept.changes_to_be_made[0].touches == ("/etc/new",), "the snapshot holds what is changed now"
    assert why == {}


@pytest.mark.parametrize(
    ("present", "sites"),
    [
        (plan(change("x.a", "a.test", "b.test", held=WHY)), ()),
        (plan(change("x.a", "b.test"), change("x.a", "a.test", held=WHY)), ("b.test",)),
        (plan(), ()),
        (plan(change("x.a", "a.test", "b.test", aside=True)), ()),
    ],
)
def test_what_may_not_be_made_by_now_is_left_out_with_its_reason(present: HostPlan, sites: tuple[str, ...]) -> None:
    kept, why = intersect_plans(plan(change("x.a", "a.test", "b.test")), present)
    assert tuple(site for one in kept.changes_to_be_made for site in one.sites) == sites
    assert "no longer as it was" in why["x.a"].en
    assert (WHY.en in why["x.a"].en) == any(one.held for one in present.changes)


class Ansible:
    def __init__(self) -> None:
        self.applied: list[Any] = []

    def __call__(self, order: PlaybookOrder, **given: Any) -> PlaybookRun:
        if order.playbook != "settle.yml":
            self.applied.append(order.variables["luytre_plan"])
        task = guarded("changed", state="confirmed") if order.playbook == "settle.yml" else ARMED
        if given["watch"] is not None:
            given["watch"](task)
        return PlaybookRun(status="successful", tasks=(task,), complaint="")


@pytest.fixture
def ansible(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ansible:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(reaching, "load_reach", lambda _path: {})
    seen = snapshot.take_snapshot([], {})
    monkeypatch.setattr(snapshot, "take_snapshot", lambda *_: seen)
    made = Ansible()
    for module in (apply, commit):
        monkeypatch.setattr(module, "play", made)
    return made


AGREED = HardeningPlan(hosts=(plan(change("x.a"), change("x.b")),))


def harden_after(minutes: int, present: HostPlan, place: Path) -> tuple[harden.HardeningResult, list[Sequence[Host]]]:
    read: list[Sequence[Host]] = []

    def again(hosts: Sequence[Host]) -> tuple[HardeningPlan, dict[str, Any]]:
        read.append(hosts)
        return HardeningPlan(hosts=(present,)), {}

    renewal = Renewal(clock.now() - timedelta(minutes=minutes), again)
    empty = Catalogue(controls=())
    return harden.harden_hosts_in_batches(
        harden.HardeningOrder(INVENTORY, [HOST], AGREED, empty, Journal(place), "r", renewal=renewal)
    ), read


def test_a_host_is_read_anew_when_its_plan_is_old(ansible: Ansible, tmp_path: Path) -> None:
    done, read = harden_after(5, plan(change("x.a"), change("x.b", held=WHY)), tmp_path)
    entry = done.hardening.hosts[0]
    assert (len(read), ansible.applied, entry.state) == (1, [{"h": {"x.a": []}}], "confirmed")
    assert (entry.controls, set(done.dropped_controls)) == (("x.a",), {("h", "x.b")})


def test_a_plan_of_just_now_is_not_made_again(ansible: Ansible, tmp_path: Path) -> None:
    done, read = harden_after(0, plan(), tmp_path)
    assert (read, ansible.applied, done.dropped_controls) == ([], [{"h": {"x.a": [], "x.b": []}}], {})
    assert timedelta(seconds=5) < STALE < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("present", "why"),
    [(plan(refused=WHY, unread=True), WHY), (plan(change("x.a", held=WHY), change("x.b", held=WHY)), NOTHING_LEFT)],
)
def test_a_host_that_may_not_be_hardened_any_more_is_not_begun(
    ansible: Ansible, tmp_path: Path, present: HostPlan, why: Text
) -> None:
    """As one whose sshd listens elsewhere by now."""
    done, _ = harden_after(5, present, tmp_path)
    entry = done.hardening.hosts[0]
    assert (ansible.applied, entry.state, entry.why) == ([], "refused", why)
