"""What the program of commit ade021b9 wrote is read by the present one: inventory, history, case log, evidence, template."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.fixtures import BIN
from tests.made_before import FIXTURE, FOLDER, INCIDENT, unpack_controller

type Say = Callable[..., str]


@pytest.fixture(scope="module")
def say() -> Iterator[Say]:
    """Return a function that runs a command to its end and returns what it prints."""
    with unpack_controller() as variables:

        def run(*arguments: str, code: int = 0) -> str:
            command = [str(BIN / "auditor"), *arguments]
            done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
            assert done.returncode == code, done.stdout + done.stderr
            return done.stdout + done.stderr

        yield run


def test_inventory_and_office_files_are_read(say: Say) -> None:
    say("inventory", "check")
    assert "1 waiver" in say("waivers", "check")
    assert "12/QĐ-UBND" in say("waivers", "list")


def test_the_history_holds_and_is_shown(say: Say) -> None:
    assert "44 links" in say("history", "verify")
    runs = json.loads(say("history", "list", "--json"))
    assert len(runs) == 6
    newest, oldest = runs[0]["id"], runs[-1]["id"]
    assert "antruc.test" in say("history", "show", newest)
    assert "antruc.test" in say("history", "diff", oldest, newest)
    chain = FOLDER / "chain.jsonl"
    say("history", "export", "--all", str(chain))
    assert len(chain.read_text("utf-8").splitlines()) == 44


def test_reports_and_papers_are_written(say: Say, tmp_path: Path) -> None:
    say("report", "write", "--format", "html,json,junit,csv,sarif,oscal", "--output", str(tmp_path))
    assert json.loads((tmp_path / "findings.json").read_text("utf-8"))["findings"]
    unit, month = ("--unit", "xa-an-truc"), ("--period", "2026-12")
    template = ("--template", str(FIXTURE / "template.docx"))
    say("report", "official", *unit, *month, "--with-sharing", "--output", str(tmp_path / "month"))
    say("report", "official", *unit, *month, *template, "--output", str(tmp_path / "own"))
    say("report", "sharing", *unit, *month, "--output", str(tmp_path / "month"))
    say("report", "yearly", *unit, "--year", "2026", "--output", str(tmp_path / "year"))
    assert {path.suffix for path in (tmp_path / "month").iterdir()} == {".docx", ".pdf", ".xlsx"}


def test_the_case_log_is_shown_and_goes_on(say: Say) -> None:
    shown = say("incident", "show", INCIDENT)
    assert "Trang có tệp lạ" in shown
    assert "Không thuộc hệ thống cấp độ 3" in shown
    assert "number 13" in shown
    entries = json.loads(say("incident", "show", INCIDENT, "--json"))["entries"]
    kinds = {entry["deed"]["kind"] for entry in entries}
    assert kinds >= {"opened", "contained", "noted", "spared", "reported", "collected", "custody", "filled_in"}
    assert INCIDENT in say("incident", "list")
    assert "auditor incident" in say("incident", "next", INCIDENT)
    assert "Công an tỉnh" in say("incident", "custody", INCIDENT, "1")
    say("incident", "note", INCIDENT, "Đã kiểm tra lại", "--who", "Văn phòng")
    say("incident", "form", INCIDENT, "--form", "first", "--who", "Văn phòng", "--output", str(FOLDER / "form"), code=1)
    say("history", "verify")


def test_evidence_is_as_it_was_collected(say: Say) -> None:
    say("incident", "verify", INCIDENT)
    (file,) = (FOLDER / "state/evidence").rglob("bodyfile.txt")
    file.write_bytes(file.read_bytes() + b"x")
    assert "bodyfile" in say("incident", "verify", INCIDENT, code=1)


def test_the_traces_that_an_office_accepted_are_known(say: Say) -> None:
    assert "fd1cba1af9f68c6d" in say("baseline", "list")
