"""Records of hosts' files: noted when first seen or made by a hardening, and never because a host shows another."""

from __future__ import annotations

from pathlib import Path

from auditor.history.prior_state import load_prior_state
from auditor.history.runs import RunHistory
from auditor.models import Hardening, HostHardening, HostOutcome, Run
from auditor.models.hardening import RECORD_HOME, HostState
from tests.unit.history.test_runs import run

FIRST, OTHER = "a" * 64, "b" * 64
INVENTORY = run("r0").inventory


def seen(name: str, digest: str | None, hardening: Hardening | None = None) -> Run:
    outcome = HostOutcome(host="web1", reached=True, record=digest)
    return run(name).model_copy(update={"outcomes": (outcome,), "hardening": hardening})


def hardened(touched: str = RECORD_HOME, state: HostState = "confirmed") -> Hardening:
    entry = HostHardening(host="web1", state=state, touches={"any.control": (touched,)})
    return Hardening(id="h", inventory=INVENTORY, started="2026-11-24T10:00:00+07:00", seconds=300, hosts=(entry,))


def known(path: Path) -> dict[str, str]:
    return dict(load_prior_state(INVENTORY, path).record_digests)


def kept(path: Path, *runs: Run) -> dict[str, str]:
    history = RunHistory(path / "history.sqlite")
    for one in runs:
        history.keep(one)
    assert history.verify().broken is None
    return known(path / "history.sqlite")


def test_the_first_record_is_noted_and_another_is_not(tmp_path: Path) -> None:
    assert kept(tmp_path, seen("r1", None)) == {}
    assert kept(tmp_path, seen("r2", FIRST), seen("r3", OTHER)) == {"web1": FIRST}


def test_what_a_hardening_made_takes_its_place(tmp_path: Path) -> None:
    assert kept(tmp_path, seen("r1", FIRST), seen("r2", OTHER, hardened())) == {"web1": OTHER}


def test_a_hardening_that_made_no_record_or_was_not_kept_does_not(tmp_path: Path) -> None:
    elsewhere, reverted = hardened("/etc/ssh/"), hardened(state="reverted")
    assert kept(tmp_path, seen("r1", FIRST), seen("r2", OTHER, elsewhere), seen("r3", OTHER, reverted)) == {
        "web1": FIRST
    }


def test_each_record_is_noted_once(tmp_path: Path) -> None:
    kept(tmp_path, seen("r1", FIRST), seen("r2", FIRST, hardened()), seen("r3", FIRST))
    assert RunHistory(tmp_path / "history.sqlite").verify().links == 4
