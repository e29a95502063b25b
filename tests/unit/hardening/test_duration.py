from __future__ import annotations

from auditor.hardening import duration
from auditor.hardening.plan import ControlChange, HardeningPlan, HostPlan


def host(name: str, changes: int, *touches: str) -> HostPlan:
    made = ControlChange(control="x.y", disruption="none", touches=touches)
    return HostPlan(host=name, changes=(made,) * changes)


def test_hosts_of_a_batch_go_side_by_side_and_batches_one_after_another() -> None:
    first, small, large = (duration.estimate_seconds(HardeningPlan(hosts=(host("a", n),))) for n in (1, 2, 60))
    assert 0 < first < small < large
    canary_and_five = HardeningPlan(hosts=(host("a", 1), *(host(name, 2) for name in "bcde"), host("f", 60)))
    assert duration.estimate_seconds(canary_and_five) == first + large
    assert duration.estimate_seconds(HardeningPlan(hosts=(host("a", 2, "package:x"),))) > small


def test_what_is_held_or_refused_takes_no_time() -> None:
    assert duration.estimate_seconds(HardeningPlan(hosts=(host("a", 0), HostPlan(host="b")))) == 0


def test_it_is_near_what_was_measured() -> None:
    packages = tuple(ControlChange(control="x.y", disruption="none", touches=("package:x",)) for _ in range(5))
    scratch = HostPlan(host="a", changes=(*packages, *host("a", 57).changes))
    assert 40 < duration.estimate_seconds(HardeningPlan(hosts=(scratch,))) < 55
