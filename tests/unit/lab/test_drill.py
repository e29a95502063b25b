"""Which drills go on together."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.audit import controls
from auditor.audit.controls import Drill
from auditor.hardening.plan import HardeningPlan
from auditor.lab import drill as drilling
from auditor.lab.drill import DrillProof, split_proofs_into_rounds
from auditor.models import Status
from tests.unit.hardening import test_plan as planned

WRITES = re.compile(r"(?<!>)>\s*(/(?:etc|home|root|srv|usr|var)/[^\s;|&'\"]+)")


def proof(control: str, trap: str, host: str, *, alone: bool = False) -> DrillProof:
    drill = Drill(control=control, trap=trap, path=f"{control}.{trap}.sh", hosts=(host,), alone=alone)
    return DrillProof(drill, host, is_automated=True)


def told(*proofs: DrillProof) -> list[list[str]]:
    return [[f"{one.host} {one.drill.trap}" for one in batch] for batch in split_proofs_into_rounds(proofs)]


def test_no_control_is_broken_twice_on_a_host_at_once() -> None:
    first, second = proof("a.b", "one", "web1"), proof("a.b", "two", "web1")
    other, elsewhere = proof("a.c", "three", "web1"), proof("a.b", "two", "web2")
    assert told(first, second, other, elsewhere) == [["web1 one", "web1 three", "web2 two"], ["web1 two"]]


def test_what_stands_alone_has_its_host_to_itself_while_others_go_on_elsewhere() -> None:
    alone, also = proof("a.b", "alone", "web1", alone=True), proof("a.c", "also", "web1", alone=True)
    beside, elsewhere = proof("a.d", "beside", "web1"), proof("a.e", "elsewhere", "web2", alone=True)
    assert told(alone, beside, also, elsewhere) == [["web1 beside", "web2 elsewhere"], ["web1 alone"], ["web1 also"]]


def test_drills_that_go_on_together_make_files_of_their_own() -> None:
    known = controls.load_catalogue()
    proofs = [
        DrillProof(drill, host, known.has_automated_fix(drill.control) and drill.held != "by hand")
        for drill in controls.load_drills()
        for host in drill.hosts
    ]
    for automated in (True, False):
        for batch in split_proofs_into_rounds([one for one in proofs if one.is_automated is automated]):
            made = Counter(
                (one.host, path) for one in batch for path in {*WRITES.findall(Path(one.drill.path).read_text("utf-8"))}
            )
            assert [file for file, times in made.items() if times > 1] == []


@pytest.mark.parametrize(("found", "problem"), [(Status.FAIL, ""), (Status.PASS, "not held, although it is dangerous")])
def test_what_is_dangerous_is_held_until_it_is_accepted_and_mended_then(found: Status, problem: str) -> None:
    """Where the trap took a whole file away, nothing there says any more that its control was accepted once."""
    plans: list[HardeningPlan] = []

    def harden(plan: HardeningPlan) -> Any:
        plans.append(plan)
        mended = planned.run(planned.finding("x.host", "host", "h", Status.PASS))
        return SimpleNamespace(hardening=SimpleNamespace(hosts=()), after=mended, undeclared_paths={})

    one = proof("x.host", "trap", "h")
    broken = planned.run(planned.finding("x.host", "host", "h", found))
    lab: Any = SimpleNamespace(catalogue=planned.CATALOGUE, say=lambda _: None, apply_plan_to_all_hosts=harden)
    drilling._harden_hosts_and_check_round(lab, drilling._DrillRound([one]), broken, {"h": planned.facts()}, broken)
    assert one.problem == problem
    assert [change.control for plan in plans for host in plan.hosts for change in host.changes_to_be_made] == (
        ["x.host"] if found is Status.FAIL else []
    )
