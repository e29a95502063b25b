"""``auditor lab demo``: one screen, and a file with the rest; the lab and the hardening themselves left out."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor import lab
from auditor.cli import app
from auditor.commands.hardening import flow
from auditor.commands.hardening.flow import HardeningOutcome
from auditor.hardening.plan import HardeningPlan
from tests import factory


@pytest.mark.parametrize(
    ("options", "down", "next_"), [([], 1, "auditor lab demo --keep"), (["--keep"], 0, "rollback -i")]
)
def test_the_screen_tells_the_story_and_names_the_file_with_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: list[str], down: int, next_: str
) -> None:
    downs: list[str] = []
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(lab, "hold_lab_session", contextlib.nullcontext)
    monkeypatch.setattr(lab, "list_status_of_machines", list)
    monkeypatch.setattr(lab, "provide_pristine_machines", lambda progress: progress("booting web1"))
    monkeypatch.setattr(lab, "stop_machines", lambda: downs.append("down"))
    monkeypatch.setattr("auditor.audit.controls.load_catalogue", factory.catalogue)
    run, report = factory.run(), tmp_path / "out/report/index.html"

    def harden(session: flow.HardeningSession) -> HardeningOutcome:
        assert session.progress_console is not None
        session.progress_console.print("62 lines of a plan")
        return HardeningOutcome(run, HardeningPlan(hosts=()), None, run, report)

    monkeypatch.setattr(flow.HardeningSession, "audit_plan_and_harden", harden)
    ended = CliRunner().invoke(app, ["demo", "--lang", "en", "--output", str(tmp_path / "out"), *options])
    assert ended.exit_code == 0, ended.output
    log = tmp_path / "out/demo.log"
    assert ended.stdout.startswith(f"The full log is written to {log}\n")
    assert all(
        part in ended.stdout for part in ("1. Found", "2. Changed", "3. Verified", f"4. Report: {report}", next_)
    )
    assert "booting" not in ended.stdout and "62 lines" not in ended.stdout
    written = log.read_text("utf-8")
    assert "booting web1" in written and "62 lines of a plan" in written
    assert len(downs) == down
