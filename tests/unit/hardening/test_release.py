"""A control taken back: what is written anew for it, where, and whose response counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.audit.controls import Catalogue
from auditor.hardening import release
from auditor.hardening.change_scope import FOUND_PREFIX
from auditor.hardening.harden import HardeningOrder
from auditor.hardening.journal import Journal
from auditor.models import Host, HostHardening, Inventory
from tests.unit.audit.test_evaluate import TEXT, control
from tests.unit.hardening.test_plan import run

CATALOGUE = Catalogue(
    controls=(
        control("x.one", that="true", fix={"touches": ["/etc/x/one", "/etc/x/all"], "danger": TEXT}),
        control("x.two", that="true", fix={"touches": ["/etc/x/all", "sysctl:a.b"]}),
        control("x.found", that="true", fix={"touches": [f"{FOUND_PREFIX}/etc/x/"]}),
        control("x.person", that="true"),
        control("y.other", that="true", fix={"touches": ["/etc/y"]}),
    )
)
HOSTS = tuple(Host(name=name, address="192.0.2.1") for name in ("web1", "web2", "web3"))
INVENTORY = Inventory(path="i", organisation=None, hosts=HOSTS)


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Take a control back on hosts; what is ordered for it."""
    orders: list[HardeningOrder] = []

    def put_in_force(order: HardeningOrder) -> str:
        orders.append(order)
        return "what came of it"

    def take_back(of: str, *names: str, by_wish: frozenset[str] = frozenset()) -> HardeningOrder:
        entries = [HostHardening(host=name, state="confirmed") for name in names]
        asked = release.ControlRelease(of, entries, run(), by_wish)
        result: Any = release.release_control_from_shared_files(INVENTORY, CATALOGUE, Journal(tmp_path), asked)
        assert result == "what came of it"
        return orders.pop()

    monkeypatch.setattr(release, "harden_hosts_in_batches", put_in_force)
    return take_back


def test_only_the_hosts_of_the_release_are_changed(ordered: Any) -> None:
    order = ordered("x.one", "web3", "web1")
    assert [host.name for host in order.hosts] == ["web1", "web3"]
    assert [host.host for host in order.plan.hosts] == ["web1", "web3"]
    assert ordered("x.one", "web2", "gone").plan.hosts[0].host == "web2"


def test_it_is_the_control_that_leaves_and_no_other(ordered: Any) -> None:
    order = ordered("x.one", "web1")
    assert (order.release, order.run_id) == (["x.one"], "r")
    assert [change.control for host in order.plan.hosts for change in host.changes] == ["x.one"]


@pytest.mark.parametrize("of", ["x.one", "x.two", "x.found"])
def test_the_rollback_point_has_all_that_its_area_may_write(ordered: Any, of: str) -> None:
    (change,) = ordered(of, "web1").plan.hosts[0].changes
    assert change.touches == ("/etc/x/all", "/etc/x/one", "sysctl:a.b")
    assert change.disruption == "reload"


def test_nothing_waits_to_be_accepted_that_was_accepted_before(ordered: Any) -> None:
    order = ordered("x.one", "web1")
    assert not order.plan.total_of_held_changes
    assert not order.plan.has_no_changes_to_make


def test_sites_whose_response_does_not_count_are_those_that_were_named(ordered: Any) -> None:
    assert ordered("x.one", "web1").options.by_wish == frozenset()
    assert ordered("x.one", "web1", by_wish=frozenset({"a.test"})).options.by_wish == {"a.test"}


def test_a_control_that_nobody_knows_is_not_taken_back(ordered: Any) -> None:
    with pytest.raises(KeyError):
        ordered("z.none", "web1")
