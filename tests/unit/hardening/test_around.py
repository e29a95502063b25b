"""A hardening is not confirmed when a host that needs the hardened one, or lies behind it, is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.audit import controls
from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.fleet.runner import PlaybookRun
from auditor.hardening import harden
from auditor.hardening.health import snapshot
from auditor.hardening.health.probes import HostProbes, Probe
from auditor.hardening.journal import Journal
from auditor.hardening.plan import ControlChange, HardeningPlan, HostPlan
from auditor.hardening.steps import apply, commit, related_hosts
from auditor.inventory import reach as reaching
from auditor.models import Host, Inventory, Site
from auditor.web.fetch import FetchResult
from tests.unit.hardening.safety.test_dependents import WEB2, peers
from tests.unit.hardening.test_harden import ARMED, DIGEST, DONE, HOST, Ansible, said

OTHER = Host(name="khac", address=WEB2, sites=(Site(domain="k.test", host="khac"),))
INVENTORY = Inventory(path="i", organisation=None, hosts=(HOST, OTHER))


def seen(status: int, *, reached: bool = True) -> snapshot.HealthSnapshot:
    pages = {f"{name}.test": (FetchResult(f"http://{name}.test/", status=200),) for name in ("a", "b")}
    pages["k.test"] = (FetchResult("http://k.test/", status=status),)
    probes = {
        name: HostProbes(name, tuple(Probe(one, passed) for one in ("ssh", "become", "complete")))
        for name, passed in (("h", True), ("khac", reached))
    }
    return snapshot.HealthSnapshot((HOST, OTHER), pages, probes)


@pytest.fixture
def hardened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    known = {
        name: reaching.Reach(address, 22, None, None, ("-F", "none"), None, None)
        for name, address in (("h", HOST.address), ("khac", WEB2))
    }
    monkeypatch.setattr(reaching, "load_reach", lambda _path: known)
    monkeypatch.setattr(commit.time, "sleep", lambda _seconds: None)

    change = ControlChange(control="mariadb.bind_address", disruption="none", touches=("/etc/x",))
    plan = HardeningPlan(hosts=(HostPlan(host="h", changes=(change,)),))

    def run(
        facts: dict[str, HostFacts], after: snapshot.HealthSnapshot, order: str
    ) -> tuple[Any, list[tuple[str, ...]]]:
        looks = iter([seen(200), seen(200)])
        looked: list[tuple[str, ...]] = []

        def take(hosts: Any, *_: Any) -> snapshot.HealthSnapshot:
            looked.append(tuple(host.name for host in hosts))
            return replace(next(looks, after if len(looked) < 5 else seen(200)), hosts=tuple(hosts))

        monkeypatch.setattr(snapshot, "take_snapshot", take)
        ansible = Ansible(PlaybookRun("successful", (ARMED, DONE)), said(order, digest=DIGEST, after="b" * 64))
        for module in (apply, commit):
            monkeypatch.setattr(module, "play", ansible)
        done = harden.harden_hosts_in_batches(
            harden.HardeningOrder(
                INVENTORY, [HOST], plan, controls.load_catalogue(), Journal(tmp_path), "r", facts=facts
            )
        )
        return done.hardening.hosts[0], looked

    return run


def test_a_site_of_a_host_that_needs_this_one_brings_it_back(hardened: Callable[..., Any]) -> None:
    needed = {"h": peers((WEB2, 3306, True))}
    entry, looked = hardened(needed, seen(500), "reverted")
    assert looked[:3] == [("h", "khac")] * 3
    assert entry.why.en.startswith("on khac: k.test: http://k.test/: status 200 → 500"), entry.why
    assert entry.why.en.endswith("everything serves as before")


def test_a_host_that_is_no_longer_reached_brings_back_the_one_before_it(hardened: Callable[..., Any]) -> None:
    entry, _ = hardened({"h": peers((WEB2, 3306, True))}, seen(200, reached=False), "reverted")
    assert entry.why.en.startswith("on khac: "), entry.why


def test_others_that_have_nothing_to_do_with_it_are_let_be(hardened: Callable[..., Any]) -> None:
    entry, looked = hardened({"h": peers()}, seen(500), "confirmed")
    assert entry.state == "confirmed"
    assert set(looked) == {("h",)}


def test_hosts_behind_a_host_are_around_it_where_nothing_would_go_on_through_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def reach(address: str, *arguments: str) -> reaching.Reach:
        return reaching.Reach(address, 22, None, None, ("-F", "none", *arguments), None, None)

    monkeypatch.setattr(
        reaching, "load_reach", lambda _path: {"h": reach(HOST.address), "khac": reach(WEB2, "-J", HOST.address)}
    )
    assert related_hosts.find_hosts_that_depend_on_each_host(INVENTORY, ["h"], {}, {Effect.STOPS_TUNNELS}) == {
        "h": (OTHER,)
    }
    assert related_hosts.find_hosts_that_depend_on_each_host(INVENTORY, ["h"], {}, set()) == {}
