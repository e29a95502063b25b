from __future__ import annotations

from auditor import lab
from auditor.audit import controls
from auditor.inventory import hosts as inventories
from auditor.lab import drill
from auditor.system import resources
from tests.lab.fixtures import Hardened


def test_every_drill_holds(hardened: Hardened) -> None:
    lab.back_to_kept(list(lab.hosts()))
    said: list[str] = []
    known = inventories.load(resources.inventories() / "lab")
    proofs = drill.run(controls.load(), known, controls.drills(), said.append, kept=True)
    problems = [f"{one.drill.control}.{one.drill.trap} {one.host}: {one.problem}" for one in proofs if one.problem]
    assert problems == [], said
    assert len({one.drill.control for one in proofs}) > 180
