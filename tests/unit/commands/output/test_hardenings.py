"""Rollback and drift as an admin reads them: controls first, in the reader's language, nothing that a host said as an order."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from auditor.commands.output import hardenings
from auditor.hardening.drift import Drift, DriftChange
from auditor.hardening.rollback import HostRollback, RollbackOmission, UndoneChanges
from auditor.hardening.steps.failure_reasons import RUN_INTERRUPTED
from auditor.models import Hardening, HostHardening, Lang
from tests import factory
from tests.unit.commands.output.test_plans import CATALOGUE


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    told = io.StringIO()
    for stream in ("out", "err"):
        monkeypatch.setattr(hardenings, stream, Console(file=told, width=200, highlight=False))
    return told


def undone(lang: Lang, step: HostRollback, *, done: bool = False) -> str:
    told = io.StringIO()
    console = Console(file=told, width=200, highlight=False)
    hardenings.show_rollback_of_host(step, CATALOGUE, lang, is_done=done, console=console)
    return told.getvalue()


STEP = HostRollback(
    host="h",
    reopens=("x.low", "x.worst", "x.gone"),
    undone=UndoneChanges(
        files=("/etc/a", "/etc/b"),
        brings_back=("an empty password for hanh",),
        staying=("openssl 1 -> 2",),
        left=(RollbackOmission(path="/etc/c", reason="changed since the run"),),
    ),
)


def test_a_rollback_names_the_controls_worst_first_and_paths_by_their_number() -> None:
    seen = undone("en", STEP)
    order = ["h: to be undone: 3 controls will be open again", "critical", "x.worst", "x.low", "x.gone"]
    order += ["returns: an empty password for hanh", "openssl 1 -> 2", "/etc/c: changed since the run"]
    at = [seen.index(one) for one in [*order, "files restored: 2"]]
    assert at == sorted(at)
    assert "/etc/a" not in seen
    assert "3 controls are open again" in undone("en", STEP, done=True)


def test_what_no_control_explains_is_named() -> None:
    assert "files restored: /etc/a, /etc/b" in undone("en", STEP.model_copy(update={"reopens": ()}))
    assert undone("en", HostRollback(host="h", undone=UndoneChanges())) == "h: nothing to undo\n"
    one = undone("en", HostRollback(host="h", undone=UndoneChanges(), reopens=("x.low",)))
    assert "nothing to undo" not in one and "1 control will be open again" in one


def test_it_is_told_in_vietnamese() -> None:
    seen = undone("vi", STEP)
    assert "trở lại: mật khẩu trống của hanh" in seen
    assert "/etc/c: đã bị sửa sau lần gia cố" in seen


def test_drift_tells_what_is_open_again_then_what_is_met_then_what_changed(written: io.StringIO) -> None:
    changes = (
        DriftChange(what="/etc/z", how="odd", controls=()),
        DriftChange(what="/etc/a", how="missing", controls=("x.low", "x.worst")),
    )
    found = Drift(host="h", run="r", count=2, changes=changes, reopened=("x.low",))
    hardenings.show_drift(found, CATALOGUE, "en")
    assert [line.split() for line in written.getvalue().splitlines()] == [
        ["h:", "2", "changes", "since", "the", "hardening", "run", "r;", "1", "control", "is", "open", "again"],
        ["low", "x.low", *CATALOGUE["x.low"].problem.en.split()],
        ["still", "met:", "x.worst"],
        ["/etc/a", "(missing):", "x.low,", "x.worst"],
        ["/etc/z", "(odd):", "not", "managed", "by", "any", "control"],
    ]
    hardenings.show_drift(found.model_copy(update={"reopened": None}), CATALOGUE, "vi")
    assert "chưa có kết luận: x.low, x.worst" in written.getvalue()


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "the run was interrupted; rolling back, which can take minutes: a, b\n"),
        ("vi", "lần chạy bị dừng giữa chừng; đang khôi phục, có thể mất vài phút: a, b\n"),
    ],
)
def test_hosts_are_said_to_go_back_while_they_do(lang: Lang, said: str, written: io.StringIO) -> None:
    hardenings.show_rollback_beginning(["a", "b"], RUN_INTERRUPTED, lang)
    assert written.getvalue() == said


@pytest.mark.parametrize(("lang", "said"), [("en", "To undo it: "), ("vi", "Để hoàn tác: ")])
def test_a_hardening_ends_with_the_command_that_undoes_it(lang: Lang, said: str, written: io.StringIO) -> None:
    entries = (HostHardening(host="a", state="reverted"), HostHardening(host="b", state="confirmed"))
    done = Hardening(id="r1", inventory="x", started="2026-11-24T09:00:00+07:00", seconds=600, hosts=entries)
    console = Console(file=written, width=20, highlight=False)
    hardenings.show_command_to_undo_hardening(done, Path("inventories/của tôi"), lang, console)
    assert written.getvalue() == f"{said}auditor rollback r1 -i 'inventories/của tôi'\n"
    hardenings.show_command_to_undo_hardening(done.model_copy(update={"hosts": entries[:1]}), Path("x"), lang, console)
    assert written.getvalue().count("\n") == 1, "nothing is in force by it"


def test_what_a_host_said_is_no_order_to_the_terminal(written: io.StringIO) -> None:
    for text in (nasty.encode("utf-8", "replace").decode() for nasty in factory.NASTY):
        changes = (DriftChange(what=text, how=text, controls=("x.low",)), DriftChange(what=text, how=text))
        hardenings.show_drift(Drift(host="h", run=text, changes=changes, count=2), CATALOGUE, "vi")
        left = (RollbackOmission(path=text, reason=text),)
        step = HostRollback(
            host="h",
            undone=UndoneChanges(files=(text,), units=(text,), left=left, problems=(text,), brings_back=(text,)),
        )
        seen = undone("vi", step) + written.getvalue()
        assert not any(sign in seen for sign in ("\x1b", "\u202e", "\u2028", "\r"))
