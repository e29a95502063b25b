"""``auditor harden`` and ``auditor rollback`` from their options to what they ask, keep and write; the hosts left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from auditor.cli import app
from auditor.commands.hardening import flow
from auditor.commands.output import console
from auditor.errors import InputError
from auditor.hardening.harden import HardeningResult
from auditor.hardening.journal import Journal
from auditor.hardening.plan import HardeningPlan
from auditor.hardening.rollback import HostRollback, UndoneChanges
from auditor.history.hunts import HuntHistory
from auditor.history.runs import RunHistory
from auditor.models import Hardening, HostHardening, HostOutcome, Hunt, Inventory, PriorState, Text
from tests import factory
from tests.unit.hardening.test_plan import CATALOGUE, facts, finding, run

HOSTS = "all: {hosts: {web1: {}, web2: {}, web3: {}}}\n"
GONE = tuple(
    HostOutcome(host=name, reached=False, reason=Text(vi=f"không có đường tới {name}", en=f"no route to {name}"))
    for name in ("web1", "web2", "web3")
)
BEFORE = factory.run().model_copy(update={"purpose": "before", "outcomes": GONE})


@pytest.fixture
def auditor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """``auditor(verb, *options)``; no host answers, so that no change is made anywhere."""
    (tmp_path / "hosts.yml").write_text(HOSTS)
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("auditor.audit.controls.load_catalogue", factory.catalogue)
    monkeypatch.setattr("auditor.audit.run.audit_hosts", lambda *_arguments, **_options: (BEFORE, {}))

    def invoke(verb: str, *options: str, answer: str | None = None) -> Result:
        arguments = [verb, "-i", str(tmp_path / "hosts.yml"), *options]
        return CliRunner().invoke(app, arguments, input=answer, catch_exceptions=False)

    return invoke


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes when the hosts are asked."""
    seen: list[str] = []

    def answers(*_arguments: Any, **_options: Any) -> Any:
        seen.append("hosts")
        return BEFORE, {}

    monkeypatch.setattr("auditor.audit.run.audit_hosts", answers)
    return seen


@pytest.mark.parametrize(
    ("options", "why"), [(["--yes", "--batch", "abc"], "--batch: 'abc' is not a size"), ([], "cannot ask")]
)
def test_what_will_not_do_is_told_before_any_host_is_asked(
    auditor: Callable[..., Result], asked: list[str], tmp_path: Path, options: list[str], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        auditor("harden", "--output", str(tmp_path / "out"), *options)
    assert asked == []


def test_a_history_that_will_not_do_is_told_before_any_host_is_asked(
    auditor: Callable[..., Result], asked: list[str], tmp_path: Path
) -> None:
    (tmp_path / "state/history.sqlite").mkdir(parents=True)
    with pytest.raises(InputError, match=r"history\.sqlite"):
        auditor("harden", "--yes", "--output", str(tmp_path / "out"))
    assert asked == []


def test_its_audits_take_along_what_was_looked_at_and_hunted_for_earlier(
    auditor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = []

    def answers(_inventory: Inventory, prior_state: PriorState, *_arguments: Any, **_options: Any) -> Any:
        seen.extend(prior_state.hunts)
        return BEFORE, {}

    counts = dict.fromkeys(("seconds", "seen", "same", "known", "judged", "unjudged", "left"), 0)
    hunted = Hunt(id="h", host="web1", started="2026-11-01T00:00:00+07:00", warm=False, cut_short=False, **counts)
    monkeypatch.setattr(HuntHistory, "load_latest_hunt_by_host", lambda *_: {"web1": hunted})
    monkeypatch.setattr("auditor.audit.run.audit_hosts", answers)
    auditor("harden", "--yes", "--output", str(tmp_path / "out"))
    assert seen == [hunted]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_plan_that_is_blind_says_why_and_exits_3(auditor: Callable[..., Result], options: list[str]) -> None:
    ended = auditor("plan", "--lang", "en", *options)
    assert ended.exit_code == 3
    assert "no route to web2" in ended.stdout


@pytest.mark.parametrize(
    ("options", "tried"), [([], False), (["--diff"], True), (["--json"], True), (["--json", "--no-diff"], False)]
)
def test_the_diff_is_made_where_it_is_asked_for_and_for_who_reads_json(
    auditor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, options: list[str], tried: bool
) -> None:
    seen: list[str] = []

    def try_out(*_arguments: Any) -> Any:
        seen.append("tried")
        return (), {}

    monkeypatch.setattr("auditor.hardening.harden.preview_plan_by_check_run", try_out)
    auditor("plan", *options)
    assert seen == ["tried"] * tried


@pytest.mark.parametrize("as_json", [True, False])
def test_a_no_changes_nothing_and_is_an_answer(
    auditor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, as_json: bool
) -> None:
    planned = run(finding("x.host", "host", "h"))
    monkeypatch.setattr("auditor.audit.controls.load_catalogue", lambda: CATALOGUE)
    monkeypatch.setattr("auditor.audit.run.audit_hosts", lambda *_arguments, **_options: (planned, {"h": facts()}))
    monkeypatch.setattr(
        "auditor.hardening.harden.harden_hosts_in_batches",
        lambda *_arguments, **_options: pytest.fail("hosts were changed"),
    )
    monkeypatch.setattr(console.err, "_force_terminal", True)
    options = ["--accept", "x.host", "--output", str(tmp_path / "out"), *(["--json"] if as_json else [])]
    ended = auditor("harden", *options, answer="n\n")
    assert ended.exit_code == 0
    assert "x.host" in (ended.stderr if as_json else ended.stdout)
    if as_json:
        told = json.loads(ended.stdout)
        assert (told["declined"], told["hardening"], told["after"]) == (True, None, planned.id)
        assert told["plan"]["hosts"][0]["changes"][0]["control"] == "x.host"


def test_a_hardening_says_how_it_is_undone_before_where_its_report_is(
    auditor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = Hardening(
        id="20261124T100000-1",
        inventory="x",
        started="2026-11-24T09:00:00+07:00",
        seconds=600,
        hosts=(HostHardening(host="web1", state="confirmed"),),
    )
    outcome = flow.HardeningOutcome(BEFORE, HardeningPlan(hosts=()), made, BEFORE, Path("out/report/index.html"))
    monkeypatch.setattr(flow.HardeningSession, "audit_plan_and_harden", lambda *_arguments, **_options: outcome)
    for lang, said in (("en", "To undo it"), ("vi", "Để hoàn tác")):
        assert auditor("harden", "--yes", "--lang", lang).stdout.splitlines() == [
            f"{said}: auditor rollback {made.id} -i {tmp_path}/hosts.yml",
            "out/report/index.html",
        ]
    assert json.loads(auditor("harden", "--yes", "--json").stdout)["hardening"]["id"] == made.id


def test_rollback_needs_somebody_to_ask_and_its_lock_first(auditor: Callable[..., Result], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot ask"):
        auditor("rollback")
    (tmp_path / "state/hardenings/lock").mkdir(parents=True)
    with pytest.raises(InputError, match=r"cannot write .*lock: Is a directory"):
        auditor("rollback", "--yes")


def test_a_rollback_that_is_declined_has_shown_what_it_is_about(
    auditor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entry = HostHardening(host="web1", state="confirmed")
    inventory = str(tmp_path / "hosts.yml")
    Journal().write_progress_of_hardening(
        Hardening(id="r", inventory=inventory, started="2026-11-24T09:00:00+07:00", seconds=600, hosts=(entry,))
    )

    def undo(*_arguments: Any, check: bool = False) -> tuple[HostRollback, ...]:
        assert check, "hosts were changed"
        return (HostRollback(host="web1", undone=UndoneChanges(files=("/etc/x",))),)

    monkeypatch.setattr("auditor.hardening.rollback.undo_hardening", undo)
    monkeypatch.setattr(console.err, "_force_terminal", True)
    ended = auditor("rollback", "--json", answer="n\n")
    assert ended.exit_code == 0
    assert "/etc/x" in ended.stderr
    assert json.loads(ended.stdout) == []


def test_a_rollback_ends_with_an_audit_that_is_kept_and_with_what_to_do_next(
    auditor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entry = HostHardening(host="web1", state="confirmed")
    inventory = str(tmp_path / "hosts.yml")
    known = Hardening(id="r", inventory=inventory, started="2026-11-24T09:00:00+07:00", seconds=600, hosts=(entry,))
    Journal().write_progress_of_hardening(known)
    undone = UndoneChanges(files=("/etc/x",), problems=("/etc/y: no room",))
    monkeypatch.setattr(
        "auditor.hardening.rollback.undo_hardening",
        lambda *_arguments, **_options: (HostRollback(host="web1", undone=undone),),
    )
    ended = auditor("rollback", "--yes", "--lang", "en")
    assert ended.exit_code == 1
    assert f"auditor rollback r -i {inventory} --limit web1" in ended.stdout
    assert [run.id for run in RunHistory().entries(limit=None)] == [BEFORE.id]
    assert Journal().find_hardening_by_id_or_last(inventory, None).hosts[0].state == "rolled_back"
    with pytest.raises(InputError, match="no hardening run has it in force there"):
        auditor("rollback", "--yes", "--control", next(one.id for one in factory.catalogue().controls if one.fix))


def test_a_rollback_of_named_hosts_undoes_the_last_hardening_of_each(
    auditor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inventory, started = str(tmp_path / "hosts.yml"), "2026-11-24T09:00:00+07:00"
    for name, hosts in (("1", ("web1", "web2")), ("2", ("web2",))):
        entries = tuple(HostHardening(host=host, state="confirmed") for host in hosts)
        Journal().write_progress_of_hardening(
            Hardening(id=name, inventory=inventory, started=started, seconds=600, hosts=entries)
        )
    asked: list[tuple[str, str]] = []

    def undo(_inventory: Any, hardening: Hardening, entries: Any, *_more: Any, check: bool = False) -> Any:
        asked.extend((hardening.id, entry.host) for entry in entries if not check)
        return tuple(HostRollback(host=entry.host, undone=UndoneChanges(files=("/etc/x",))) for entry in entries)

    after = (BEFORE.model_copy(update={"id": f"after-{number}"}) for number in count())
    monkeypatch.setattr("auditor.hardening.rollback.undo_hardening", undo)
    monkeypatch.setattr("auditor.audit.run.audit_hosts", lambda *_arguments, **_options: (next(after), {}))
    assert auditor("rollback", "--yes", "--limit", "web1").exit_code == 0
    assert asked == [("1", "web1")]
    with pytest.raises(InputError, match="no hardening run in force there"):
        auditor("rollback", "--yes", "--limit", "web1")
    assert auditor("rollback", "--yes").exit_code == 0
    assert asked[1:] == [("2", "web2")]


def test_one_control_is_undone_by_a_run_that_the_history_has(
    auditor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    control = next(one.id for one in factory.catalogue().controls if one.fix)
    inventory, started = str(tmp_path / "hosts.yml"), "2026-11-24T09:00:00+07:00"
    entry = HostHardening(host="web1", state="confirmed", controls=(control,), touches={control: ("/etc/x",)})
    Journal().write_progress_of_hardening(
        Hardening(id="20261101T0-r", inventory=inventory, started=started, seconds=600, hosts=(entry,))
    )
    monkeypatch.setattr(
        "auditor.hardening.rollback.undo_hardening",
        lambda *_arguments, **_options: (HostRollback(host="web1", undone=UndoneChanges(), reopens=(control,)),),
    )
    monkeypatch.setattr("auditor.hardening.audit_after.collect", lambda _inventory, _hosts: ({}, GONE))

    def released(_inventory: Any, _catalogue: Any, journal: Journal, release: Any) -> HardeningResult:
        assert [one.host for one in release.entries] == ["web1"]
        taken = HostHardening(host="web1", state="confirmed", released=(release.control,))
        made = Hardening(id=release.before.id, inventory=inventory, started=started, seconds=600, hosts=(taken,))
        journal.write_progress_of_hardening(made)
        return HardeningResult(made, {}, {})

    monkeypatch.setattr("auditor.hardening.release.release_control_from_shared_files", released)
    ended = auditor("rollback", "--yes", "--lang", "en", "--control", control)
    assert ended.exit_code == 0, ended.output
    assert "nothing to undo" not in ended.stdout and ended.stdout.count("1 control") == 2
    kept = [run.id for run in RunHistory().entries(limit=None)]
    assert len(kept) == 2 and Journal().find_hardening_by_id_or_last(inventory, None).id == BEFORE.id in kept
    with pytest.raises(InputError, match="no hardening run has it in force there"):
        auditor("rollback", "--yes", "--control", control)


def test_a_history_that_breaks_meanwhile_costs_no_report_of_what_was_changed(
    auditor: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collect(_inventory: str, hosts: Any) -> Any:
        RunHistory().path.write_text("no database")
        gone = Text(vi="mất điện", en="no power")
        return {}, tuple(HostOutcome(host=host.name, reached=False, reason=gone) for host in hosts)

    monkeypatch.setattr("auditor.hardening.audit_after.collect", collect)
    with pytest.raises(InputError, match=r"history\.sqlite"):
        auditor("harden", "--yes", "--output", str(tmp_path / "out"))
    assert '"purpose": "after"' in (tmp_path / "out/findings.json").read_text("utf-8")
    assert (tmp_path / "out/report/index.html").exists()
