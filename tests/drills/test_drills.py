from __future__ import annotations

from auditor.audit import controls
from auditor.inventory import hosts as inventories
from auditor.lab import drill
from auditor.system import resources


def test_every_drill_holds(booted: None) -> None:
    said: list[str] = []
    known = inventories.load_inventory(resources.get_shipped_inventories_folder() / "lab")
    proofs = drill.run_drills_on_fresh_hosts(controls.load_catalogue(), known, controls.load_drills(), said.append)
    problems = [f"{one.drill.control}.{one.drill.trap} {one.host}: {one.problem}" for one in proofs if one.problem]
    assert problems == [], said
    assert len({one.drill.control for one in proofs}) > 180
