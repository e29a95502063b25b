"""The command that puts hosts before judges."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auditor.errors import LabError
from benchmarks import judges
from benchmarks.judging import patiently
from benchmarks.judging.stands import CONTAINER, Stand
from benchmarks.judging.verdict import Verdict

LYNIS = "hardening_index=81\nsuggestion[]=BOOT-5264|Consider|-|-|\n"
STAND = Stand("web2", CONTAINER)
LENGTHENED = """
from auditor.fleet import collect
from auditor.hardening.health import probes
from auditor.hardening.steps import apply, commit
limits = lambda: (collect.COLLECT_SECONDS, probes.PROBE_SECONDS, apply.APPLY_SECONDS, commit.SETTLE_SECONDS)
before = limits()
from benchmarks.judging import patiently
patiently.lengthen_controller()
print(*(float(late / early) for late, early in zip(limits(), before)))
"""


def test_a_judge_that_did_not_end_is_named_and_the_others_are_heard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def said(stand: Stand, folder: Path) -> Iterator[tuple[str, str]]:
        yield "nikto", "port 80\n<niktoscan>"
        yield "lynis", LYNIS

    monkeypatch.setattr(judges, "said", said)
    found, wrong = judges.judged(STAND, tmp_path, tmp_path / "kept")
    assert {judge: verdict.figure for judge, verdict in found.items()} == {"lynis": 81}
    assert [line.partition(":")[0] for line in wrong] == ["nikto came to no verdict"]
    assert (tmp_path / "kept/nikto.said").exists()
    assert not (tmp_path / "kept/nikto.fails").exists()
    one = judges.Judged(STAND, after=found, wrong=wrong)
    assert [line for line in judges.table([one]) if line.startswith("Nikto")] == []


def test_what_was_judged_in_part_is_said_below_its_figure() -> None:
    part = "port 443 cut off after 2900 requests of 6544"
    one = judges.Judged(STAND, {"nikto": Verdict(10, frozenset(), part=part)}, {"nikto": Verdict(6, frozenset())})
    lines = list(judges.table([one]))
    assert lines[1].split()[-6:] == ["10", "6", "0", "but", "by", "choice"]
    assert lines[2] == f"  before: {part}"
    assert one.in_part == frozenset()


def test_a_host_that_cannot_be_judged_says_why_and_the_others_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    @contextmanager
    def standing(stand: Stand) -> Iterator[Stand]:
        raise LabError("web2 lets nobody in")
        yield stand

    monkeypatch.setattr(judges, "standing", standing)
    one = judges.stand_judged(STAND, tmp_path, None, before=True)
    assert one.wrong == ["was not judged: web2 lets nobody in"]


def test_every_time_limit_is_longer_where_a_processor_is_emulated() -> None:
    said = subprocess.run(
        [sys.executable, "-c", LENGTHENED], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    ).stdout
    assert said.split() == ["10.0"] * 4


def test_what_runs_on_an_emulated_host_has_ten_times_its_time(tmp_path: Path) -> None:
    patiently.copy_lengthened(tmp_path)
    library, visitor = (
        (tmp_path / path).read_text("utf-8")
        for path in ("on_host/collect/library/compliance_facts.py", "on_host/visits/visitor.py")
    )
    assert '"area_seconds": {"type": "int", "default": 200}' in library
    assert "\nSECONDS = 100\n" in visitor
