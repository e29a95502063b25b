"""Who stands above whom, after mergers and the end of the district level."""

from typing import Any

import pytest

from auditor.audit.exceptions import list_hosts_or_sites_in_scope
from auditor.inventory import offices
from auditor.models import ExceptionScope, Host, Organisation, Run, Unit, windows
from auditor.results import office_month

TREE = Organisation(
    name="Tỉnh",
    units=(
        Unit(id="tinh", name="Tỉnh", reports_to=("bo", "so-cu")),
        Unit(id="bo", name="Bộ"),
        Unit(id="so-cu", name="Sở cũ", successor="so-moi"),
        Unit(id="so-moi", name="Sở mới", parent="tinh"),
        Unit(id="huyen", name="Huyện", parent="tinh", successor="phuong-a"),
        Unit(id="phuong-a", name="Phường A", parent="huyen"),
        Unit(id="xa-b", name="Xã B", parent="huyen"),
        Unit(id="xa-cu", name="Xã cũ", parent="huyen", successor="xa-b"),
        Unit(id="thon", name="Đơn vị của xã cũ", parent="xa-cu"),
    ),
)


RUN = Run(
    id="r",
    started="2026-11-26T00:00:00+00:00",
    seconds=1,
    version="0",
    inventory="i",
    hosts=(),
    outcomes=(),
    findings=(),
)


def unit(unit_id: str) -> Unit:
    found = TREE.find_unit_by_id(unit_id)
    assert found is not None
    return found


def ids(found: tuple[Unit, ...]) -> list[str]:
    return [one.id for one in found]


def test_a_ceased_office_is_the_one_that_took_over():
    assert offices.resolve_successor(TREE, unit("huyen")).id == "phuong-a"
    assert offices.resolve_successor(TREE, unit("xa-b")).id == "xa-b"


def test_what_stood_below_a_ceased_office_stands_below_what_stood_above_it():
    above = offices.find_superior(TREE, unit("xa-b"))
    assert above is not None and above.id == "tinh"
    own_heir = offices.find_superior(TREE, unit("phuong-a"))
    assert own_heir is not None and own_heir.id == "tinh"


def test_a_unit_s_scope_takes_in_what_it_took_over_and_nothing_of_its_neighbours():
    assert ids(offices.list_units_within_unit(TREE, unit("phuong-a"))) == ["huyen", "phuong-a"]
    assert ids(offices.list_units_within_unit(TREE, unit("xa-b"))) == ["xa-b", "xa-cu"]
    assert ids(offices.list_units_within_unit(TREE, unit("tinh"))) == [
        "tinh", "so-cu", "so-moi", "huyen", "phuong-a", "xa-b", "xa-cu", "thon",
    ]  # fmt: skip


REACH = {
    "tinh": {"tinh", "so-cu", "so-moi", "huyen", "phuong-a", "xa-b", "xa-cu", "thon"},
    "bo": {"bo"},
    "so-moi": {"so-cu", "so-moi"},
    "phuong-a": {"huyen", "phuong-a"},
    "xa-b": {"xa-b", "xa-cu"},
    "thon": {"thon"},
    # Those that ceased: what was theirs, and nothing else of their successors'.
    "so-cu": {"so-cu"},
    "huyen": {"huyen"},
    "xa-cu": {"xa-cu"},
}
"""Unit to the units that it reaches: one set for a report, a waiver, an attestation and a change window."""
HOSTS = tuple(Host(name=one.id, address="192.0.2.1", unit=one.id) for one in TREE.units)


@pytest.mark.parametrize(("named", "reached"), REACH.items())
def test_a_report_a_waiver_and_a_window_reach_the_same_offices(named: str, reached: set[str]) -> None:
    assert set(ids(offices.list_units_within_unit(TREE, unit(named)))) == reached
    waived = list_hosts_or_sites_in_scope(ExceptionScope(units=(named,)), "host", TREE, HOSTS)
    assert {subject.id for subject in waived} == reached
    limited = replaced(named, windows=("sat 00:00-05:00",))
    assert {one.id for one in TREE.units if offices.list_change_windows_of_unit(limited, one.id)} == reached
    if unit(named).successor is None:
        assert {
            one.id
            for one in office_month.compute_office_month_figures(
                TREE, unit(named), HOSTS, office_month.MonthRuns(RUN)
            ).units
        } == reached


def replaced(unit_id: str, **fields: Any) -> Organisation:
    """The same tree, one of its units changed."""
    units = tuple(one.model_copy(update=fields if one.id == unit_id else {}) for one in TREE.units)
    return Organisation(name=TREE.name, units=units)


def test_the_nearest_windows_count() -> None:
    both = Organisation(
        name=TREE.name,
        units=tuple(
            one.model_copy(
                update={"windows": {"tinh": ("sun 00:00-05:00",), "xa-b": ("sat 00:00-05:00",)}.get(one.id, ())}
            )
            for one in TREE.units
        ),
    )
    saturday, sunday = (
        windows.parse_weekly_time_window("sat 00:00-05:00"),
        windows.parse_weekly_time_window("sun 00:00-05:00"),
    )
    told = {one.id: offices.list_change_windows_of_unit(both, one.id) for one in TREE.units}
    assert told["xa-b"] == told["xa-cu"] == (saturday,)
    assert told["phuong-a"] == told["huyen"] == (sunday,)
    assert (
        told["bo"]
        == offices.list_change_windows_of_unit(both, None)
        == offices.list_change_windows_of_unit(both, "nobody")
        == ()
    )


def test_reports_go_to_those_named_in_their_present_shape_else_to_the_unit_above():
    assert ids(offices.list_units_reported_to(TREE, unit("tinh"))) == ["bo", "so-moi"]
    assert ids(offices.list_units_reported_to(TREE, unit("xa-b"))) == ["tinh"]
    assert offices.list_units_reported_to(TREE, unit("bo")) == ()


def test_a_circle_comes_to_an_end():
    round_about = Organisation(
        name="x",
        units=(
            Unit(id="a", name="A", parent="b"),
            Unit(id="b", name="B", parent="a"),
            Unit(id="c", name="C", successor="d"),
            Unit(id="d", name="D", successor="c", parent="c"),
        ),
    )
    for one in round_about.units:
        assert offices.list_units_within_unit(round_about, one)
        offices.resolve_successor(round_about, one)
        offices.find_superior(round_about, one)
