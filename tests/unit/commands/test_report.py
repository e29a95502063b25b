"""``auditor report``: which run it takes, and what it says that it wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli import app
from auditor.errors import InputError
from auditor.fleet.runner import THIS_MACHINE
from auditor.history.runs import RunHistory
from tests import factory

OFFICE = factory.run(run_id="20261101T1-a")
HERE = factory.run(run_id="20261102T1-b").model_copy(update={"inventory": THIS_MACHINE})


@pytest.fixture
def auditor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("auditor.audit.controls.load_catalogue", factory.catalogue)
    history = RunHistory()
    history.keep(OFFICE)
    history.keep(HERE)

    def invoke(*options: str) -> Result:
        return CliRunner().invoke(
            app, ["report", *options, "--output", str(tmp_path / "out"), "--json"], catch_exceptions=False
        )

    return invoke


def test_json_says_what_was_written_of_which_run(auditor: Callable[..., Result]) -> None:
    told = json.loads(auditor("-i", OFFICE.inventory, "--format", "html,csv").stdout)
    assert told["run"] == OFFICE.id
    assert set(told["files"]) == {"html", "csv"}
    assert set(told["sites"]) == {site.domain for host in OFFICE.hosts for site in host.sites}
    assert all(Path(path).is_file() for path in (*told["files"].values(), *told["sites"].values()))


def test_this_machine_has_a_report_without_an_inventory(auditor: Callable[..., Result]) -> None:
    assert json.loads(auditor("--local", "--format", "json").stdout)["run"] == HERE.id
    with pytest.raises(InputError, match="use only one of them"):
        auditor("--local", "-i", OFFICE.inventory)


def test_an_inventory_without_runs_is_an_error(auditor: Callable[..., Result]) -> None:
    with pytest.raises(InputError, match="the history has no run of nowhere"):
        auditor("-i", "nowhere")
